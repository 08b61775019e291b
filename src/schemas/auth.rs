//! Signing in, staying signed in, and passwords, on the wire.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Checked;

/// A password as somebody typed it. It appears in no log and in no answer.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(
    format = "password",
    min_length = 1,
    max_length = 128,
    pattern = r"^[^\x00]+$",
    example = "korrekt-pferd-batterie-heftklammer"
)]
pub struct Password(String);

impl Password {
    /// The password itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Password {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// A token as it came in. It appears in no log.
#[derive(Clone, Deserialize, ToSchema)]
#[schema(
    min_length = 1,
    max_length = 60,
    pattern = "^[A-Za-z0-9_-]+$",
    example = "kh_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)]
pub struct OpaqueTokenText(String);

impl OpaqueTokenText {
    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OpaqueTokenText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Who wants to sign in.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::login))]
pub struct LoginRequest {
    /// Address of the user; case does not matter.
    #[schema(min_length = 1, max_length = 254, pattern = r"^[^\x00]+$", example = "anna.huber@example.org")]
    pub email: String,
    /// Their password.
    pub password: Password,
}

impl Checked for LoginRequest {}

/// What a client holds after signing in.
#[derive(Clone, Serialize, ToSchema)]
pub struct TokenPair {
    /// How the access token is sent: `Authorization: Bearer …` (RFC 6750).
    pub token_type: TokenType,
    /// Sent with every request.
    #[schema(
        max_length = 4096,
        pattern = r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$",
        example = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIwMTlhIn0.c2lnbmF0dXJl"
    )]
    pub access_token: String,
    /// Seconds the access token is valid.
    #[schema(minimum = 1, maximum = 900, format = "int64", example = 900)]
    pub expires_in: i64,
    /// Gets the next pair, once.
    #[schema(
        max_length = 60,
        pattern = "^kh_rt_[A-Za-z0-9_-]{43}$",
        example = "kh_rt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub refresh_token: String,
    /// Seconds the refresh token is valid.
    #[schema(minimum = 1, maximum = 31536000, format = "int64", example = 1209600)]
    pub refresh_expires_in: i64,
}

/// The one kind of access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub enum TokenType {
    /// Whoever has it may use it.
    Bearer,
}

/// A refresh token to be exchanged for the next pair.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::refresh))]
pub struct RefreshRequest {
    /// The newest refresh token of the session.
    pub refresh_token: OpaqueTokenText,
}

impl Checked for RefreshRequest {}

/// A new password, set with a one-time token.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::reset_password))]
pub struct PasswordResetRequest {
    /// The one-time token.
    pub token: OpaqueTokenText,
    /// The new password: long enough, not among the common ones, and without the user's address.
    pub new_password: Password,
}

impl Checked for PasswordResetRequest {}

/// A new password, set by its owner.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::change_password))]
pub struct ChangePassword {
    /// The password so far.
    pub current_password: Password,
    /// The new password: long enough, not among the common ones, and without the user's address.
    pub new_password: Password,
}

impl Checked for ChangePassword {}

/// The public keys that verify access tokens, newest first (RFC 7517).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKeySet {
    /// The keys; several while they are being rotated.
    #[schema(max_items = 100)]
    pub keys: Vec<JsonWebKey>,
}

/// A public Ed25519 key (RFC 8037).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct JsonWebKey {
    /// Kind of key.
    #[schema(max_length = 10, pattern = "^OKP$", example = "OKP")]
    pub kty: String,
    /// The curve.
    #[schema(max_length = 10, pattern = "^Ed25519$", example = "Ed25519")]
    pub crv: String,
    /// What it is for: signatures.
    #[serde(rename = "use")]
    #[schema(max_length = 10, pattern = "^sig$", example = "sig")]
    pub usage: String,
    /// The algorithm.
    #[schema(max_length = 10, pattern = "^EdDSA$", example = "EdDSA")]
    pub alg: String,
    /// Id of the key, as it stands in the header of a token: its thumbprint (RFC 7638).
    #[schema(
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]{43}$",
        example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )]
    pub kid: String,
    /// The key.
    #[schema(
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]{43}$",
        example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    )]
    pub x: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let login = LoginRequest { email: "anna@example.org".to_owned(), password: Password::from("secret") };
        assert!(!format!("{login:?}").contains("secret"));
        let refresh = RefreshRequest { refresh_token: OpaqueTokenText("kh_rt_secret".to_owned()) };
        assert!(!format!("{refresh:?}").contains("secret"));
    }
}
