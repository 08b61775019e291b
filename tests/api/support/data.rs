//! Real data, where it is at hand: the project commits none of it.

use std::path::PathBuf;

use super::notice;
use super::source::root;

/// Names the folder of the data sets.
const VARIABLE: &str = "KH_TEST_DATA";

/// The folder of one data set, such as `cdnow`; `None` (said loudly) where it is absent.
///
/// # Panics
/// With `CI=true` where it is absent.
pub fn set(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(VARIABLE).map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let set = folder.join(name);
    if set.is_dir() {
        return Some(set);
    }
    notice::skipping(
        &format!("The data set '{name}' was not found: A TEST WITH REAL DATA DOES NOT RUN."),
        &format!("Set {VARIABLE} to the folder of the data sets (looked into {}).", folder.display()),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_that_is_there_has_files() {
        if let Some(folder) = set("naughty_strings") {
            assert!(folder.read_dir().unwrap().count() > 0, "{}", folder.display());
        }
    }
}
