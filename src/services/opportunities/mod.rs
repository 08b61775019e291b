//! Opportunities: what customers may buy, how likely that is, and what became of it.

mod moves;

use std::collections::{BTreeSet, HashSet};

pub use moves::{Advance, Lose, Reopen, Win};

use rust_decimal::Decimal;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::amounts::about;
use super::links::Links;
use super::moments::happened;
use super::pipelines::{self, Pipelines};
use super::records::{Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::cells::Reads;
use crate::entities::opportunity::{Column, Model};
use crate::entities::record::ColumnOf;
use crate::entities::{opportunity_product, product, words};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::opportunity::{OpportunityFacts, OpportunityFields, OpportunityFilter, OpportunityStatus};
use crate::schemas::pipeline::PipelineStage;
use crate::schemas::query::{AmountFilter, Both};

/// Opportunities.
pub struct Opportunities;

impl Kind for Opportunities {
    type Row = Model;
    type Fields = OpportunityFields;

    const CATEGORY: Category = Category::Sales;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("expected_close_date", Column::ExpectedCloseDate),
        ("amount", Column::Amount),
        ("probability", Column::Probability),
        ("name", Column::NameKey),
        ("closed_at", Column::ClosedAt),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("opened", "eröffnet");
    const MOVES: &'static [MoveFacts] = &[Advance::FACTS, Win::FACTS, Lose::FACTS, Reopen::FACTS];

    fn label(state: &State<Self>) -> String {
        match state.fields.amount {
            Some(amount) => format!("{} ({amount})", state.fields.name),
            None => state.fields.name.clone(),
        }
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: OpportunityFields,
    ) -> Result<State<Self>> {
        must_be_products(this.change, &fields.product_ids, before).await?;
        let Some(before) = before else { return open(this, fields).await };
        let mut facts = before.facts.clone();
        if fields.probability != before.fields.probability {
            if facts.status != OpportunityStatus::Open {
                return Err(wrong_state::<Self>(facts.status.as_str()));
            }
            facts.probability_from_stage = fields.probability.is_none();
            if facts.probability_from_stage {
                let stages = stages(this.change, fields.pipeline_id).await?;
                let stage = stages.iter().find(|stage| stage.id == fields.stage_id);
                fields.probability = stage.map(|stage| stage.default_probability);
            }
        }
        let mut after = State { fields, facts };
        weigh(&mut after);
        Ok(after)
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        state.fields.amount
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "opened" => state.fields.opened_at,
            "stage_changed" | "reopened" => Some(state.facts.stage_entered_at),
            "won" | "lost" => state.facts.closed_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.name_key = sort_key(&fields.name);
        row.status = facts.status.as_str().to_owned();
        row.pipeline_id = fields.pipeline_id;
        row.stage_id = fields.stage_id.unwrap_or_default();
        row.amount = fields.amount.map(|amount| amount.amount_scaled);
        row.currency = fields.amount.map(|amount| amount.currency.code().to_owned());
        row.probability = fields.probability.unwrap_or_default().into();
        row.expected_close_date.clone_from(&fields.expected_close_date);
        row.closed_at = facts.closed_at;
        row.search_text = Some(words::kept([&fields.name]));
    }

    fn links() -> Option<Links> {
        use opportunity_product::{Column, Entity};
        Some(Links::of(Entity, (Column::OpportunityId, Column::ProductId), (Some("product_ids"), &[])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        state.fields.product_ids.iter().copied().collect()
    }

    fn linked_with(_cx: &Context, Both(_, filter): &Both<AmountFilter, OpportunityFilter>) -> Vec<Uuid> {
        filter.product_id.clone()
    }

    fn condition(_cx: &Context, Both(amount, filter): &Both<AmountFilter, OpportunityFilter>) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        all = all.add(about(amount, Column::Amount, Column::Currency));
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.pipeline_id.is_empty() {
            all = all.add(Column::PipelineId.is_in(filter.pipeline_id.iter().copied()));
        }
        if !filter.stage_id.is_empty() {
            all = all.add(Column::StageId.is_in(filter.stage_id.iter().copied()));
        }
        all.add_option(filter.expected_close_after.as_ref().map(|day| Column::ExpectedCloseDate.gte(day.as_str())))
            .add_option(filter.expected_close_before.as_ref().map(|day| Column::ExpectedCloseDate.lt(day.as_str())))
            .add_option(filter.closed_after.map(|at| Column::ClosedAt.gte(at)))
            .add_option(filter.closed_before.map(|at| Column::ClosedAt.lt(at)))
    }
}

async fn open(this: &This<'_>, mut fields: OpportunityFields) -> Result<State<Opportunities>> {
    let opened_at = happened("/opened_at", fields.opened_at, None, this.change.now())?;
    let stages = stages_of_current(this.change, fields.pipeline_id).await?;
    let stage = pick(&stages, fields.stage_id.or(stages.first().and_then(|stage| stage.id)))?;
    fields.opened_at = Some(opened_at);
    fields.stage_id = stage.id;
    let facts = OpportunityFacts {
        status: OpportunityStatus::Open,
        stage_name: stage.name.clone(),
        stage_entered_at: opened_at,
        stage_times: Vec::new(),
        probability_from_stage: fields.probability.is_none(),
        weighted_amount: None,
        closed_at: None,
        close_reason: None,
        lost_to: None,
        reopenings: 0,
    };
    fields.probability.get_or_insert(stage.default_probability);
    let mut state = State { fields, facts };
    weigh(&mut state);
    Ok(state)
}

/// Amount times probability.
fn weigh(state: &mut State<Opportunities>) {
    let percent = Decimal::new(state.fields.probability.unwrap_or_default().into(), 2);
    state.facts.weighted_amount = state.fields.amount.and_then(|amount| amount.checked_mul(percent));
}

/// Refuses products that do not exist or are named twice; those it was about before may be archived meanwhile.
async fn must_be_products(change: &Change, ids: &[Uuid], before: Option<&State<Opportunities>>) -> Result<()> {
    let had = before.map_or(&[][..], |before| &before.fields.product_ids);
    let new: BTreeSet<Uuid> = ids.iter().copied().filter(|id| !had.contains(id)).collect();
    let mut known: HashSet<Uuid> = had.iter().copied().collect();
    if !new.is_empty() {
        let select = product::Entity::find().select_only().column(product::Column::Id);
        let there = select.filter(product::Column::Id.is_in(new)).filter(product::Column::ArchivedAt.is_null());
        let found: Vec<(Uuid,)> = change.tuples(there).await?;
        known.extend(found.into_iter().map(|(id,)| id));
    }
    let mut seen = HashSet::new();
    let faults: Vec<FieldError> = ids
        .iter()
        .enumerate()
        .filter_map(|(index, id)| {
            let fault = match (known.contains(id), seen.insert(*id)) {
                (false, _) => Fault::new(FaultCode::Reference).with("type", "product"),
                (true, false) => FaultCode::Duplicate.into(),
                (true, true) => return None,
            };
            Some(FieldError::at_pointer(format!("/product_ids/{index}"), fault))
        })
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// The stages of a pipeline that is there and not archived.
async fn stages_of_current(change: &Change, pipeline_id: Uuid) -> Result<Vec<PipelineStage>> {
    match pipelines::hold(change, pipeline_id).await? {
        Some(row) if row.archived_at.is_none() => Ok(State::<Pipelines>::of(&row)?.fields.stages),
        _ => Err(Error::invalid_at("/pipeline_id", Fault::new(FaultCode::Reference).with("type", "pipeline"))),
    }
}

/// The stages of the pipeline an opportunity goes.
async fn stages(change: &Change, pipeline_id: Uuid) -> Result<Vec<PipelineStage>> {
    let row = pipelines::hold(change, pipeline_id).await?;
    let row = row.ok_or_else(|| Error::internal("an opportunity goes a pipeline that is gone"))?;
    Ok(State::<Pipelines>::of(&row)?.fields.stages)
}

fn pick(stages: &[PipelineStage], id: Option<Uuid>) -> Result<&PipelineStage> {
    let Some(id) = id else { return Err(Error::invalid_at("/stage_id", FaultCode::Required)) };
    let found = stages.iter().find(|stage| stage.id == Some(id));
    found.ok_or_else(|| Error::invalid_at("/stage_id", Fault::new(FaultCode::Reference).with("type", "stage")))
}
