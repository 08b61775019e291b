//! Tokens that are only looked up: refresh tokens, and one-time tokens for setting a new password.
//!
//! Each is 256 random bits under a readable prefix, which lets secret scanners and people recognise a leaked one. Only
//! the SHA-256 is stored: it cannot be turned back, and needs no salt or slow hash because nobody can guess 256 bits.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// What a token is for. One kind never passes for another: the prefix is part of what is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueToken {
    /// Renews a session: `kh_rt_` and 43 characters of base64url.
    Refresh,
    /// Sets a new password, once: `kh_pr_` and 43 characters of base64url.
    PasswordReset,
}

impl OpaqueToken {
    /// What every token of this kind begins with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Refresh => "kh_rt_",
            Self::PasswordReset => "kh_pr_",
        }
    }

    /// A new token, to be shown once, and its digest, to be stored.
    pub fn generate(self) -> (String, [u8; 32]) {
        let secret = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let token = format!("{}{secret}", self.prefix());
        let digest = Sha256::digest(&token).into();
        (token, digest)
    }

    /// The digest to look `token` up by, if it has the form of this kind.
    pub fn digest(self, token: &str) -> Option<[u8; 32]> {
        let secret = token.strip_prefix(self.prefix())?;
        let bytes = URL_SAFE_NO_PAD.decode(secret).ok()?;
        (bytes.len() == 32).then(|| Sha256::digest(token).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const KINDS: [OpaqueToken; 2] = [OpaqueToken::Refresh, OpaqueToken::PasswordReset];

    #[test]
    fn a_token_is_found_by_its_digest() {
        for kind in KINDS {
            let (token, digest) = kind.generate();
            assert_eq!(token.len(), 6 + 43);
            assert_eq!(kind.digest(&token), Some(digest));
        }
    }

    #[test]
    fn one_kind_does_not_pass_for_another() {
        let (refresh, digest) = OpaqueToken::Refresh.generate();
        assert_eq!(OpaqueToken::PasswordReset.digest(&refresh), None);
        let renamed = refresh.replace("kh_rt_", "kh_pr_");
        assert_ne!(OpaqueToken::PasswordReset.digest(&renamed), Some(digest));
    }

    #[test]
    fn no_token_repeats() {
        let tokens: HashSet<_> = (0..1000).map(|_| OpaqueToken::Refresh.generate().0).collect();
        assert_eq!(tokens.len(), 1000);
    }

    #[test]
    fn the_digest_is_sha_256_of_the_whole_text() {
        let token = format!("kh_rt_{}", "A".repeat(43));
        // printf kh_rt_AAAA… | sha256sum
        let expected = "f72ae6b5bb2142f4efa99ec93f7498da783a6a73ce77ab541e3b46a023f353b2";
        assert_eq!(OpaqueToken::Refresh.digest(&token).map(hex::encode).as_deref(), Some(expected));
    }

    #[test]
    fn other_forms_are_refused() {
        let (token, _) = OpaqueToken::Refresh.generate();
        let secret = &token[6..];
        for wrong in [
            String::new(),
            "kh_rt_".into(),
            secret.into(),
            format!("kh_rt_{}", &secret[1..]),
            format!("{token}A"),
            format!("{token}="),
            format!(" {token}"),
            format!("{token}\n"),
            format!("KH_RT_{secret}"),
            format!("kh_rt_{}é", &secret[2..]),
            format!("kh_rt_{}+", &secret[1..]),
            // The last character has two spare bits, which must be zero.
            format!("kh_rt_{}B", "A".repeat(42)),
        ] {
            assert_eq!(OpaqueToken::Refresh.digest(&wrong), None, "{wrong:?}");
        }
    }
}
