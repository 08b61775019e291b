//! Properties of a running service: many generated cases against one app.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tokio::runtime::Handle;

/// Chooses other cases than the usual ones.
const SEED: &str = "KH_TEST_SEED";
/// Tries more cases, or fewer, than a test asks for.
const CASES: &str = "KH_TEST_CASES";

/// Runs `test` on `cases` values of `strategy`. The same cases every time, unless `KH_TEST_SEED` says otherwise; a
/// failure names the smallest value it could find and the seed.
///
/// The cases share what the test holds, so `test` must leave nothing behind that changes the next case.
///
/// # Panics
/// If `test` panics on any value.
pub async fn holds<S: Strategy>(cases: u32, strategy: S, test: impl AsyncFn(S::Value)) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seed = number(SEED).unwrap_or(1);
    let cases = number(CASES).and_then(|cases| u32::try_from(cases).ok()).unwrap_or(cases);
    let mut runner = TestRunner::new(Config {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 256,
        ..Config::default()
    });
    // The runner knows nothing of futures; this thread may wait, for the app has threads of its own.
    let result = tokio::task::block_in_place(|| {
        runner.run(&strategy, |value| {
            Handle::current().block_on(test(value));
            Ok(())
        })
    });
    if let Err(failure) = result {
        panic!("{failure}\nrun again with {SEED}={seed} {CASES}={cases}");
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::Mutex;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn the_same_cases_come_every_time_and_a_failure_names_the_smallest() {
        let runs = [Mutex::new(Vec::new()), Mutex::new(Vec::new())];
        for run in &runs {
            holds(20, 0..1000_u32, async |value| run.lock().unwrap().push(value)).await;
        }
        assert_eq!(*runs[0].lock().unwrap(), *runs[1].lock().unwrap());

        let failing = holds(200, 0..1000_u32, async |value| assert!(value < 500));
        let panic = AssertUnwindSafe(failing).catch_unwind().await.expect_err("a case fails");
        let message = panic.downcast_ref::<String>().expect("a message");
        assert!(message.contains("minimal failing input: 500") && message.contains(SEED), "{message}");
    }
}
