//! Moments of the past, of which the history tells what held then.

use super::instant::Instant;

/// When something held, and what was known of it when: the two times of a bitemporal history (valid time and transaction
/// time; R. T. Snodgrass, Developing Time-Oriented Database Applications in SQL, 1999).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// What had happened by then …
    pub as_of: Instant,
    /// … as far as it was recorded by then.
    pub known_at: Instant,
}

impl Past {
    /// What was known at a moment, at that moment.
    pub fn at(as_of: Instant) -> Self {
        Self { as_of, known_at: as_of }
    }

    /// What was known at its moment of knowing, for what tells itself on which days it holds.
    pub fn known(self) -> Self {
        Self::at(self.known_at)
    }
}
