//! Which version of a record a writer expects.

/// What `If-Match` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whatever is there: knowingly the last writer.
    Any,
    /// One of these versions.
    OneOf(Vec<i64>),
}

impl Expected {
    /// Whether the present version is an expected one.
    pub fn matches(&self, version: i64) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(versions) => versions.contains(&version),
        }
    }

    /// The version the writer read, for the answer that it is stale.
    pub fn newest(&self) -> i64 {
        match self {
            Self::Any => 0,
            Self::OneOf(versions) => versions.iter().copied().max().unwrap_or_default(),
        }
    }
}

/// What whoever writes a record that may be there or not asks for beforehand (RFC 9110, section 13).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preconditions {
    /// `If-Match`: there is a record, of such a version.
    pub expected: Option<Expected>,
    /// `If-None-Match`: there is no record of such a version.
    pub excluded: Option<Expected>,
}
