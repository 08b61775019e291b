//! What becomes of opportunities: from stage to stage, won, lost, and open again.

use serde_json::{Map, Value, json};

use super::{Opportunities, pick, stages, stages_of_current, weigh};
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::error::{Error, Result};
use crate::schemas::opportunity::{
    ChangeStage, LoseOpportunity, OpportunityStatus, ReopenOpportunity, StageTime, WinOpportunity,
};
use crate::schemas::pipeline::PipelineStage;
use crate::services::moments::happened;
use crate::services::records::{Move, MoveFacts, State, This};
use crate::services::sentences::sentence;

/// So many stages an opportunity has left are remembered.
const STAGE_TIMES_MAX: usize = 200;

/// It has come to another stage.
pub struct Advance;

impl Move for Advance {
    type Kind = Opportunities;
    type Input = ChangeStage;

    const FACTS: MoveFacts = MoveFacts {
        verb: "advance",
        segment: "stage-change",
        summary: "It has come to another stage, of its pipeline or of another one. The event tells both stages and how \
                  long it was in the one it left.",
        happened: "stage_changed",
        happened_german: "Phase gewechselt",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Opportunities>, input: ChangeStage) -> Result<()> {
        let at = moved_at(this, state, "/changed_at", input.changed_at)?;
        let other = input.pipeline_id.filter(|id| *id != state.fields.pipeline_id);
        let stages = match other {
            Some(id) => stages_of_current(this.change, id).await?,
            None => stages(this.change, state.fields.pipeline_id).await?,
        };
        let now = stages.iter().position(|stage| stage.id == state.fields.stage_id);
        let next = now.map_or(0, |place| place + 1);
        let stage = pick(&stages, input.stage_id.or(stages.get(next).and_then(|stage| stage.id)))?;
        if stage.id == state.fields.stage_id {
            return Err(Error::invalid_at("/stage_id", FaultCode::NothingChanged));
        }
        leave(state, at);
        state.fields.pipeline_id = other.unwrap_or(state.fields.pipeline_id);
        enter(state, stage, at);
        weigh(state);
        Ok(())
    }

    fn tell(before: &State<Opportunities>, after: &State<Opportunities>) -> (Sentence, Map<String, Value>) {
        let name = &after.facts.stage_name;
        let stage = |state: &State<Opportunities>| {
            json!({
                "pipeline_id": state.fields.pipeline_id,
                "stage_id": state.fields.stage_id,
                "stage_name": state.facts.stage_name,
            })
        };
        let seconds = seconds_between(before.facts.stage_entered_at, after.facts.stage_entered_at);
        let facts = [("from", stage(before)), ("to", stage(after)), ("seconds_in_stage", json!(seconds))];
        let facts = facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        (sentence(format!("now in stage {}", name.en), format!("jetzt in Phase {}", name.de)), facts)
    }
}

/// The customer buys from us.
pub struct Win;

impl Move for Win {
    type Kind = Opportunities;
    type Input = WinOpportunity;

    const FACTS: MoveFacts = MoveFacts {
        verb: "win",
        segment: "win",
        summary: "The customer buys from us. It is certain from now on, and stays in the stage it was won in.",
        happened: "won",
        happened_german: "gewonnen",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Opportunities>, input: WinOpportunity) -> Result<()> {
        let at = moved_at(this, state, "/won_at", input.won_at)?;
        close(state, (OpportunityStatus::Won, 100), at, input.reason);
        Ok(())
    }
}

/// The customer does not buy from us.
pub struct Lose;

impl Move for Lose {
    type Kind = Opportunities;
    type Input = LoseOpportunity;

    const FACTS: MoveFacts = MoveFacts {
        verb: "lose",
        segment: "loss",
        summary: "The customer does not buy from us: why, and from whom instead. It stays in the stage it was lost in.",
        happened: "lost",
        happened_german: "verloren",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Opportunities>, input: LoseOpportunity) -> Result<()> {
        let at = moved_at(this, state, "/lost_at", input.lost_at)?;
        close(state, (OpportunityStatus::Lost, 0), at, Some(input.reason));
        state.facts.lost_to = input.competitor;
        Ok(())
    }
}

/// It is not decided after all.
pub struct Reopen;

impl Move for Reopen {
    type Kind = Opportunities;
    type Input = ReopenOpportunity;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reopen",
        segment: "reopening",
        summary: "It is not decided after all: back to a stage, with the probability of that stage.",
        happened: "reopened",
        happened_german: "wieder geöffnet",
        from: &["won", "lost"],
    };

    async fn make(this: &This<'_>, state: &mut State<Opportunities>, input: ReopenOpportunity) -> Result<()> {
        let at = moved_at(this, state, "/reopened_at", input.reopened_at)?;
        let stages = stages(this.change, state.fields.pipeline_id).await?;
        // The stage it was closed in may be gone by now: then another one must be named.
        let last = state.fields.stage_id.filter(|id| stages.iter().any(|stage| stage.id == Some(*id)));
        let stage = pick(&stages, input.stage_id.or(last))?;
        state.facts.status = OpportunityStatus::Open;
        state.facts.probability_from_stage = true;
        (state.facts.closed_at, state.facts.close_reason, state.facts.lost_to) = (None, None, None);
        state.facts.reopenings += 1;
        enter(state, stage, at);
        weigh(state);
        Ok(())
    }
}

/// When a move was made: not before the opportunity came into the stage it is in.
fn moved_at(this: &This<'_>, state: &State<Opportunities>, pointer: &str, given: Option<Instant>) -> Result<Instant> {
    let first = match state.facts.closed_at {
        Some(at) => ("closed_at", at),
        None => ("stage_entered_at", state.facts.stage_entered_at),
    };
    happened(pointer, given, Some(first), this.change.now())
}

/// Counts the time in the stage that ends now.
fn leave(state: &mut State<Opportunities>, at: Instant) {
    let Some(stage_id) = state.fields.stage_id else { return };
    let seconds = seconds_between(state.facts.stage_entered_at, at);
    let times = &mut state.facts.stage_times;
    let before = times.iter().position(|time| time.stage_id == stage_id).map(|place| times.remove(place));
    let before = before.unwrap_or(StageTime { stage_id, seconds: 0, visits: 0 });
    times.push(StageTime { stage_id, seconds: before.seconds + seconds, visits: before.visits + 1 });
    let surplus = times.len().saturating_sub(STAGE_TIMES_MAX);
    times.drain(..surplus);
}

fn seconds_between(earlier: Instant, later: Instant) -> i64 {
    (later.micros() - earlier.micros()).max(0) / 1_000_000
}

fn enter(state: &mut State<Opportunities>, stage: &PipelineStage, at: Instant) {
    state.fields.stage_id = stage.id;
    state.facts.stage_name = stage.name.clone();
    state.facts.stage_entered_at = at;
    if state.facts.probability_from_stage {
        state.fields.probability = Some(stage.default_probability);
    }
}

/// It is decided: nothing is uncertain any more.
fn close(
    state: &mut State<Opportunities>,
    (status, probability): (OpportunityStatus, i32),
    at: Instant,
    reason: Option<String>,
) {
    leave(state, at);
    state.fields.probability = Some(probability);
    state.facts.status = status;
    state.facts.probability_from_stage = false;
    state.facts.closed_at = Some(at);
    state.facts.close_reason = reason;
    weigh(state);
}
