//! What takes effect at once, although a token is still valid: ended sessions, and users disabled, renamed or
//! given other rights.
//!
//! Each instance holds the few entries that matter in memory, so that no request asks the database. An entry is needed
//! only until the last token issued before it has expired ([`super::tokens::TokenSettings::outlived_at`]); the next
//! token is issued from the user's row and says the right thing itself. Entries come from this instance's own writes at
//! once, from the log for those of others, and from the database at the start.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use uuid::Uuid;

use super::tokens::Claims;
use crate::domain::actor::Visibility;
use crate::domain::permission::Role;

/// What is true of a user now, whatever a token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserState {
    /// The present role.
    pub role: Role,
    /// Whose customers they see at present.
    pub visibility: Visibility,
    /// The present name.
    pub display_name: String,
    /// Disabled users may do nothing.
    pub disabled: bool,
    /// When it became so, in unix microseconds; the same change may arrive twice and out of order.
    pub changed_at: i64,
}

/// What is left of a valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It counts as it was issued.
    AsIssued,
    /// It counts for the user as they are now, not as they were when it was issued.
    Changed(UserState),
    /// Its session has ended or its user is disabled.
    Refused,
}

/// The revoked sessions and changed users that a valid token may still speak of.
///
/// Reading takes a shared lock for two look-ups in small maps, a fraction of a microsecond; nothing waits under it.
#[derive(Debug, Default)]
pub struct Revocations {
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    sessions: HashMap<Uuid, i64>,
    users: HashMap<Uuid, (UserState, i64)>,
}

impl Revocations {
    /// Refuses every token of this session until `until` (unix seconds).
    pub fn revoke_session(&self, session_id: Uuid, until: i64) {
        let mut known = self.write();
        let remembered = known.sessions.entry(session_id).or_insert(until);
        *remembered = until.max(*remembered);
    }

    /// Judges every token of this user by `state` until `until` (unix seconds). A state older than the known one is
    /// ignored; of two with the same time the later call wins.
    pub fn user_changed(&self, user_id: Uuid, state: UserState, until: i64) {
        match self.write().users.entry(user_id) {
            Entry::Vacant(entry) => {
                entry.insert((state, until));
            }
            Entry::Occupied(mut entry) => {
                let (known, remembered) = entry.get_mut();
                if state.changed_at >= known.changed_at {
                    *known = state;
                    *remembered = until.max(*remembered);
                }
            }
        }
    }

    /// What a token with these claims, already verified, is worth at this moment.
    pub fn judge(&self, claims: &Claims) -> Verdict {
        let known = self.read();
        if known.sessions.contains_key(&claims.sid) {
            return Verdict::Refused;
        }
        match known.users.get(&claims.sub) {
            None => Verdict::AsIssued,
            Some((state, _)) if state.disabled => Verdict::Refused,
            Some((state, _)) => Verdict::Changed(state.clone()),
        }
    }

    /// Forgets what no valid token can speak of any more at `now` (unix seconds).
    pub fn prune(&self, now: i64) {
        let mut known = self.write();
        known.sessions.retain(|_, until| *until > now);
        known.users.retain(|_, (_, until)| *until > now);
    }

    /// How many sessions and users are remembered, for metrics.
    pub fn len(&self) -> usize {
        let known = self.read();
        known.sessions.len() + known.users.len()
    }

    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    // Each change is a single insertion or removal, so that a panicking thread leaves nothing half done.
    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn claims(user: u128, session: u128) -> Claims {
        Claims {
            iss: "kundenhistorie".into(),
            aud: "kundenhistorie-api".into(),
            exp: NOW + 900,
            nbf: NOW,
            iat: NOW,
            jti: Uuid::from_u128(9),
            sub: Uuid::from_u128(user),
            sid: Uuid::from_u128(session),
            role: Role::Agent,
            visibility: Visibility::All,
            name: "Anna Huber".into(),
            ver: 1,
        }
    }

    fn state(role: Role, disabled: bool, changed_at: i64) -> UserState {
        UserState { role, visibility: Visibility::Own, display_name: "Anna Huber".into(), disabled, changed_at }
    }

    #[test]
    fn what_is_not_known_stays_as_the_token_says() {
        assert_eq!(Revocations::default().judge(&claims(1, 2)), Verdict::AsIssued);
    }

    #[test]
    fn an_ended_session_ends_its_tokens_and_no_others() {
        let revocations = Revocations::default();
        revocations.revoke_session(Uuid::from_u128(2), NOW + 900);
        assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Refused);
        assert_eq!(revocations.judge(&claims(1, 3)), Verdict::AsIssued);
        assert_eq!(revocations.judge(&claims(2, 4)), Verdict::AsIssued, "a user's id is not a session's");
    }

    #[test]
    fn a_changed_user_is_judged_by_the_present_state() {
        let revocations = Revocations::default();
        let user = Uuid::from_u128(1);
        let changed = state(Role::ReadOnly, false, 10);
        revocations.user_changed(user, changed.clone(), NOW + 900);
        assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Changed(changed));
        revocations.user_changed(user, state(Role::ReadOnly, true, 20), NOW + 900);
        assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Refused);
        let enabled = state(Role::Manager, false, 30);
        revocations.user_changed(user, enabled.clone(), NOW + 900);
        assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Changed(enabled));
    }

    #[test]
    fn an_ended_session_stays_ended_when_its_user_is_enabled_again() {
        let revocations = Revocations::default();
        revocations.revoke_session(Uuid::from_u128(2), NOW + 900);
        revocations.user_changed(Uuid::from_u128(1), state(Role::Admin, false, 10), NOW + 900);
        assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Refused);
    }

    #[test]
    fn nothing_is_forgotten_before_its_time_and_all_after_it() {
        let revocations = Revocations::default();
        revocations.revoke_session(Uuid::from_u128(2), NOW + 100);
        // Reported again by another way, with an earlier end.
        revocations.revoke_session(Uuid::from_u128(2), NOW + 50);
        revocations.user_changed(Uuid::from_u128(7), state(Role::Agent, true, 10), NOW + 200);
        for (now, session, user, remembered) in [
            (NOW + 50, Verdict::Refused, Verdict::Refused, 2),
            (NOW + 99, Verdict::Refused, Verdict::Refused, 2),
            (NOW + 100, Verdict::AsIssued, Verdict::Refused, 1),
            (NOW + 200, Verdict::AsIssued, Verdict::AsIssued, 0),
        ] {
            revocations.prune(now);
            assert_eq!(revocations.judge(&claims(1, 2)), session, "{}", now - NOW);
            assert_eq!(revocations.judge(&claims(7, 3)), user, "{}", now - NOW);
            assert_eq!(revocations.len(), remembered);
        }
        assert!(revocations.is_empty());
    }

    proptest! {
        /// The feed repeats and reorders; the newest change must win all the same.
        #[test]
        fn the_newest_state_wins_in_any_order(order in Just((0..8_i64).collect::<Vec<_>>()).prop_shuffle(), repeated in 0..8_usize) {
            let revocations = Revocations::default();
            let state = |at: i64| state(Role::ALL[usize::try_from(at).unwrap() % 7], at % 3 == 0, at);
            for at in order.iter().chain(&order[..repeated]) {
                revocations.user_changed(Uuid::from_u128(1), state(*at), NOW + *at);
            }
            prop_assert_eq!(revocations.judge(&claims(1, 2)), Verdict::Changed(state(7)));
            revocations.prune(NOW + 6);
            prop_assert_eq!(revocations.len(), 1, "remembered as long as the newest change needs");
        }
    }
}
