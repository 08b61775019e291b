//! What customers may expect of our support: how soon an answer and a resolution are due, in working time.

use super::instant::Instant;
use super::priority::Priority;
use super::working_time::WorkingTime;

/// Within how many working minutes something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The first answer.
    pub first_response_minutes: i64,
    /// The resolution.
    pub resolution_minutes: i64,
}

/// The targets of each priority, and the working time they are counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceLevels {
    /// When somebody is there.
    pub working_time: WorkingTime,
    /// For priority low.
    pub low: Target,
    /// For priority normal.
    pub normal: Target,
    /// For priority high.
    pub high: Target,
    /// For priority urgent.
    pub urgent: Target,
    /// The highest level a ticket can be escalated to.
    pub escalation_levels: i64,
    /// The level a ticket has at least once its first answer is overdue; 0 for none.
    pub escalation_when_answer_overdue: i64,
    /// The level a ticket has at least once its resolution is overdue; 0 for none.
    pub escalation_when_resolution_overdue: i64,
}

impl ServiceLevels {
    fn target(&self, priority: Priority) -> Target {
        match priority {
            Priority::Low => self.low,
            Priority::Normal => self.normal,
            Priority::High => self.high,
            Priority::Urgent => self.urgent,
        }
    }

    /// By when the first answer is due.
    pub fn first_response_due(&self, priority: Priority, opened_at: Instant) -> Option<Instant> {
        self.working_time.due(opened_at, self.target(priority).first_response_minutes)
    }

    /// By when the resolution is due, the clock having stood still for so many working seconds.
    pub fn resolution_due(&self, priority: Priority, opened_at: Instant, stopped_seconds: i64) -> Option<Instant> {
        let seconds = self.target(priority).resolution_minutes.saturating_mul(60).saturating_add(stopped_seconds);
        self.working_time.after(opened_at, seconds)
    }
}
