//! Waiting for something asynchronous where nothing can be awaited: before a test's runtime exists, and in `drop`.

use std::sync::OnceLock;

use tokio::runtime::Runtime;

/// Runs `future` to its end, from anywhere, on a runtime that lives as long as the process: connections of the test
/// support outlive every test.
pub fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(1).thread_name("support").enable_all().build().expect("a runtime")
    });
    // A runtime cannot be entered from within another one, but from a thread beside it.
    std::thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join())
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
