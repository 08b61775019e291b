//! What the clocks of a ticket show: by when an answer and a resolution are due, and how long they took. All of it is
//! working time.

use super::Tickets;
use crate::domain::instant::Instant;
use crate::domain::service_levels::ServiceLevels;
use crate::services::records::State;

/// When a ticket was opened: settled since it was made.
fn opened_at(state: &State<Tickets>) -> Instant {
    state.fields.opened_at.unwrap_or(state.facts.last_step_at)
}

/// By when what is still open is due, as the priority and the clock are now. What has come keeps the time it was due by.
pub fn set_due(state: &mut State<Tickets>, levels: &ServiceLevels) {
    let (opened_at, priority) = (opened_at(state), state.fields.priority);
    let facts = &mut state.facts;
    if facts.first_response_at.is_none() {
        facts.first_response_due_at = levels.first_response_due(priority, opened_at);
    }
    if facts.resolved_at.is_none() {
        let due = levels.resolution_due(priority, opened_at, facts.clock_stopped_seconds);
        facts.resolution_due_at = due.filter(|_| facts.clock_stopped_at.is_none());
    }
}

/// Whether what has not come yet is overdue at a moment; it may have become so without being noticed, and with another
/// priority or a stopped clock it may be due later than it was.
pub fn judge(state: &mut State<Tickets>, at: Instant) {
    let facts = &mut state.facts;
    if facts.first_response_at.is_none() {
        facts.first_response_breached = overdue(facts.first_response_due_at, facts.first_response_breached, at);
    }
    judge_resolution(state, at);
}

fn judge_resolution(state: &mut State<Tickets>, at: Instant) {
    let facts = &mut state.facts;
    if facts.resolved_at.is_none() {
        facts.resolution_breached = overdue(facts.resolution_due_at, facts.resolution_breached, at);
    }
}

/// While nothing is due, what was said before holds.
fn overdue(due: Option<Instant>, before: Option<bool>, at: Instant) -> Option<bool> {
    let Some(due) = due else { return before };
    (due < at).then_some(true)
}

/// We have answered. An answer that is told late may have been the first one.
pub fn answered(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant) {
    state.facts.answer_count += 1;
    respond(state, levels, at);
}

fn respond(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant) {
    if state.facts.first_response_at.is_some_and(|first| first <= at) {
        return;
    }
    let minutes = levels.working_time.elapsed(opened_at(state), at);
    let facts = &mut state.facts;
    facts.first_response_at = Some(at);
    facts.first_response_minutes = Some(minutes);
    facts.first_response_breached = Some(facts.first_response_due_at.is_some_and(|due| at > due));
}

/// The clock of the resolution stands still from now on.
pub fn stop(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant) {
    judge_resolution(state, at);
    state.facts.clock_stopped_at = Some(at);
    set_due(state, levels);
}

/// It goes on, if it stood still.
pub fn go_on(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant) {
    if let Some(since) = state.facts.clock_stopped_at.take() {
        state.facts.clock_stopped_seconds += levels.working_time.elapsed_seconds(since, at);
        set_due(state, levels);
        judge_resolution(state, at);
    } else {
        set_due(state, levels);
    }
}

/// It is resolved. A resolution without an answer before it is the first answer.
pub fn resolved(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant, resolution: String) {
    go_on(state, levels, at);
    respond(state, levels, at);
    let all = levels.working_time.elapsed_seconds(opened_at(state), at);
    let facts = &mut state.facts;
    facts.resolved_at = Some(at);
    facts.resolution = Some(resolution);
    facts.resolution_minutes = Some((all - facts.clock_stopped_seconds).max(0) / 60);
    facts.resolution_breached = Some(facts.resolution_due_at.is_some_and(|due| at > due));
    facts.resolved_on_first_contact =
        Some(facts.answer_count <= 1 && facts.escalation_level == 0 && facts.reopen_count == 0);
    // While the customer is content, nobody works on it.
    facts.clock_stopped_at = Some(at);
}

/// It was not resolved after all.
pub fn reopened(state: &mut State<Tickets>, levels: &ServiceLevels, at: Instant) {
    let facts = &mut state.facts;
    facts.reopen_count += 1;
    (facts.resolved_at, facts.resolution, facts.resolution_minutes) = (None, None, None);
    (facts.resolution_breached, facts.resolved_on_first_contact, facts.closed_at) = (None, None, None);
    go_on(state, levels, at);
}
