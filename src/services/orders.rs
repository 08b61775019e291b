//! Orders: what customers have ordered, and what became of it.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::lines::Bill;
use super::moments::happened;
use super::numbers;
use super::product_links::Links;
use super::records::{Kind, Move, MoveFacts, State, This, wrong_state};
use crate::domain::currency::Currency;
use crate::domain::event_kind::Category;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::order::{Column, Entity, Model};
use crate::entities::order_product;
use crate::entities::record::ColumnOf;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::order::{
    CancelOrder, ConfirmOrder, FulfilOrder, OrderFacts, OrderFields, OrderFilter, OrderStatus,
};
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "B" as in Bestellung.
const NUMBERS: (&str, &str) = ("order_number", "B");

/// Which orders have a line of which product.
const PRODUCTS: Links<order_product::Entity> = Links {
    table: order_product::Entity,
    product: order_product::Column::ProductId,
    record: order_product::Column::OrderId,
};

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
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("placed", "aufgegeben");
    const MOVES: &'static [MoveFacts] = &[Confirm::FACTS, Fulfil::FACTS, Cancel::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} ({})", state.fields.number.as_deref().unwrap_or_default(), state.facts.totals.gross)
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: OrderFields) -> Result<State<Self>> {
        let currency = Currency::parse(&fields.currency).map_err(|fault| Error::invalid_at("/currency", fault))?;
        let placed_at = fields.placed_at.or(before.and_then(|before| before.fields.placed_at));
        fields.placed_at = Some(happened("/placed_at", placed_at, None, this.change.now())?);
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
        let facts = match before {
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
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.number = state.fields.number.clone().unwrap_or_default();
        row.status = state.facts.status.as_str().to_owned();
        row.placed_at = state.fields.placed_at;
        row.gross = state.facts.totals.gross.amount_scaled;
        row.currency.clone_from(&state.fields.currency);
    }

    fn link(change: &Change, id: Uuid, before: Option<&State<Self>>, after: &State<Self>) {
        PRODUCTS.follow(change, id, &before.map(products).unwrap_or_default(), &products(after));
    }

    fn condition(_cx: &Context, filter: &OrderFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.number.is_empty() {
            all = all.add(Column::Number.is_in(Exactly::texts(&filter.number)));
        }
        if !filter.product_id.is_empty() {
            all = all.add(Column::Id.in_subquery(PRODUCTS.records(&filter.product_id)));
        }
        all.add_option(filter.placed_after.map(|at| Column::PlacedAt.gte(at)))
            .add_option(filter.placed_before.map(|at| Column::PlacedAt.lt(at)))
    }
}

fn new_facts(totals: crate::schemas::line::Totals) -> OrderFacts {
    OrderFacts {
        status: OrderStatus::Placed,
        totals,
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

/// The products an order has lines of.
fn products(state: &State<Orders>) -> BTreeSet<Uuid> {
    state.fields.lines.iter().filter_map(|line| line.product_id).collect()
}

/// What an order's last step was, and when.
fn last_step(state: &State<Orders>) -> Option<(&'static str, Instant)> {
    let confirmed = state.facts.confirmed_at.map(|at| ("confirmed_at", at));
    confirmed.or(state.fields.placed_at.map(|at| ("placed_at", at)))
}

/// We have accepted it.
pub struct Confirm;

impl Move for Confirm {
    type Kind = Orders;
    type Input = ConfirmOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "confirm",
        segment: "confirmation",
        summary: "We have accepted it.",
        happened: "confirmed",
        happened_german: "bestätigt",
        from: &["placed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: ConfirmOrder) -> Result<()> {
        let at = happened("/confirmed_at", input.confirmed_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.confirmed_at) = (OrderStatus::Confirmed, Some(at));
        Ok(())
    }
}

/// Everything is delivered or done.
pub struct Fulfil;

impl Move for Fulfil {
    type Kind = Orders;
    type Input = FulfilOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "fulfil",
        segment: "fulfilment",
        summary: "Everything is delivered or done. Lines and amounts stay what they are from now on.",
        happened: "fulfilled",
        happened_german: "erfüllt",
        from: &["confirmed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: FulfilOrder) -> Result<()> {
        let at = happened("/fulfilled_at", input.fulfilled_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.fulfilled_at) = (OrderStatus::Fulfilled, Some(at));
        Ok(())
    }
}

/// It is called off.
pub struct Cancel;

impl Move for Cancel {
    type Kind = Orders;
    type Input = CancelOrder;

    const FACTS: MoveFacts = MoveFacts {
        verb: "cancel",
        segment: "cancellation",
        summary: "It is called off, and why. Lines and amounts stay what they are from now on.",
        happened: "cancelled",
        happened_german: "storniert",
        from: &["placed", "confirmed"],
    };

    async fn make(this: &This<'_>, state: &mut State<Orders>, input: CancelOrder) -> Result<()> {
        let at = happened("/cancelled_at", input.cancelled_at, last_step(state), this.change.now())?;
        state.facts.status = OrderStatus::Cancelled;
        (state.facts.cancelled_at, state.facts.cancellation_reason) = (Some(at), Some(input.reason));
        Ok(())
    }
}
