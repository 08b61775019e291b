//! Remembers tokens whose signature was checked: a signature costs tens of microseconds, a look-up well under one.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use sha2::{Digest, Sha256};

use super::{Claims, MAX_TOKEN_LENGTH, TokenFault, TokenSettings, verify};
use crate::auth::keys::SigningKeys;

/// A bounded memory of verified tokens, keyed by their SHA-256 so that no token can be read out of it.
///
/// Only what does not change is remembered: signature and claims. Times are checked on every call, and revocation is
/// the caller's to judge on every request.
#[derive(Debug, Clone)]
pub struct VerifiedTokens {
    claims: Cache<[u8; 32], Arc<Claims>>,
}

impl VerifiedTokens {
    /// Remembers at most `capacity` tokens; 0 remembers none.
    pub fn new(capacity: u64, settings: &TokenSettings) -> Self {
        let lifetime = Duration::from_secs(settings.lifetime_seconds.max(0).unsigned_abs());
        Self { claims: Cache::builder().max_capacity(capacity).time_to_live(lifetime).build() }
    }

    /// As [`verify`], but the signature of a token seen before is not computed again.
    pub fn verify(
        &self,
        keys: &SigningKeys,
        settings: &TokenSettings,
        token: &str,
        now: i64,
    ) -> Result<Arc<Claims>, TokenFault> {
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(TokenFault::TooLong);
        }
        let digest: [u8; 32] = Sha256::digest(token).into();
        if let Some(claims) = self.claims.get(&digest) {
            return claims.check_times(now).map(|()| claims);
        }
        // Only success is remembered, so that guesses cannot fill the memory.
        let claims = Arc::new(verify(keys, settings, token, now)?);
        self.claims.insert(digest, Arc::clone(&claims));
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::{Subject, issue};
    use super::*;
    use crate::domain::actor::Visibility;
    use crate::domain::permission::Role;

    const NOW: i64 = 1_795_000_000;

    fn setup() -> (SigningKeys, TokenSettings, String) {
        let keys = SigningKeys::in_memory().unwrap();
        let settings = TokenSettings::new("kundenhistorie", "kundenhistorie-api", 900);
        let subject = Subject {
            user_id: Uuid::from_u128(1),
            session_id: Uuid::from_u128(2),
            role: Role::Agent,
            visibility: Visibility::All,
            display_name: "Anna Huber".into(),
        };
        let token = issue(&keys, &settings, subject, NOW).unwrap();
        (keys, settings, token)
    }

    #[test]
    fn a_remembered_token_is_not_verified_again() {
        let (keys, settings, token) = setup();
        let tokens = VerifiedTokens::new(10, &settings);
        let first = tokens.verify(&keys, &settings, &token, NOW).unwrap();
        // With another key the signature would fail: the answer can only come from memory.
        let stranger = SigningKeys::in_memory().unwrap();
        let second = tokens.verify(&stranger, &settings, &token, NOW).unwrap();
        assert!(Arc::ptr_eq(&first, &second));
    }

    #[test]
    fn times_are_checked_on_every_hit() {
        let (keys, settings, token) = setup();
        let tokens = VerifiedTokens::new(10, &settings);
        for (now, expected) in [
            (NOW, None),
            (NOW + 904, None),
            (NOW + 905, Some(TokenFault::Expired)),
            (NOW - 6, Some(TokenFault::NotYetValid)),
            (NOW - 5, None),
        ] {
            assert_eq!(tokens.verify(&keys, &settings, &token, now).err(), expected, "{}", now - NOW);
        }
    }

    #[test]
    fn refused_tokens_are_not_remembered() {
        let (keys, settings, token) = setup();
        let tokens = VerifiedTokens::new(10, &settings);
        let stranger = SigningKeys::in_memory().unwrap();
        assert_eq!(tokens.verify(&stranger, &settings, &token, NOW).err(), Some(TokenFault::Key));
        let mut changed = token.clone();
        changed.pop();
        assert!(tokens.verify(&keys, &settings, &changed, NOW).is_err());
        assert!(tokens.verify(&keys, &settings, &"a".repeat(5000), NOW).is_err());
        tokens.claims.run_pending_tasks();
        assert_eq!(tokens.claims.entry_count(), 0);
        assert!(tokens.verify(&keys, &settings, &token, NOW).is_ok());
    }

    #[test]
    fn the_memory_is_bounded_and_can_be_off() {
        let (keys, settings, token) = setup();
        let off = VerifiedTokens::new(0, &settings);
        assert!(off.verify(&keys, &settings, &token, NOW).is_ok());
        off.claims.run_pending_tasks();
        assert_eq!(off.claims.entry_count(), 0);

        let small = VerifiedTokens::new(4, &settings);
        for session in 0..50 {
            let subject = Subject {
                user_id: Uuid::from_u128(1),
                session_id: Uuid::from_u128(session),
                role: Role::Admin,
                visibility: Visibility::All,
                display_name: String::new(),
            };
            let token = issue(&keys, &settings, subject, NOW).unwrap();
            assert!(small.verify(&keys, &settings, &token, NOW).is_ok());
        }
        small.claims.run_pending_tasks();
        assert!(small.claims.entry_count() <= 4);
    }
}
