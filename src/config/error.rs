//! Why the settings cannot be used.

use std::fmt;
use std::path::PathBuf;

/// The settings cannot be used; the text names everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigError {
    /// The file cannot be read or is not TOML.
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, with line and column where there is one.
        reason: String,
    },
    /// Settings are unknown or have values that cannot be used.
    Settings(Vec<Problem>),
}

/// One setting that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Section and key, such as `http.port`.
    pub name: String,
    /// `default`, `file PATH` or the name of the variable.
    pub origin: String,
    /// What was expected; a secret that was found is not repeated.
    pub detail: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, reason } => write!(formatter, "settings file {}: {reason}", path.display()),
            Self::Settings(problems) => {
                formatter.write_str("the settings cannot be used:")?;
                problems.iter().try_for_each(|problem| write!(formatter, "\n  {problem}"))
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (from {}): {}", self.name, self.origin, self.detail)
    }
}

impl std::error::Error for ConfigError {}
