//! Campaigns: with what many customers are approached together.

use sea_orm::{ColumnTrait, Condition};

use super::moments::happened;
use super::prefix::begins_with;
use super::records::{Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::event_kind::Category;
use crate::domain::folding::{Umlauts, fold};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::campaign::{Column, Model};
use crate::entities::record::ColumnOf;
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::campaign::{
    CampaignFacts, CampaignFields, CampaignFilter, CampaignStatus, CancelCampaign, FinishCampaign, StartCampaign,
};

/// Campaigns.
pub struct Campaigns;

impl Kind for Campaigns {
    type Row = Model;
    type Fields = CampaignFields;

    const CATEGORY: Category = Category::Marketing;
    const READ: Permission = Permission::MarketingRead;
    const WRITE: Permission = Permission::MarketingWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("starts_on", Column::StartsOn),
        ("started_at", Column::StartedAt),
        ("name", Column::NameKey),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Start::FACTS, Finish::FACTS, Cancel::FACTS];

    fn label(state: &State<Self>) -> String {
        state.fields.name.clone()
    }

    async fn settle(_this: &This<'_>, before: Option<&State<Self>>, fields: CampaignFields) -> Result<State<Self>> {
        if let Some(before) = before
            && before.facts.status != CampaignStatus::Planned
            && before.fields.channel != fields.channel
        {
            return Err(wrong_state::<Self>(Self::stage(before)));
        }
        let new = CampaignFacts {
            status: CampaignStatus::Planned,
            started_at: None,
            finished_at: None,
            result: None,
            cancelled_at: None,
            cancellation_reason: None,
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
        match happened {
            "started" => state.facts.started_at,
            "finished" => state.facts.finished_at,
            "cancelled" => state.facts.cancelled_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.name_key = sort_key(&state.fields.name);
        row.name_folded = fold(&state.fields.name, Umlauts::Plain);
        row.channel = state.fields.channel.as_str().to_owned();
        row.status = state.facts.status.as_str().to_owned();
        row.starts_on.clone_from(&state.fields.starts_on);
        row.ends_on.clone_from(&state.fields.ends_on);
        row.started_at = state.facts.started_at;
    }

    fn condition(_cx: &Context, filter: &CampaignFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(q) = &filter.q {
            all = all.add(begins_with(Column::NameFolded, &fold(q, Umlauts::Plain)));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|channel| channel.as_str())));
        }
        all.add_option(filter.starts_from.as_ref().map(|day| Column::StartsOn.gte(day)))
            .add_option(filter.starts_to.as_ref().map(|day| Column::StartsOn.lte(day)))
            .add_option(filter.started_after.map(|at| Column::StartedAt.gte(at)))
            .add_option(filter.started_before.map(|at| Column::StartedAt.lt(at)))
    }
}

fn started(state: &State<Campaigns>) -> Option<(&'static str, Instant)> {
    state.facts.started_at.map(|at| ("started_at", at))
}

/// It begins.
pub struct Start;

impl Move for Start {
    type Kind = Campaigns;
    type Input = StartCampaign;

    const FACTS: MoveFacts = MoveFacts {
        verb: "start",
        segment: "start",
        summary: "It begins: from now on it reaches customers. Its channel stays what it is.",
        happened: "started",
        happened_german: "begonnen",
        from: &["planned"],
    };

    async fn make(this: &This<'_>, state: &mut State<Campaigns>, input: StartCampaign) -> Result<()> {
        let at = happened("/started_at", input.started_at, None, this.change.now())?;
        (state.facts.status, state.facts.started_at) = (CampaignStatus::Running, Some(at));
        Ok(())
    }
}

/// It is over.
pub struct Finish;

impl Move for Finish {
    type Kind = Campaigns;
    type Input = FinishCampaign;

    const FACTS: MoveFacts = MoveFacts {
        verb: "finish",
        segment: "finish",
        summary: "It is over, and what came of it. Whom it reached can still be recorded.",
        happened: "finished",
        happened_german: "beendet",
        from: &["running"],
    };

    async fn make(this: &This<'_>, state: &mut State<Campaigns>, input: FinishCampaign) -> Result<()> {
        let at = happened("/finished_at", input.finished_at, started(state), this.change.now())?;
        state.facts.status = CampaignStatus::Finished;
        (state.facts.finished_at, state.facts.result) = (Some(at), input.result);
        Ok(())
    }
}

/// It is given up.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Campaigns;
    type Input = CancelCampaign;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is given up, and why.",
        happened: "cancelled",
        happened_german: "abgesagt",
        from: &["planned", "running"],
    };

    async fn make(this: &This<'_>, state: &mut State<Campaigns>, input: CancelCampaign) -> Result<()> {
        let at = happened("/cancelled_at", input.cancelled_at, started(state), this.change.now())?;
        state.facts.status = CampaignStatus::Cancelled;
        (state.facts.cancelled_at, state.facts.cancellation_reason) = (Some(at), Some(input.reason));
        Ok(())
    }
}
