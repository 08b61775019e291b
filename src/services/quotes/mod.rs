//! Quotes: what customers are offered, for how long, and what they made of it.

mod expiry;
mod moves;
mod orders;

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

pub use expiry::expire;
pub use moves::{Accept, Decline, Extend, Revise, Send};
pub(super) use orders::{accepted_for_order, count_ordered};

use super::amounts::within;
use super::lines::{self, Bill};
use super::links::Links;
use super::moments::happened;
use super::numbers;
use super::opportunities::Opportunities;
use super::records::{self, Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::currency::Currency;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::domain::quantities::Quantities;
use crate::entities::quote::{Column, Entity, Model};
use crate::entities::quote_product;
use crate::entities::record::ColumnOf;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::line::{GrossFilter, Totals};
use crate::schemas::query::Both;
use crate::schemas::quote::{OrderedLine, QuoteFacts, QuoteFields, QuoteFilter, QuoteStatus};
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "A" as in Angebot.
const NUMBERS: (&str, &str) = ("quote_number", "A");

/// Quotes.
pub struct Quotes;

impl Kind for Quotes {
    type Row = Model;
    type Fields = QuoteFields;

    const CATEGORY: Category = Category::Sales;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("quoted_at", Column::QuotedAt),
        ("valid_until", Column::ValidUntil),
        ("number", Column::Number),
        ("gross", Column::Gross),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("created", "erstellt");
    const MOVES: &'static [MoveFacts] = &[Send::FACTS, Accept::FACTS, Decline::FACTS, Extend::FACTS, Revise::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.number.as_deref().unwrap_or_default(), state.facts.totals.gross)
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: QuoteFields) -> Result<State<Self>> {
        let currency = Currency::parse(&fields.currency).map_err(|fault| Error::invalid_at("/currency", fault))?;
        let quoted_at = fields.quoted_at.or(before.and_then(|before| before.fields.quoted_at));
        let quoted_at = happened("/quoted_at", quoted_at, None, this.change.now())?;
        fields.quoted_at = Some(quoted_at);
        if fields.valid_until.as_ref().is_some_and(|day| *day < quoted_at.day()) {
            let fault = Fault::new(FaultCode::Before).with("other", "quoted_at");
            return Err(Error::invalid_at("/valid_until", fault));
        }
        if let Some(id) = fields.opportunity_id
            && before.and_then(|before| before.fields.opportunity_id) != Some(id)
        {
            records::named::<Opportunities>(this, "/opportunity_id", id).await?;
        }
        let expected = fields.totals.take();
        let bill = Bill {
            currency,
            lines: &mut fields.lines,
            kept: before.map_or(&[], |before| &before.fields.lines),
            freight_amount: &mut fields.freight_amount,
            freight_tax_rate: &mut fields.freight_tax_rate,
            expected: expected.as_ref(),
        };
        let totals = bill.add_up(this.change).await?;
        let mut facts = match before {
            Some(before) => {
                may_change(before, &fields)?;
                QuoteFacts { totals, ..before.facts.clone() }
            }
            None => {
                let number = numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number);
                fields.number = Some(number.await?);
                new_facts(totals)
            }
        };
        facts.ordered = shares(&lines::quantities(&fields.lines), &ordered(&facts));
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        Some(state.facts.totals.gross)
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "created" => state.fields.quoted_at,
            "sent" => state.facts.sent_at,
            "accepted" => state.facts.accepted_at,
            "declined" => state.facts.declined_at,
            "expired" => state.facts.expired_at,
            "ordered" => state.facts.ordered_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.number = fields.number.clone().unwrap_or_default();
        row.status = facts.status.as_str().to_owned();
        row.quoted_at = fields.quoted_at;
        row.valid_until.clone_from(&fields.valid_until);
        row.opportunity_id = fields.opportunity_id;
        row.gross = facts.totals.gross.amount_scaled;
        row.currency.clone_from(&fields.currency);
    }

    fn links() -> Option<Links> {
        use quote_product::{Column, Entity};
        Some(Links::of(Entity, (Column::QuoteId, Column::ProductId), (Some("lines"), &["product_id"])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        lines::product_ids(&state.fields.lines)
    }

    fn linked_with(_cx: &Context, Both(_, filter): &Both<GrossFilter, QuoteFilter>) -> Vec<Uuid> {
        filter.product_id.clone()
    }

    fn condition(_cx: &Context, Both(gross, filter): &Both<GrossFilter, QuoteFilter>) -> Condition {
        let mut all = within(gross, Column::Gross, Column::Currency);
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        if !filter.opportunity_id.is_empty() {
            all = all.add(Column::OpportunityId.is_in(filter.opportunity_id.iter().copied()));
        }
        all.add_option(filter.quoted_after.map(|at| Column::QuotedAt.gte(at)))
            .add_option(filter.quoted_before.map(|at| Column::QuotedAt.lt(at)))
            .add_option(filter.valid_until_after.as_ref().map(|day| Column::ValidUntil.gte(day.as_str())))
            .add_option(filter.valid_until_before.as_ref().map(|day| Column::ValidUntil.lt(day.as_str())))
    }
}

fn new_facts(totals: Totals) -> QuoteFacts {
    QuoteFacts {
        status: QuoteStatus::Draft,
        totals,
        revision: 1,
        sent_at: None,
        accepted_at: None,
        accepted_by: None,
        declined_at: None,
        decline_reason: None,
        lost_to: None,
        expired_at: None,
        ordered: Vec::new(),
        ordered_at: None,
    }
}

/// What the customer has in hand stays what it is until it is revised; notes, terms and addresses may still be put right.
fn may_change(before: &State<Quotes>, after: &QuoteFields) -> Result<()> {
    let QuoteFields { currency, lines, quoted_at, valid_until, freight_amount, freight_tax_rate, .. } = &before.fields;
    let is_same = *currency == after.currency
        && *lines == after.lines
        && *quoted_at == after.quoted_at
        && *valid_until == after.valid_until
        && *freight_amount == after.freight_amount
        && *freight_tax_rate == after.freight_tax_rate;
    match before.facts.status {
        QuoteStatus::Draft => Ok(()),
        _ if is_same => Ok(()),
        status => Err(wrong_state::<Quotes>(status.as_str())),
    }
}

/// How much of a quote is ordered.
fn ordered(facts: &QuoteFacts) -> Quantities {
    let parse = |line: &OrderedLine| Some((line.position, line.ordered.parse().ok()?));
    facts.ordered.iter().filter_map(parse).collect()
}

/// Line by line: what is ordered, and what can still be.
fn shares(offered: &Quantities, ordered: &Quantities) -> Vec<OrderedLine> {
    let open = offered.without(ordered);
    let share = |(position, open): (i32, rust_decimal::Decimal)| OrderedLine {
        position,
        ordered: ordered.of(position).to_string(),
        open: open.to_string(),
    };
    open.iter().map(share).collect()
}
