//! Contracts: what was agreed with customers for a time, and until when notice can be given.

mod course;
mod moves;
mod terms;

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

pub use course::go_on;
pub use moves::{Activate, Cancel, End, Reinstate, Renew};

use super::links::Links;
use super::moments::{beginning_of, end_of, not_before};
use super::numbers;
use super::records::{Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::decimal;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::contract::{Column, Entity, Model};
use crate::entities::contract_product;
use crate::entities::record::ColumnOf;
use crate::entities::words;
use crate::error::{Error, FieldError, Result};
use crate::history::context::Context;
use crate::schemas::contract::{ContractFacts, ContractFields, ContractFilter, ContractItem, ContractStatus, Renewal};
use crate::schemas::record::Exactly;
use crate::services::products;

/// Counter and first letter of the numbers we give: "V" as in Vertrag.
const NUMBERS: (&str, &str) = ("contract_number", "V");

/// Contracts.
pub struct Contracts;

impl Kind for Contracts {
    type Row = Model;
    type Fields = ContractFields;

    const CATEGORY: Category = Category::Sales;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("starts_on", Column::StartsOn),
        ("current_term_ends_on", Column::CurrentTermEndsOn),
        ("notice_by", Column::NoticeBy),
        ("number", Column::Number),
        ("title", Column::TitleKey),
        ("value", Column::Value),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const MOVES: &'static [MoveFacts] = &[Activate::FACTS, Renew::FACTS, Cancel::FACTS, Reinstate::FACTS, End::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.title, state.fields.number.as_deref().unwrap_or_default())
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: ContractFields) -> Result<State<Self>> {
        fits(&fields)?;
        complete(this, before, &mut fields.items).await?;
        let facts = match before {
            Some(before) => {
                may_change(before, &fields)?;
                before.facts.clone()
            }
            None => {
                fields.number =
                    Some(numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number).await?);
                new_facts()
            }
        };
        let mut state = State { fields, facts };
        terms::reckon(&mut state, &this.change.now().day())?;
        Ok(state)
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        state.fields.value
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "activated" => state.facts.activated_at,
            course::EXPIRED => state.facts.ended_on.as_deref().and_then(end_of),
            course::AUTO_RENEWED => terms::first_day_of_term(state).as_deref().and_then(beginning_of),
            course::NOTICE_PASSED => terms::missed_notice(state).as_deref().and_then(end_of),
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.number = fields.number.clone().unwrap_or_default();
        row.title_key = sort_key(&fields.title);
        row.status = facts.status.as_str().to_owned();
        row.renewal = fields.renewal.as_str().to_owned();
        row.starts_on = Some(fields.starts_on.clone());
        row.current_term_ends_on.clone_from(&facts.current_term_ends_on);
        row.notice_by.clone_from(&facts.notice_by);
        row.value = fields.value.map(|value| value.amount_scaled);
        row.currency = fields.value.map(|value| value.currency.code().to_owned());
        row.search_text = Some(words::kept([&row.number, &fields.title]));
    }

    fn links() -> Option<Links> {
        use contract_product::{Column, Entity};
        Some(Links::of(Entity, (Column::ContractId, Column::ProductId), (Some("items"), &["product_id"])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        product_ids(&state.fields.items)
    }

    fn linked_with(_cx: &Context, filter: &ContractFilter) -> Vec<Uuid> {
        filter.product_id.clone()
    }

    fn condition(_cx: &Context, filter: &ContractFilter) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.renewal.is_empty() {
            all = all.add(Column::Renewal.is_in(filter.renewal.iter().map(|renewal| renewal.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        all.add_option(filter.notice_by_after.as_ref().map(|day| Column::NoticeBy.gte(day)))
            .add_option(filter.notice_by_before.as_ref().map(|day| Column::NoticeBy.lt(day)))
            .add_option(filter.ends_after.as_ref().map(|day| Column::CurrentTermEndsOn.gte(day)))
            .add_option(filter.ends_before.as_ref().map(|day| Column::CurrentTermEndsOn.lt(day)))
            .add_option(filter.starts_after.as_ref().map(|day| Column::StartsOn.gte(day)))
            .add_option(filter.starts_before.as_ref().map(|day| Column::StartsOn.lt(day)))
    }
}

fn new_facts() -> ContractFacts {
    ContractFacts {
        status: ContractStatus::Draft,
        current_term_ends_on: None,
        notice_by: None,
        renewed_months: 0,
        activated_at: None,
        cancelled_on: None,
        cancelled_by: None,
        cancellation_reason: None,
        ended_on: None,
    }
}

/// Refuses what does not go together.
fn fits(fields: &ContractFields) -> Result<()> {
    let ContractFields { starts_on, ends_on, term_months, renewal, renewal_months, value, .. } = fields;
    if let Some(ends_on) = ends_on {
        not_before("/ends_on", ends_on, Some(("starts_on", starts_on)))?;
    }
    if ends_on.is_some() && term_months.is_some() {
        return Err(Error::invalid_at("/term_months", FaultCode::Unfitting));
    }
    let is_open = ends_on.is_none() && term_months.is_none();
    match (renewal, renewal_months) {
        // What never ends by itself is never renewed.
        (Renewal::Automatic, _) if is_open => return Err(Error::invalid_at("/renewal", FaultCode::Unfitting)),
        (Renewal::Automatic, None) => return Err(Error::invalid_at("/renewal_months", FaultCode::Required)),
        _ => {}
    }
    match value {
        Some(value) if value.amount_scaled < 0 => {
            Err(Error::invalid_at("/value", Fault::new(FaultCode::TooSmall).with("limit", "0")))
        }
        _ => Ok(()),
    }
}

/// Once notice was given the terms stay what they were; what has ended changes in words alone.
fn may_change(before: &State<Contracts>, after: &ContractFields) -> Result<()> {
    let ContractFields { title, items, value, billing_interval, notes, signed_on, .. } = after.clone();
    let was = before.fields.clone();
    let allowed = match before.facts.status {
        ContractStatus::Draft | ContractStatus::Active => return Ok(()),
        ContractStatus::Cancelled => ContractFields { title, items, value, billing_interval, notes, signed_on, ..was },
        ContractStatus::Ended => ContractFields { title, notes, ..was },
    };
    if allowed == *after { Ok(()) } else { Err(wrong_state::<Contracts>(before.facts.status.as_str())) }
}

/// What an item does not say itself, the product says.
async fn complete(this: &This<'_>, before: Option<&State<Contracts>>, items: &mut [ContractItem]) -> Result<()> {
    let kept: &[ContractItem] = before.map_or(&[], |before| &before.fields.items);
    let known = products::by_ids(this.change, product_ids(items)).await?;
    let mut faults = Vec::new();
    for (index, item) in items.iter_mut().enumerate() {
        if kept.contains(item) {
            continue;
        }
        let mut fault =
            |field: &str, fault: Fault| faults.push(FieldError::at_pointer(format!("/items/{index}/{field}"), fault));
        match item.product_id.map(|id| known.get(&id)) {
            Some(Some(product)) => {
                item.description.get_or_insert_with(|| product.name.clone());
            }
            Some(None) => fault("product_id", Fault::new(FaultCode::Reference).with("type", "product")),
            None if item.description.is_none() => fault("description", FaultCode::Required.into()),
            None => {}
        }
        match decimal::normalize(item.quantity.as_deref().unwrap_or("1")) {
            Ok(quantity) => item.quantity = Some(quantity),
            Err(wrong) => fault("quantity", wrong),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

fn product_ids(items: &[ContractItem]) -> BTreeSet<Uuid> {
    items.iter().filter_map(|item| item.product_id).collect()
}
