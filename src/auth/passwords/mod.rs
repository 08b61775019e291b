//! Passwords: hashed with Argon2id (RFC 9106) in a bounded pool, and checked by the rules of NIST SP 800-63B.
//!
//! Hashing is slow on purpose, about 60 a second on two cores, so that unbounded logins would be an attack on
//! everything else. At most `concurrency` run at once and `queue` wait; the next one is turned away.

mod rules;

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashFailure, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, TryAcquireError};
use unicode_normalization::UnicodeNormalization;

pub use self::rules::{MAX_LENGTH, check_new};

/// Cost of one hash, and how many may run and wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashSettings {
    /// Memory of one hash in KiB; at least 19,456 (OWASP).
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Hashes computed at once.
    pub concurrency: usize,
    /// Hashes that may wait for their turn.
    pub queue: usize,
}

/// Why no hash could be computed or compared.
#[derive(Debug)]
pub enum HashError {
    /// Too many are waiting already: 503 with `Retry-After: 1`.
    Overloaded,
    /// Parameters or a stored hash that Argon2 does not accept, or the hashing thread failed.
    Failed(String),
}

impl fmt::Display for HashError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Overloaded => formatter.write_str("too many passwords are waiting to be hashed"),
            Self::Failed(cause) => write!(formatter, "password hashing failed: {cause}"),
        }
    }
}

impl std::error::Error for HashError {}

impl From<HashFailure> for HashError {
    fn from(failure: HashFailure) -> Self {
        Self::Failed(failure.to_string())
    }
}

/// Hashes and compares passwords.
///
/// Passwords are compared in Unicode's compatibility form NFKC (NIST SP 800-63B, section 3.1.1.2), because keyboards
/// write `ü` in two ways.
#[derive(Debug)]
pub struct Hasher {
    argon2: Argon2<'static>,
    /// The hash of a password nobody knows, to take the same time for users that do not exist.
    dummy: String,
    running: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

/// A hash that fits no password and says that it was made with these costs. It is compared only, so the memory and time
/// of making it are saved at the start.
fn dummy(settings: &HashSettings) -> Result<String, HashError> {
    let lowest = Params::new(Params::MIN_M_COST, 1, 1, None).map_err(|error| HashError::Failed(error.to_string()))?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, lowest);
    let costs = |memory, iterations, parallelism| format!("$m={memory},t={iterations},p={parallelism}$");
    let made = argon2.hash_password(&rand::random::<[u8; 32]>())?.to_string();
    Ok(made.replacen(
        &costs(Params::MIN_M_COST, 1, 1),
        &costs(settings.memory_kib, settings.iterations, settings.parallelism),
        1,
    ))
}

impl Hasher {
    /// A pool with these costs.
    pub fn new(settings: HashSettings) -> Result<Self, HashError> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
            .map_err(|error| HashError::Failed(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = dummy(&settings)?;
        let concurrency = settings.concurrency.clamp(1, Semaphore::MAX_PERMITS / 2);
        let queue = settings.queue.min(Semaphore::MAX_PERMITS / 2);
        Ok(Self {
            argon2,
            dummy,
            running: Arc::new(Semaphore::new(concurrency)),
            admitted: Arc::new(Semaphore::new(concurrency + queue)),
        })
    }

    /// The hash of `password` as a PHC string with a salt of its own: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.
    pub async fn hash(&self, password: &str) -> Result<String, HashError> {
        let (argon2, password) = (self.argon2.clone(), normalized(password));
        self.run(move || Ok(argon2.hash_password(password.as_bytes())?.to_string())).await
    }

    /// Whether `password` is the one hashed as `phc`, with the costs written there.
    pub async fn verify(&self, password: &str, phc: &str) -> Result<bool, HashError> {
        let (argon2, password, phc) = (self.argon2.clone(), normalized(password), phc.to_owned());
        self.run(move || match argon2.verify_password(password.as_bytes(), phc.as_str()) {
            Ok(()) => Ok(true),
            Err(HashFailure::PasswordInvalid) => Ok(false),
            Err(failure) => Err(failure.into()),
        })
        .await
    }

    /// Costs what [`Self::verify`] costs, for a user who does not exist or may not sign in: otherwise the time of the
    /// answer would tell who is a user. (Until a hash of lower costs is renewed, its owner is answered faster.)
    pub async fn verify_unknown(&self, password: &str) -> Result<(), HashError> {
        self.verify(password, &self.dummy).await.map(|_| ())
    }

    /// Whether `phc` was made with lower costs than today's; then hash the password again at the next sign-in.
    pub fn needs_rehash(&self, phc: &str) -> bool {
        let today = self.argon2.params();
        let is_current = |hash: PasswordHash| {
            let params = Params::try_from(&hash).ok()?;
            let current = hash.algorithm == Algorithm::Argon2id.ident()
                && hash.version == Some(Version::V0x13.into())
                && params.m_cost() >= today.m_cost()
                && params.t_cost() >= today.t_cost()
                && params.p_cost() >= today.p_cost();
            Some(current)
        };
        !PasswordHash::new(phc).ok().and_then(is_current).unwrap_or(false)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let admitted = Arc::clone(&self.admitted).try_acquire_owned().map_err(|error| match error {
            TryAcquireError::NoPermits => HashError::Overloaded,
            TryAcquireError::Closed => HashError::Failed(error.to_string()),
        })?;
        let running = Arc::clone(&self.running).acquire_owned().await;
        let running = running.map_err(|error| HashError::Failed(error.to_string()))?;
        let worker = tokio::task::spawn_blocking(move || {
            let result = work();
            // Both places are given back when the work is done, not when the caller has lost interest: otherwise
            // callers who hang up at once could start any number of hashes.
            drop((running, admitted));
            result
        });
        worker.await.map_err(|error| HashError::Failed(error.to_string()))?
    }
}

fn normalized(password: &str) -> String {
    password.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    /// As cheap as Argon2 allows: the costs are not what these tests are about.
    const CHEAP: HashSettings = HashSettings { memory_kib: 8, iterations: 1, parallelism: 1, concurrency: 2, queue: 3 };

    fn hasher() -> Hasher {
        Hasher::new(CHEAP).unwrap()
    }

    #[tokio::test]
    async fn a_password_fits_its_hash_and_no_other_does() {
        let hasher = hasher();
        let phc = hasher.hash("Käsespätzle mit Röstzwiebeln").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{phc}");
        assert!(hasher.verify("Käsespätzle mit Röstzwiebeln", &phc).await.unwrap());
        for wrong in
            ["", "Käsespätzle mit Röstzwiebeln ", "käsespätzle mit röstzwiebeln", "Kasespatzle mit Rostzwiebeln"]
        {
            assert!(!hasher.verify(wrong, &phc).await.unwrap(), "{wrong:?}");
        }
    }

    #[tokio::test]
    async fn equal_passwords_have_different_hashes() {
        let hasher = hasher();
        assert_ne!(hasher.hash("same").await.unwrap(), hasher.hash("same").await.unwrap());
    }

    #[tokio::test]
    async fn both_ways_of_writing_an_umlaut_are_the_same_password() {
        let hasher = hasher();
        let phc = hasher.hash("Spa\u{308}tzle und Soße").await.unwrap();
        assert!(hasher.verify("Sp\u{e4}tzle und Soße", &phc).await.unwrap());
    }

    #[tokio::test]
    async fn known_hashes_are_accepted() {
        // The reference implementation: echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1.
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        assert!(hasher().verify("password", phc).await.unwrap());
    }

    #[tokio::test]
    async fn what_is_no_hash_is_an_error_and_not_a_wrong_password() {
        for phc in ["", "plain", "$2b$12$abcdefghijklmnopqrstuu"] {
            let verdict = hasher().verify("password", phc).await;
            assert!(matches!(verdict, Err(HashError::Failed(_))), "{phc}: {verdict:?}");
        }
    }

    #[tokio::test]
    async fn raised_costs_ask_for_a_new_hash_and_lowered_ones_do_not() {
        let phc = hasher().hash("password").await.unwrap();
        let with = |memory_kib, iterations, parallelism| {
            Hasher::new(HashSettings { memory_kib, iterations, parallelism, ..CHEAP }).unwrap()
        };
        assert!(!hasher().needs_rehash(&phc));
        assert!(with(16, 1, 1).needs_rehash(&phc));
        assert!(with(8, 2, 1).needs_rehash(&phc));
        assert!(with(16, 1, 2).needs_rehash(&phc));
        let strong = with(32, 3, 1).hash("password").await.unwrap();
        assert!(!hasher().needs_rehash(&strong));
        for other in
            ["", "nonsense", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"]
        {
            assert!(hasher().needs_rehash(other), "{other}");
        }
    }

    #[tokio::test]
    async fn unknown_users_cost_a_whole_hash_with_the_costs_of_today() {
        let hasher = hasher();
        assert!(!hasher.needs_rehash(&hasher.dummy));
        hasher.verify_unknown("password").await.unwrap();
        let taken = (0..5).map(|_| Arc::clone(&hasher.admitted).try_acquire_owned().unwrap()).collect::<Vec<_>>();
        assert!(matches!(hasher.verify_unknown("password").await, Err(HashError::Overloaded)), "through the same pool");
        drop(taken);
        hasher.verify_unknown("password").await.unwrap();
    }

    #[test]
    fn impossible_costs_are_refused_at_the_start() {
        let impossible = HashSettings { memory_kib: 1, ..CHEAP };
        assert!(matches!(Hasher::new(impossible), Err(HashError::Failed(_))));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_run_at_once_than_allowed_and_the_queue_is_bounded() {
        let hasher = Arc::new(hasher());
        // Two run and are held, three wait, the sixth is turned away.
        let gate = Arc::new(Barrier::new(3));
        let start = || {
            let (hasher, gate) = (Arc::clone(&hasher), Arc::clone(&gate));
            tokio::spawn(async move {
                hasher
                    .run(move || {
                        gate.wait();
                        Ok(())
                    })
                    .await
            })
        };
        let held = [start(), start()];
        while hasher.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let waiting: Vec<_> = (0..3)
            .map(|_| {
                let hasher = Arc::clone(&hasher);
                tokio::spawn(async move { hasher.hash("password").await })
            })
            .collect();
        while hasher.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(hasher.hash("password").await, Err(HashError::Overloaded)));
        assert!(waiting.iter().all(|task| !task.is_finished()));
        gate.wait();
        for task in held {
            task.await.unwrap().unwrap();
        }
        for task in waiting {
            task.await.unwrap().unwrap();
        }
        hasher.hash("password").await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_caller_who_hangs_up_does_not_make_room() {
        let hasher = Arc::new(hasher());
        let gate = Arc::new(Barrier::new(2));
        let task = {
            let (hasher, gate) = (Arc::clone(&hasher), Arc::clone(&gate));
            tokio::spawn(async move {
                hasher
                    .run(move || {
                        gate.wait();
                        Ok(())
                    })
                    .await
            })
        };
        while hasher.running.available_permits() > 1 {
            tokio::task::yield_now().await;
        }
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(hasher.running.available_permits(), 1, "the work still runs");
        gate.wait();
        while hasher.running.available_permits() < 2 {
            tokio::task::yield_now().await;
        }
    }
}
