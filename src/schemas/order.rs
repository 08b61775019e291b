//! Orders on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::line::{ExpectedTotals, GrossFilter, Line, Totals};
use super::printed_address::PrintedAddress;
use super::query::Both;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The customer has ordered.
    Placed,
    /// We have accepted it.
    Confirmed,
    /// Everything is delivered or done.
    Fulfilled,
    /// Called off.
    Cancelled,
}

impl OrderStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Confirmed => "confirmed",
            Self::Fulfilled => "fulfilled",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How much of an order has left us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shipping {
    /// Nothing.
    None,
    /// Something.
    Partial,
    /// Everything.
    Complete,
}

impl Shipping {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }
}

/// How much of a line of an order is delivered. What came back or was called off is open again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveredLine {
    /// Which line.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: i32,
    /// To be sent.
    #[schema(format = "decimal", max_length = 30, example = "0")]
    pub prepared: String,
    /// On its way.
    #[schema(format = "decimal", max_length = 30, example = "1")]
    pub shipped: String,
    /// With the customer.
    #[schema(format = "decimal", max_length = 30, example = "0.5")]
    pub delivered: String,
    /// In no delivery.
    #[schema(format = "decimal", max_length = 30, example = "1")]
    pub open: String,
}

/// How much of an order is invoiced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Invoicing {
    /// Nothing.
    None,
    /// Something.
    Partial,
    /// Everything.
    Complete,
}

impl Invoicing {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Partial => "partial",
            Self::Complete => "complete",
        }
    }
}

/// How much of a line of an order is invoiced. What an invoice charged is open again once it is cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InvoicedLine {
    /// Which line.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: i32,
    /// In invoices that are issued and not cancelled. Copies of what another system has may charge more than was ordered.
    #[schema(format = "decimal", max_length = 30, example = "1.5")]
    pub invoiced: String,
    /// In none.
    #[schema(format = "decimal", max_length = 30, example = "1")]
    pub open: String,
}

/// What a customer has ordered.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "currency": "EUR", "placed_at": "2026-11-20T10:15:00Z", "requested_delivery_on": "2026-12-04",
    "lines": [
        {"description": "Montage", "quantity": "2.5", "unit": "Stunde", "unit_price": "68.00", "tax_rate": "19"},
    ],
    "totals": {"gross": {"amount": "202.30", "currency": "EUR"}},
}))]
pub struct OrderFields {
    /// Readable number, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "B-000001")]
    pub number: Option<String>,
    /// The quote it is made from: it takes from there what it does not say itself, and accepts it. A line that has the
    /// position of a line of the quote is of that line: together with other orders not more than was offered. Fixed once
    /// and for all.
    pub quote_id: Option<Uuid>,
    /// Currency of every amount of the order (ISO 4217); required unless a quote gives it.
    #[serde(default)]
    #[schema(format = "currency", max_length = 3, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: String,
    /// What is ordered; required unless a quote is named: then all that is open of it.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<Line>,
    /// What the totals ought to be; wrong ones are refused, with the right ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub totals: Option<ExpectedTotals>,
    /// When the customer ordered; when it was recorded unless it is given.
    pub placed_at: Option<Instant>,
    /// By which day the customer wants it.
    #[schema(format = "date", max_length = 10, example = "2026-12-04")]
    pub requested_delivery_on: Option<String>,
    /// Freight without tax, an exact decimal.
    #[schema(
        format = "decimal",
        max_length = 16,
        pattern = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,4})?$",
        example = "12.50"
    )]
    pub freight_amount: Option<String>,
    /// Rate of the tax on the freight in percent, an exact decimal; `0` unless it is given.
    #[schema(format = "decimal", max_length = 8, pattern = r"^((0|[1-9][0-9]?)(\.[0-9]{1,4})?|100)$", example = "19")]
    pub freight_tax_rate: Option<String>,
    /// Where the invoice goes.
    pub billing_address: Option<PrintedAddress>,
    /// Where the goods go.
    pub shipping_address: Option<PrintedAddress>,
    /// Whatever else was agreed.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Anlieferung nur vormittags.")]
    pub notes: Option<String>,
}

impl Checked for OrderFields {}

/// What the service knows of an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct OrderFacts {
    /// How far it has come.
    pub status: OrderStatus,
    /// What it adds up to.
    pub totals: Totals,
    /// Whether it is a repeat order: it comes behind the first order of the customer that is not cancelled, by
    /// `placed_at`, then by id.
    pub repeat: bool,
    /// How much of each line is delivered; lines that take something off the price are left out.
    #[schema(max_items = 500)]
    pub deliveries: Vec<DeliveredLine>,
    /// How much of all that has left us, whether it has arrived or not.
    pub shipping: Shipping,
    /// When the last step of one of its deliveries was.
    pub deliveries_changed_at: Option<Instant>,
    /// How much of each line is invoiced. A line of an invoice is of the line of the order with the same position if both
    /// are of the same thing (product, else article number, else text), otherwise of the first ones of that thing with
    /// something open.
    #[serde(default)]
    #[schema(max_items = 500)]
    pub invoices: Vec<InvoicedLine>,
    /// How much of all that is invoiced. An order of before this was counted says nothing of it, nor of its lines, until what
    /// is charged of it changes.
    pub invoicing: Option<Invoicing>,
    /// When that changed last: when the invoice was dated, or when it was taken back.
    pub invoices_changed_at: Option<Instant>,
    /// When it was confirmed.
    pub confirmed_at: Option<Instant>,
    /// When everything was delivered or done.
    pub fulfilled_at: Option<Instant>,
    /// When it was called off.
    pub cancelled_at: Option<Instant>,
    /// Why it was called off.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Kunde hat anderswo gekauft")]
    pub cancellation_reason: Option<String>,
}

/// Which orders.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct OrderFilter {
    /// How far they have come.
    #[param(inline, max_items = 4)]
    pub status: Vec<OrderStatus>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// With a line of one of these products.
    #[param(max_items = 50)]
    pub product_id: Vec<Uuid>,
    /// How much of them has left us.
    #[param(inline, max_items = 3)]
    pub shipping: Vec<Shipping>,
    /// How much of them is invoiced.
    #[param(inline, max_items = 3)]
    pub invoicing: Vec<Invoicing>,
    /// Made from these quotes.
    #[param(max_items = 50)]
    pub quote_id: Vec<Uuid>,
    /// `true`: only repeat orders; `false`: only others.
    #[param(nullable = false, example = true)]
    pub repeat: Option<bool>,
    /// Wanted on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub requested_delivery_after: Option<String>,
    /// Wanted before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub requested_delivery_before: Option<String>,
    /// Placed at or after.
    #[param(inline, nullable = false)]
    pub placed_after: Option<Instant>,
    /// Placed before.
    #[param(inline, nullable = false)]
    pub placed_before: Option<Instant>,
}

impl Fields for OrderFields {
    type Facts = OrderFacts;
    type Filter = Both<GrossFilter, OrderFilter>;

    const WORDS: Words =
        Words { schema: "Order", one: "order", many: "orders", english: "Order", german: "Bestellung" };
    const FIXED: &'static [&'static str] = &["number", "quote_id"];
    const SORTS: &'static [&'static str] =
        &["placed_at", "number", "gross", "requested_delivery_on", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-placed_at";

    fn example_of_change() -> Value {
        json!({ "requested_delivery_on": "2026-12-11" })
    }
}

/// That we have accepted an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"confirmed_at": "2026-11-20T14:00:00Z"}))]
pub struct ConfirmOrder {
    /// When; now unless it is given.
    pub confirmed_at: Option<Instant>,
}

impl Checked for ConfirmOrder {}

/// That everything of an order is delivered or done.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"fulfilled_at": "2026-11-21T09:30:00Z"}))]
pub struct FulfilOrder {
    /// When; now unless it is given.
    pub fulfilled_at: Option<Instant>,
}

impl Checked for FulfilOrder {}

/// That an order is called off.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Kunde hat anderswo gekauft"}))]
pub struct CancelOrder {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Kunde hat anderswo gekauft"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub cancelled_at: Option<Instant>,
}

impl Checked for CancelOrder {}
