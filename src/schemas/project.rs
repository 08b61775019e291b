//! Projects on the wire.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::owner::OwnerFilter;
use super::record::{Exactly, Fields, Words};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::period::Period;
use crate::error::{Error, FieldError, Result};

/// How far a project has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectStatus {
    /// Not begun yet.
    Planned,
    /// Being worked on.
    Active,
    /// Interrupted.
    OnHold,
    /// Done.
    Completed,
    /// Given up.
    Cancelled,
}

impl ProjectStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Active => "active",
            Self::OnHold => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Somebody who works on a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"user_id": "019a0000-0000-7000-8000-000000000001", "role": "Projektleitung"}))]
pub struct ProjectMember {
    /// Who.
    pub user_id: Uuid,
    /// As what, in words.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Projektleitung")]
    pub role: Option<String>,
}

/// What is being done for a customer over a longer time.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Umbau der Lackiererei", "starts_on": "2026-12-01", "ends_on": "2027-03-31",
    "budget": {"amount": "48000.00", "currency": "EUR"},
    "description": "Neue Absaugung, Verlegung der Trockenkammer, Abnahme durch das Gewerbeaufsichtsamt.",
}))]
pub struct ProjectFields {
    /// Readable number, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "P-000001")]
    pub number: Option<String>,
    /// What it is called.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Umbau der Lackiererei"
    )]
    pub name: String,
    /// What it is about.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Neue Absaugung, Verlegung der Trockenkammer.")]
    pub description: Option<String>,
    /// First day, as planned.
    #[schema(format = "date", max_length = 10, example = "2026-12-01")]
    pub starts_on: Option<String>,
    /// Last day, as planned.
    #[schema(format = "date", max_length = 10, example = "2027-03-31")]
    pub ends_on: Option<String>,
    /// Who works on it; everybody once.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub members: Vec<ProjectMember>,
    /// What it may cost.
    pub budget: Option<Money>,
}

impl Checked for ProjectFields {
    fn check(&self) -> Result<()> {
        let mut faults = Vec::new();
        let period = Period::parse(self.starts_on.as_deref(), self.ends_on.as_deref());
        if period.map_err(|fault| Error::invalid_at("/starts_on", fault))?.is_empty() {
            faults.push(FieldError::at_pointer("/ends_on", Fault::new(FaultCode::Before).with("other", "starts_on")));
        }
        let mut seen = BTreeSet::new();
        for (at, member) in self.members.iter().enumerate() {
            if !seen.insert(member.user_id) {
                faults.push(FieldError::at_pointer(format!("/members/{at}/user_id"), FaultCode::Duplicate));
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// What the service knows of a project.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ProjectFacts {
    /// How far it has come.
    pub status: ProjectStatus,
    /// Why it is where it is, as the last move said.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Warten auf die Baugenehmigung")]
    pub status_reason: Option<String>,
    /// Since when it is there; null until the first move.
    pub status_since: Option<Instant>,
    /// When the work on it began.
    pub started_at: Option<Instant>,
    /// When it was done.
    pub completed_at: Option<Instant>,
    /// When it was given up.
    pub cancelled_at: Option<Instant>,
}

/// Which projects.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ProjectFilter {
    /// The beginning of the name; case and accents do not count.
    #[param(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", nullable = false)]
    pub q: Option<String>,
    /// How far they have come.
    #[param(inline, max_items = 5)]
    pub status: Vec<ProjectStatus>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// With one of these members; `me` is the caller.
    #[param(inline, max_items = 50)]
    pub member_id: Vec<OwnerFilter>,
    /// Planned to start on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub starts_from: Option<String>,
    /// Planned to start on this day or earlier.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-31")]
    pub starts_to: Option<String>,
    /// Planned to end on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-03-01")]
    pub ends_from: Option<String>,
    /// Planned to end on this day or earlier.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-03-31")]
    pub ends_to: Option<String>,
}

impl Fields for ProjectFields {
    type Facts = ProjectFacts;
    type Filter = ProjectFilter;

    const WORDS: Words =
        Words { schema: "Project", one: "project", many: "projects", english: "Project", german: "Projekt" };
    const FIXED: &'static [&'static str] = &["number"];
    const SORTS: &'static [&'static str] = &["starts_on", "ends_on", "name", "number", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-starts_on";

    fn example_of_change() -> Value {
        json!({ "ends_on": "2027-04-30" })
    }
}

/// That a project goes on: it begins, is taken up again, or is done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"at": "2026-12-01T08:00:00Z", "reason": "Genehmigung liegt vor"}))]
pub struct AdvanceProject {
    /// When; now unless it is given.
    pub at: Option<Instant>,
    /// Why, or with what result.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Genehmigung liegt vor")]
    pub reason: Option<String>,
}

impl Checked for AdvanceProject {}

/// That a project does not go on: it is interrupted or given up.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Warten auf die Baugenehmigung"}))]
pub struct StopProject {
    /// When; now unless it is given.
    pub at: Option<Instant>,
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Warten auf die Baugenehmigung"
    )]
    pub reason: String,
}

impl Checked for StopProject {}
