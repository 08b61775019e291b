//! Access tokens: JWTs in the profile of RFC 9068, signed with Ed25519 (RFC 8037) and nothing else.
//!
//! A token says who calls and in which session. It is short-lived and never looked up; what must take effect at once
//! (a session ended, a user disabled) is judged by [`super::revocations`] on every request.

mod cache;
#[cfg(test)]
mod forgeries;

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::cache::VerifiedTokens;
use super::keys::SigningKeys;
use crate::domain::actor::Visibility;
use crate::domain::permission::Role;

/// Longest token that is looked at, in bytes; ours stay far below.
pub const MAX_TOKEN_LENGTH: usize = 4096;

/// Seconds two clocks may differ.
const LEEWAY: i64 = 5;

/// The media type of RFC 9068, so that no other kind of JWT passes for an access token (RFC 8725, section 3.11).
const TOKEN_TYPE: &str = "at+jwt";

/// Version of the claims below; raised when an older reader would misunderstand them.
const CLAIMS_VERSION: u8 = 1;

/// Whose tokens these are, for whom, and how long they last.
#[derive(Debug, Clone)]
pub struct TokenSettings {
    issuer: String,
    audience: String,
    lifetime_seconds: i64,
    validation: Validation,
}

impl TokenSettings {
    /// `issuer` and `audience` stand in `iss` and `aud`; a token is valid for `lifetime_seconds`.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, lifetime_seconds: i64) -> Self {
        let (issuer, audience) = (issuer.into(), audience.into());
        let mut validation = Validation::new(Algorithm::EdDSA);
        // The library lets a token pass that lacks what it was told to compare.
        validation.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        // It reads the wall clock; `Claims::check_times` takes the time from the caller.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { issuer, audience, lifetime_seconds, validation }
    }

    /// Seconds a token is valid: `expires_in` of the answer to a login (RFC 6749, section 5.1).
    pub fn lifetime_seconds(&self) -> i64 {
        self.lifetime_seconds
    }

    /// When the last token issued at `now` or earlier has stopped being accepted, in unix seconds: how long a
    /// revocation must be remembered.
    pub fn outlived_at(&self, now: i64) -> i64 {
        now.saturating_add(self.lifetime_seconds).saturating_add(2 * LEEWAY)
    }
}

/// For whom a token is issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The user.
    pub user_id: Uuid,
    /// The session the token belongs to; ending it ends the token.
    pub session_id: Uuid,
    /// The role at this moment.
    pub role: Role,
    /// Whose customers the user sees at this moment.
    pub visibility: Visibility,
    /// The name shown beside what this user does.
    pub display_name: String,
}

/// What a token says. Times are unix seconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience; always a single one.
    pub aud: String,
    /// From this second on the token is refused.
    pub exp: i64,
    /// Before this second the token is refused.
    pub nbf: i64,
    /// When it was issued.
    pub iat: i64,
    /// Id of the token.
    pub jti: Uuid,
    /// The user.
    pub sub: Uuid,
    /// The session.
    pub sid: Uuid,
    /// The role when it was issued; a later change is known to [`super::revocations`].
    pub role: Role,
    /// Whose customers the user saw when it was issued.
    pub visibility: Visibility,
    /// The display name when it was issued.
    pub name: String,
    /// Version of these claims.
    pub ver: u8,
}

impl Claims {
    fn check(&self, settings: &TokenSettings, now: i64) -> Result<(), TokenFault> {
        // A longer life than we give would outlast the memory of its revocation.
        let life = self.exp.saturating_sub(self.iat);
        if self.ver != CLAIMS_VERSION || life > settings.lifetime_seconds {
            return Err(TokenFault::Claims);
        }
        self.check_times(now)
    }

    fn check_times(&self, now: i64) -> Result<(), TokenFault> {
        if now >= self.exp.saturating_add(LEEWAY) {
            Err(TokenFault::Expired)
        } else if self.nbf.max(self.iat) > now.saturating_add(LEEWAY) {
            Err(TokenFault::NotYetValid)
        } else {
            Ok(())
        }
    }
}

/// Why a token was refused. For logs and metrics: the caller learns `invalid_token` (RFC 6750, section 3.1) and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenFault {
    /// Longer than [`MAX_TOKEN_LENGTH`].
    TooLong,
    /// Not three parts of base64url without padding.
    Malformed,
    /// The header lacks a member or has one that we never write, such as `crit`, `jwk` or `jku`.
    Header,
    /// Another algorithm than `EdDSA`.
    Algorithm,
    /// Another kind of token than `at+jwt`.
    Type,
    /// None of our keys has this id.
    Key,
    /// The signature does not fit.
    Signature,
    /// A claim is missing or has a form that we never write.
    Claims,
    /// Issued by someone else.
    Issuer,
    /// Meant for someone else.
    Audience,
    /// No longer valid.
    Expired,
    /// Not valid yet.
    NotYetValid,
}

impl TokenFault {
    /// The name in logs and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::Algorithm => "algorithm",
            Self::Type => "type",
            Self::Key => "key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "access token refused: {}", self.as_str())
    }
}

impl std::error::Error for TokenFault {}

impl From<jsonwebtoken::errors::Error> for TokenFault {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        match error.kind() {
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidAlgorithm => Self::Algorithm,
            ErrorKind::InvalidIssuer => Self::Issuer,
            ErrorKind::InvalidAudience => Self::Audience,
            ErrorKind::Json(_) | ErrorKind::MissingRequiredClaim(_) | ErrorKind::InvalidClaimFormat(_) => Self::Claims,
            _ => Self::Malformed,
        }
    }
}

/// A new token for `subject`, valid from `now` (unix seconds). Fails only if the signing key is unusable.
#[expect(clippy::disallowed_methods, reason = "the id of a token is random and no test compares it")]
pub fn issue(
    keys: &SigningKeys,
    settings: &TokenSettings,
    subject: Subject,
    now: i64,
) -> Result<String, jsonwebtoken::errors::Error> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.typ = Some(TOKEN_TYPE.to_owned());
    header.kid = Some(keys.kid().to_owned());
    let claims = Claims {
        iss: settings.issuer.clone(),
        aud: settings.audience.clone(),
        exp: now + settings.lifetime_seconds,
        nbf: now,
        iat: now,
        jti: Uuid::new_v4(),
        sub: subject.user_id,
        sid: subject.session_id,
        role: subject.role,
        visibility: subject.visibility,
        name: subject.display_name,
        ver: CLAIMS_VERSION,
    };
    jsonwebtoken::encode(&header, &claims, keys.encoding_key())
}

/// What `token` says, if it is one of ours and valid at `now` (unix seconds).
///
/// Nothing in the token chooses how it is checked (RFC 8725): the algorithm is pinned, `kid` only selects among our own
/// keys, and a header with anything else in it is refused before any key is touched.
pub fn verify(keys: &SigningKeys, settings: &TokenSettings, token: &str, now: i64) -> Result<Claims, TokenFault> {
    if token.len() > MAX_TOKEN_LENGTH {
        return Err(TokenFault::TooLong);
    }
    let header = StrictHeader::read(token)?;
    if header.alg != "EdDSA" {
        return Err(TokenFault::Algorithm);
    }
    if header.typ != TOKEN_TYPE {
        return Err(TokenFault::Type);
    }
    let key = keys.decoding_key(&header.kid).ok_or(TokenFault::Key)?;
    let claims = jsonwebtoken::decode::<Claims>(token, key, &settings.validation)?.claims;
    claims.check(settings, now)?;
    Ok(claims)
}

/// The three members we write. Any other is refused: each of them asks the reader to trust the sender's word.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader {
    alg: String,
    typ: String,
    kid: String,
}

impl StrictHeader {
    fn read(token: &str) -> Result<Self, TokenFault> {
        let (header, _) = token.split_once('.').ok_or(TokenFault::Malformed)?;
        let json = URL_SAFE_NO_PAD.decode(header).map_err(|_| TokenFault::Malformed)?;
        serde_json::from_slice(&json).map_err(|_| TokenFault::Header)
    }
}
