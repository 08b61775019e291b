//! Everything that decides who is calling, in one place: made once at the start, shared by all requests.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use serde_json::Value;
use uuid::Uuid;

use super::keys::{KeyError, SigningKeys};
use super::passwords::{self, HashError, HashSettings, Hasher};
use super::revocations::{Revocations, UserState, Verdict};
use super::throttle::{Attempt, RetryAfter, Throttle, ThrottleSettings};
use super::tokens::{self, Claims, Subject, TokenFault, TokenSettings, VerifiedTokens};
use crate::config::{AuthConfig, Config};
use crate::domain::actor::{Actor, ActorReference, ActorType, Visibility};
use crate::domain::fault::Fault;
use crate::domain::instant::Instant;
use crate::domain::language::Phrase;
use crate::domain::permission::Role;
use crate::error::{Code, Error, Result};

/// Folder of the signing keys inside the data folder.
pub const KEY_FOLDER: &str = "keys";

/// Tokens refused, by reason. Raised here because callers learn less than operators.
const TOKENS_REFUSED: &str = "access_tokens_refused_total";

/// Why a token does not count.
const EXPIRED: Phrase = Phrase { en: "the access token has expired", de: "das Zugriffstoken ist abgelaufen" };
const INVALID: Phrase = Phrase { en: "the access token is not valid", de: "das Zugriffstoken ist ungültig" };
/// Why a token does not count whose session is over.
pub const ENDED: Phrase = Phrase { en: "the session has ended", de: "die Sitzung ist beendet" };

/// Keys, tokens, passwords, and who is shut out at this moment.
#[derive(Debug)]
pub struct Authority {
    settings: AuthConfig,
    keys: SigningKeys,
    token_settings: TokenSettings,
    verified: VerifiedTokens,
    hasher: Hasher,
    throttle: Throttle,
    revocations: Revocations,
}

/// Why there is no authority.
#[derive(Debug)]
pub enum AuthorityError {
    /// The signing keys cannot be read or made.
    Keys(KeyError),
    /// The costs of hashing are impossible.
    Hashing(HashError),
}

impl fmt::Display for AuthorityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keys(error) => error.fmt(formatter),
            Self::Hashing(error) => error.fmt(formatter),
        }
    }
}

impl std::error::Error for AuthorityError {}

impl Authority {
    /// Loads the signing keys, or makes one at the first start, and computes one hash.
    pub fn new(config: &Config) -> Result<Self, AuthorityError> {
        let keys = SigningKeys::load_or_create(&config.data.folder.join(KEY_FOLDER)).map_err(AuthorityError::Keys)?;
        Self::with_keys(keys, &config.auth).map_err(AuthorityError::Hashing)
    }

    fn with_keys(keys: SigningKeys, settings: &AuthConfig) -> Result<Self, HashError> {
        let lifetime = seconds(settings.access_token_seconds);
        let token_settings = TokenSettings::new(&settings.issuer, &settings.audience, lifetime);
        let hasher = Hasher::new(HashSettings {
            memory_kib: settings.hashing_memory_kib,
            iterations: settings.hashing_iterations,
            parallelism: settings.hashing_parallelism,
            concurrency: settings.hashing_concurrency,
            queue: settings.hashing_queue,
        })?;
        let throttle = Throttle::new(ThrottleSettings {
            free_attempts: settings.login_attempts_before_delay,
            max_wait_seconds: seconds(settings.login_max_delay_seconds),
        });
        Ok(Self {
            verified: VerifiedTokens::new(settings.verified_token_cache, &token_settings),
            settings: settings.clone(),
            keys,
            token_settings,
            hasher,
            throttle,
            revocations: Revocations::default(),
        })
    }

    /// Who sent this access token, or why it does not count: a sentence for the caller, who learns no more.
    ///
    /// Called on every request. A token seen before costs its digest and two look-ups, and no query.
    pub fn recognise(&self, token: &str, now: Instant) -> Result<Actor, Phrase> {
        let claims = self.verified.verify(&self.keys, &self.token_settings, token, now.seconds());
        let claims = claims.map_err(|fault| {
            metrics::counter!(TOKENS_REFUSED, "reason" => fault.as_str()).increment(1);
            match fault {
                TokenFault::Expired => EXPIRED,
                _ => INVALID,
            }
        })?;
        match self.revocations.judge(&claims) {
            Verdict::AsIssued => Ok(actor(&claims, claims.name.clone(), claims.role, claims.visibility)),
            Verdict::Changed(user) => Ok(actor(&claims, user.display_name, user.role, user.visibility)),
            Verdict::Refused => {
                metrics::counter!(TOKENS_REFUSED, "reason" => "revoked").increment(1);
                Err(ENDED)
            }
        }
    }

    /// A new access token.
    pub fn issue(&self, subject: Subject, now: Instant) -> Result<String> {
        tokens::issue(&self.keys, &self.token_settings, subject, now.seconds()).map_err(Error::internal)
    }

    /// The keys and secrets of this service.
    pub fn keys(&self) -> &SigningKeys {
        &self.keys
    }

    /// The public keys as a JWK set (RFC 7517).
    pub fn jwks(&self) -> Value {
        self.keys.jwks()
    }

    /// What was set.
    pub fn settings(&self) -> &AuthConfig {
        &self.settings
    }

    /// Seconds an access token is valid.
    pub fn access_token_seconds(&self) -> i64 {
        self.token_settings.lifetime_seconds()
    }

    /// Seconds a refresh token is valid, and so a session without activity.
    pub fn refresh_token_seconds(&self) -> i64 {
        seconds(self.settings.refresh_token_seconds)
    }

    /// Asks for one attempt at a password; 429 with the time to wait if there were too many failures.
    /// Callers without an address (there are none over TCP) share one.
    pub fn attempt(&self, account: &str, address: Option<IpAddr>, now: Instant) -> Result<Attempt<'_>> {
        let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        self.throttle.check(now.seconds(), account, address).map_err(Error::from)
    }

    /// Whether a password fits a stored hash. Without one the answer is no, after the same time.
    pub async fn verify_password(&self, password: &str, stored: Option<&str>) -> Result<bool> {
        match stored {
            Some(hash) => Ok(self.hasher.verify(password, hash).await?),
            None => {
                self.hasher.verify_unknown(password).await?;
                Ok(false)
            }
        }
    }

    /// The hash of a password.
    pub async fn hash_password(&self, password: &str) -> Result<String> {
        Ok(self.hasher.hash(password).await?)
    }

    /// Whether a stored hash was made with lower costs than today's.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        self.hasher.needs_rehash(stored)
    }

    /// Whether this may become the password of the user with this e-mail address.
    pub fn check_new_password(&self, password: &str, email: &str) -> Result<(), Fault> {
        passwords::check_new(password, email, self.settings.password_min_length)
    }

    /// From now on the tokens of this session do not count. Called after the commit.
    pub fn end_session(&self, session_id: Uuid, now: Instant) {
        self.revocations.revoke_session(session_id, self.token_settings.outlived_at(now.seconds()));
    }

    /// From now on the tokens of this user count as `state` says. Called after the commit.
    pub fn note_user(&self, user_id: Uuid, state: UserState, now: Instant) {
        self.revocations.user_changed(user_id, state, self.token_settings.outlived_at(now.seconds()));
    }

    /// Forgets what no valid token can speak of any more.
    pub fn prune(&self, now: Instant) {
        self.revocations.prune(now.seconds());
    }
}

fn actor(claims: &Claims, display_name: String, role: Role, visibility: Visibility) -> Actor {
    Actor {
        reference: ActorReference { kind: ActorType::User, id: Some(claims.sub), display_name },
        permissions: role.permissions(),
        visibility,
        session_id: Some(claims.sid),
    }
}

/// The settings' bounds lie far below.
fn seconds(setting: u64) -> i64 {
    i64::try_from(setting).unwrap_or(i64::MAX)
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => Self::new(Code::Overloaded).retry_after(1).caused_by(error),
            HashError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<RetryAfter> for Error {
    fn from(RetryAfter(seconds): RetryAfter) -> Self {
        Self::new(Code::LoginThrottled).retry_after(seconds.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const USER: Uuid = Uuid::from_u128(1);
    const SESSION: Uuid = Uuid::from_u128(2);

    fn now() -> Instant {
        Instant::from_micros(1_795_000_000_000_000)
    }

    fn authority() -> Authority {
        let config = Config::for_tests("sqlite://unused.db", Path::new("unused")).unwrap();
        Authority::with_keys(SigningKeys::in_memory().unwrap(), &config.auth).unwrap()
    }

    fn token(authority: &Authority) -> String {
        let subject = Subject {
            user_id: USER,
            session_id: SESSION,
            role: Role::Manager,
            visibility: Visibility::Own,
            display_name: "Anna Huber".to_owned(),
        };
        authority.issue(subject, now()).unwrap()
    }

    #[test]
    fn a_token_makes_an_actor() {
        let authority = authority();
        let actor = authority.recognise(&token(&authority), now()).unwrap();
        assert_eq!((actor.id(), actor.session_id), (USER, Some(SESSION)));
        assert_eq!((actor.permissions, actor.visibility), (Role::Manager.permissions(), Visibility::Own));
        assert_eq!(actor.reference.display_name, "Anna Huber");
    }

    #[test]
    fn what_the_user_is_now_counts() {
        let authority = authority();
        let token = token(&authority);
        let state = |disabled, changed_at| UserState {
            role: Role::Auditor,
            visibility: Visibility::All,
            display_name: "Anna Öz".to_owned(),
            disabled,
            changed_at,
        };
        authority.note_user(USER, state(false, 1), now());
        let actor = authority.recognise(&token, now()).unwrap();
        assert_eq!((actor.permissions, actor.visibility), (Role::Auditor.permissions(), Visibility::All));
        assert_eq!(actor.reference.display_name, "Anna Öz");
        authority.note_user(USER, state(true, 2), now());
        assert_eq!(authority.recognise(&token, now()).err(), Some(ENDED));
    }

    #[test]
    fn an_ended_session_is_remembered_until_its_last_token_has_expired() {
        let authority = authority();
        let token = token(&authority);
        authority.end_session(SESSION, now());
        for seconds in [0, 450, 904] {
            authority.prune(now().plus_seconds(seconds));
            let refused = authority.recognise(&token, now().plus_seconds(seconds)).err();
            assert_eq!(refused, Some(ENDED), "{seconds}");
        }
        let later = now().plus_seconds(910);
        authority.prune(later);
        assert!(authority.revocations.is_empty());
        assert_eq!(authority.recognise(&token, later).err(), Some(EXPIRED));
    }

    #[test]
    fn strangers_learn_nothing() {
        let authority = authority();
        for token in ["", "a.b.c", &token(&self::authority())] {
            assert_eq!(authority.recognise(token, now()).err(), Some(INVALID));
        }
    }

    #[tokio::test]
    async fn a_user_without_a_password_fits_none() {
        let authority = authority();
        let hash = authority.hash_password("leuchtturm").await.unwrap();
        assert!(authority.verify_password("leuchtturm", Some(&hash)).await.unwrap());
        assert!(!authority.verify_password("leuchtturm", None).await.unwrap());
    }

    #[test]
    fn who_has_to_wait_is_told_how_long() {
        let overloaded = Error::from(HashError::Overloaded);
        assert_eq!((overloaded.code(), overloaded.retry_after_seconds()), (Code::Overloaded, Some(1)));
        let throttled = Error::from(RetryAfter(8));
        assert_eq!((throttled.code(), throttled.retry_after_seconds()), (Code::LoginThrottled, Some(8)));
    }
}
