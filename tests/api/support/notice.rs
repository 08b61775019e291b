//! What is not tested must be heard of.

use std::io::Write;

/// Reports that part of the tests cannot run. With `CI=true` everything must be there, so that it fails.
///
/// # Panics
/// With `CI=true`.
pub fn skipping(what: &str, remedy: &str) {
    let text = format!("{what}\n{remedy}");
    assert!(std::env::var_os("CI").is_none_or(|value| value != "true"), "CI=true, but {text}");
    let line = "!".repeat(100);
    let shown: String = text.lines().map(|line| format!("!! {line}\n")).collect();
    // Not `eprintln!`: the test harness swallows it when the test passes.
    let written = write!(std::io::stderr().lock(), "\n{line}\n{shown}{line}\n\n");
    written.expect("standard error can be written to");
}
