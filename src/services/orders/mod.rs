//! Orders: what customers have ordered, and what became of it.

mod delivered;
mod invoiced;
mod moves;
mod quoted;
mod repeat;

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use delivered::Deliveries;
pub(super) use delivered::{count_delivered, open_for_delivery};
pub(super) use invoiced::count_invoiced;
pub use moves::{Cancel, Confirm, Fulfil};

use super::amounts::within;
use super::invoices::quantities;
use super::lines::{self, Bill};
use super::links::Links;
use super::moments::happened;
use super::numbers;
use super::quotes;
use super::records::{Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::event_kind::Category;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::order::{Column, Entity, Model};
use crate::entities::order_product;
use crate::entities::record::ColumnOf;
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::line::{GrossFilter, Totals};
use crate::schemas::order::{OrderFacts, OrderFields, OrderFilter, OrderStatus, Shipping};
use crate::schemas::query::Both;
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "B" as in Bestellung.
const NUMBERS: (&str, &str) = ("order_number", "B");

/// Orders.
pub struct Orders;

impl Kind for Orders {
    type Row = Model;
    type Fields = OrderFields;

    const CATEGORY: Category = Category::Purchase;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("placed_at", Column::PlacedAt),
        ("number", Column::Number),
        ("gross", Column::Gross),
        ("requested_delivery_on", Column::RequestedDeliveryOn),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("placed", "aufgegeben");
    const MOVES: &'static [MoveFacts] = &[Confirm::FACTS, Fulfil::FACTS, Cancel::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.number.as_deref().unwrap_or_default(), state.facts.totals.gross)
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: OrderFields) -> Result<State<Self>> {
        let placed_at = fields.placed_at.or(before.and_then(|before| before.fields.placed_at));
        let placed_at = happened("/placed_at", placed_at, None, this.change.now())?;
        fields.placed_at = Some(placed_at);
        let open = match before {
            None => quoted::complete(this, &mut fields, placed_at).await?,
            Some(before) if before.fields.lines != fields.lines => quoted::open_for(this.change, before).await?,
            Some(_) => None,
        };
        let currency = lines::currency(&fields.currency, &fields.lines)?;
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
        if let Some(open) = open {
            quoted::must_be_open(&fields.lines, &open)?;
        }
        let mut facts = match before {
            Some(before) => {
                may_change(before, &fields)?;
                OrderFacts { totals, ..before.facts.clone() }
            }
            None => {
                fields.number =
                    Some(numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number).await?);
                new_facts(totals)
            }
        };
        let deliveries = Deliveries::of(&facts);
        deliveries.must_fit(&fields.lines)?;
        if let Some(before) = before.filter(|before| before.fields.lines != fields.lines) {
            let charged = quantities::charged(this.change, this.id, None).await?;
            quantities::must_be_kept(&charged.lines, &before.fields.lines, &fields.lines)?;
            invoiced::note(&mut facts, &fields.lines, &charged.lines);
        } else if before.is_none() {
            invoiced::note(&mut facts, &fields.lines, &[]);
        }
        facts.deliveries = deliveries.lines(&fields.lines);
        facts.shipping = deliveries.shipping(&fields.lines);
        if before.is_none_or(|before| before.fields.placed_at != fields.placed_at) {
            facts.repeat = repeat::is_repeat(this, placed_at).await?;
        }
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
            "placed" => state.fields.placed_at,
            "confirmed" => state.facts.confirmed_at,
            "fulfilled" => state.facts.fulfilled_at,
            "cancelled" => state.facts.cancelled_at,
            "deliveries_changed" => state.facts.deliveries_changed_at,
            "invoiced" | "invoicing_reduced" => state.facts.invoices_changed_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.number = state.fields.number.clone().unwrap_or_default();
        row.status = state.facts.status.as_str().to_owned();
        row.placed_at = state.fields.placed_at;
        row.gross = state.facts.totals.gross.amount_scaled;
        row.currency.clone_from(&state.fields.currency);
        row.quote_id = state.fields.quote_id;
        row.requested_delivery_on.clone_from(&state.fields.requested_delivery_on);
        row.is_repeat = state.facts.repeat;
        row.shipping = state.facts.shipping.as_str().to_owned();
        row.invoicing = state.facts.invoicing.map(|invoicing| invoicing.as_str().to_owned());
    }

    fn links() -> Option<Links> {
        use order_product::{Column, Entity};
        Some(Links::of(Entity, (Column::OrderId, Column::ProductId), (Some("lines"), &["product_id"])))
    }

    fn linked(state: &State<Self>) -> BTreeSet<Uuid> {
        lines::product_ids(&state.fields.lines)
    }

    fn linked_with(_cx: &Context, Both(_, filter): &Both<GrossFilter, OrderFilter>) -> Vec<Uuid> {
        filter.product_id.clone()
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        // Archiving hides an order and undoes nothing; what is charged is not hidden.
        let Some(after) = after else {
            return match quantities::is_charged(this.change, this.id).await? {
                true => Err(Error::new(Code::InUse)),
                false => Ok(()),
            };
        };
        let counts = |state: &State<Self>| state.facts.status != OrderStatus::Cancelled;
        let is_same =
            |before: &State<Self>| counts(before) == counts(after) && before.fields.placed_at == after.fields.placed_at;
        // One that comes behind another changes nothing for the others.
        if !before.map_or(after.facts.repeat, is_same) {
            repeat::reclassify(this).await?;
        }
        let is_same =
            |before: &State<Self>| counts(before) == counts(after) && before.fields.lines == after.fields.lines;
        match after.fields.quote_id {
            Some(quote_id) if !before.is_some_and(is_same) => quotes::count_ordered(this.change, quote_id).await,
            _ => Ok(()),
        }
    }

    fn condition(_cx: &Context, Both(gross, filter): &Both<GrossFilter, OrderFilter>) -> Condition {
        let mut all = within(gross, Column::Gross, Column::Currency);
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        if !filter.shipping.is_empty() {
            all = all.add(Column::Shipping.is_in(filter.shipping.iter().map(|shipping| shipping.as_str())));
        }
        if !filter.invoicing.is_empty() {
            all = all.add(Column::Invoicing.is_in(filter.invoicing.iter().map(|invoicing| invoicing.as_str())));
        }
        if !filter.quote_id.is_empty() {
            all = all.add(Column::QuoteId.is_in(filter.quote_id.iter().copied()));
        }
        let (requested_after, requested_before) = (&filter.requested_delivery_after, &filter.requested_delivery_before);
        all.add_option(filter.repeat.map(|repeat| Column::IsRepeat.eq(repeat)))
            .add_option(filter.placed_after.map(|at| Column::PlacedAt.gte(at)))
            .add_option(filter.placed_before.map(|at| Column::PlacedAt.lt(at)))
            .add_option(requested_after.as_ref().map(|day| Column::RequestedDeliveryOn.gte(day.as_str())))
            .add_option(requested_before.as_ref().map(|day| Column::RequestedDeliveryOn.lt(day.as_str())))
    }
}

fn new_facts(totals: Totals) -> OrderFacts {
    OrderFacts {
        status: OrderStatus::Placed,
        totals,
        repeat: false,
        deliveries: Vec::new(),
        shipping: Shipping::None,
        deliveries_changed_at: None,
        invoices: Vec::new(),
        invoicing: None,
        invoices_changed_at: None,
        confirmed_at: None,
        fulfilled_at: None,
        cancelled_at: None,
        cancellation_reason: None,
    }
}

/// What was delivered or called off stays what it was; notes and addresses may still be put right.
fn may_change(before: &State<Orders>, after: &OrderFields) -> Result<()> {
    let (OrderFields { currency, lines, placed_at, freight_amount, freight_tax_rate, .. }, facts) =
        (&before.fields, &before.facts);
    let is_same = *currency == after.currency
        && *lines == after.lines
        && *placed_at == after.placed_at
        && *freight_amount == after.freight_amount
        && *freight_tax_rate == after.freight_tax_rate;
    match facts.status {
        OrderStatus::Fulfilled | OrderStatus::Cancelled if !is_same => {
            Err(wrong_state::<Orders>(facts.status.as_str()))
        }
        _ if facts.confirmed_at < after.placed_at && facts.confirmed_at.is_some() => {
            Err(Error::invalid_at("/placed_at", FaultCode::Unfitting))
        }
        _ => Ok(()),
    }
}
