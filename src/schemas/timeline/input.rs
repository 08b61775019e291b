//! What callers add to a timeline.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::Direction;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::error::Error;
use crate::schemas::{Checked, Facts, samples};

/// Where something comes from.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceInput {
    /// The other system.
    #[schema(min_length = 1, max_length = 60, pattern = "^[A-Za-z0-9._-]+$", example = "erp")]
    pub system: String,
    /// Its own id there, unique per system: sending it again has no second effect.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "SV-2026-118")]
    pub reference: Option<String>,
}

/// An event of an own kind.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(samples::append_event))]
pub struct AppendEvent {
    /// An event type that was registered.
    #[schema(max_length = 100, pattern = r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", example = "machine.serviced")]
    pub kind: String,
    /// When it happened; now unless it is given. At most a day ahead.
    pub occurred_at: Option<Instant>,
    /// Where it comes from.
    pub source: Option<SourceInput>,
    /// Money involved.
    pub amount: Option<Money>,
    /// A short text.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Spindel getauscht")]
    pub summary: Option<String>,
    /// Which way it went.
    pub direction: Option<Direction>,
    /// What it went through.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9_]+$", example = "on_site")]
    pub channel: Option<String>,
    /// Facts, as the event type's schema describes them.
    #[serde(default)]
    #[schema(value_type = Facts)]
    pub payload: Map<String, Value>,
}

impl Checked for AppendEvent {}

/// What was wrong with an entry. Absent means unchanged, null means empty.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(samples::correct_event))]
pub struct CorrectEvent {
    /// Why it is corrected.
    #[schema(min_length = 1, max_length = 1000, pattern = r"^[^\x00]*$", example = "Falscher Tag eingetragen")]
    pub reason: String,
    /// When it really happened.
    pub occurred_at: Option<Instant>,
    /// The short text; of an interaction, its body.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 2000, pattern = r"^[^\x00]*$", example = "Spindel und Lager getauscht")]
    pub summary: Option<Option<String>>,
    /// Money involved.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Money>)]
    pub amount: Option<Option<Money>>,
    /// All facts anew.
    #[schema(value_type = Option<Facts>)]
    pub payload: Option<Map<String, Value>>,
}

impl Checked for CorrectEvent {
    fn check(&self) -> Result<(), Error> {
        if self.reason.trim().is_empty() {
            return Err(Error::invalid_at("/reason", FaultCode::Blank));
        }
        let nothing =
            self.occurred_at.is_none() && self.summary.is_none() && self.amount.is_none() && self.payload.is_none();
        if nothing {
            return Err(Error::invalid_at("", Fault::new(FaultCode::TooFewFields).with("limit", "2")));
        }
        Ok(())
    }
}

/// Tells null from absent.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}
