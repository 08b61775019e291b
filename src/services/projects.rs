//! Projects: what is being done for customers over a longer time, by whom, and how far it is.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::links::Links;
use super::moments::happened;
use super::numbers;
use super::prefix::begins_with;
use super::records::{Kind, Move, MoveFacts, State, This};
use super::references::References;
use crate::domain::event_kind::Category;
use crate::domain::folding::{Umlauts, fold};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::project::{Column, Entity, Model};
use crate::entities::project_member;
use crate::entities::record::ColumnOf;
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::project::{AdvanceProject, ProjectFacts, ProjectFields, ProjectFilter, ProjectStatus, StopProject};
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "P" as in Projekt.
const NUMBERS: (&str, &str) = ("project_number", "P");

/// Projects.
pub struct Projects;

impl Kind for Projects {
    type Row = Model;
    type Fields = ProjectFields;

    const CATEGORY: Category = Category::Support;
    const READ: Permission = Permission::ProjectsRead;
    const WRITE: Permission = Permission::ProjectsWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("starts_on", Column::StartsOn),
        ("ends_on", Column::EndsOn),
        ("name", Column::NameKey),
        ("number", Column::Number),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] =
        &[Start::FACTS, Pause::FACTS, Resume::FACTS, Complete::FACTS, Cancel::FACTS, Reopen::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.name, state.fields.number.as_deref().unwrap_or_default())
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: ProjectFields) -> Result<State<Self>> {
        let mut references = References::new();
        for (at, member) in fields.members.iter().enumerate() {
            references.user(format!("/members/{at}/user_id"), Some(member.user_id));
        }
        references.exist(this.change).await?;
        if before.is_none() {
            fields.number =
                Some(numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number).await?);
        }
        let new = ProjectFacts {
            status: ProjectStatus::Planned,
            status_reason: None,
            status_since: None,
            started_at: None,
            completed_at: None,
            cancelled_at: None,
        };
        Ok(State { fields, facts: before.map_or(new, |before| before.facts.clone()) })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        state.fields.budget
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        // Its moves alone: it is told when it was made and changed as it happens.
        let moved = Self::MOVES.iter().any(|step| step.happened == happened);
        state.facts.status_since.filter(|_| moved)
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.number = state.fields.number.clone().unwrap_or_default();
        row.name_key = sort_key(&state.fields.name);
        row.name_folded = fold(&state.fields.name, Umlauts::Plain);
        row.status = state.facts.status.as_str().to_owned();
        row.starts_on.clone_from(&state.fields.starts_on);
        row.ends_on.clone_from(&state.fields.ends_on);
    }

    fn links() -> Option<Links> {
        use project_member::{Column, Entity};
        Some(Links::of(Entity, (Column::ProjectId, Column::UserId), (Some("members"), &["user_id"])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        state.fields.members.iter().map(|member| member.user_id).collect()
    }

    fn linked_with(cx: &Context, filter: &ProjectFilter) -> Vec<Uuid> {
        filter.member_id.iter().map(|user| user.id(cx.actor.id())).collect()
    }

    fn condition(_cx: &Context, filter: &ProjectFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(q) = &filter.q {
            all = all.add(begins_with(Column::NameFolded, &fold(q, Umlauts::Plain)));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        all.add_option(filter.starts_from.as_ref().map(|day| Column::StartsOn.gte(day)))
            .add_option(filter.starts_to.as_ref().map(|day| Column::StartsOn.lte(day)))
            .add_option(filter.ends_from.as_ref().map(|day| Column::EndsOn.gte(day)))
            .add_option(filter.ends_to.as_ref().map(|day| Column::EndsOn.lte(day)))
    }
}

/// Leads it to another state.
fn lead(
    this: &This<'_>,
    state: &mut State<Projects>,
    status: ProjectStatus,
    (at, reason): (Option<Instant>, Option<String>),
) -> Result<Instant> {
    let since = state.facts.status_since.map(|at| ("status_since", at));
    let at = happened("/at", at, since, this.change.now())?;
    let facts = &mut state.facts;
    (facts.status, facts.status_reason, facts.status_since) = (status, reason, Some(at));
    Ok(at)
}

/// The work on it begins.
pub struct Start;

impl Move for Start {
    type Kind = Projects;
    type Input = AdvanceProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "start",
        segment: "start",
        summary: "The work on it begins.",
        happened: "started",
        happened_german: "begonnen",
        from: &["planned"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: AdvanceProject) -> Result<()> {
        let at = lead(this, state, ProjectStatus::Active, (input.at, input.reason))?;
        state.facts.started_at = Some(at);
        Ok(())
    }
}

/// The work on it is interrupted.
pub struct Pause;

impl Move for Pause {
    type Kind = Projects;
    type Input = StopProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "pause",
        segment: "pause",
        summary: "The work on it is interrupted, and why: it is on hold.",
        happened: "paused",
        happened_german: "unterbrochen",
        from: &["active"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: StopProject) -> Result<()> {
        lead(this, state, ProjectStatus::OnHold, (input.at, Some(input.reason))).map(drop)
    }
}

/// The work on it goes on.
pub struct Resume;

impl Move for Resume {
    type Kind = Projects;
    type Input = AdvanceProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "resume",
        segment: "resumption",
        summary: "The work on it goes on.",
        happened: "resumed",
        happened_german: "fortgesetzt",
        from: &["on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: AdvanceProject) -> Result<()> {
        lead(this, state, ProjectStatus::Active, (input.at, input.reason)).map(drop)
    }
}

/// It is done.
pub struct Complete;

impl Move for Complete {
    type Kind = Projects;
    type Input = AdvanceProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "complete",
        segment: "completion",
        summary: "It is done, with what result.",
        happened: "completed",
        happened_german: "abgeschlossen",
        from: &["active"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: AdvanceProject) -> Result<()> {
        let at = lead(this, state, ProjectStatus::Completed, (input.at, input.reason))?;
        state.facts.completed_at = Some(at);
        Ok(())
    }
}

/// It is given up.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Projects;
    type Input = StopProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is given up, and why.",
        happened: "cancelled",
        happened_german: "abgebrochen",
        from: &["planned", "active", "on_hold"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: StopProject) -> Result<()> {
        let at = lead(this, state, ProjectStatus::Cancelled, (input.at, Some(input.reason)))?;
        state.facts.cancelled_at = Some(at);
        Ok(())
    }
}

/// It goes on after all.
pub struct Reopen;

impl Move for Reopen {
    type Kind = Projects;
    type Input = AdvanceProject;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reopen",
        segment: "reopening",
        summary: "It goes on after all. One that had never begun is planned again.",
        happened: "reopened",
        happened_german: "wieder aufgenommen",
        from: &["completed", "cancelled"],
    };

    async fn make(this: &This<'_>, state: &mut State<Projects>, input: AdvanceProject) -> Result<()> {
        let begun = state.facts.started_at.is_some();
        let status = if begun { ProjectStatus::Active } else { ProjectStatus::Planned };
        lead(this, state, status, (input.at, input.reason))?;
        (state.facts.completed_at, state.facts.cancelled_at) = (None, None);
        Ok(())
    }
}
