//! Deliveries on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Checked;
use super::printed_address::PrintedAddress;
use super::record::{Exactly, Fields, Words};
use crate::domain::instant::Instant;

/// How far a delivery has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    /// To be sent.
    Prepared,
    /// On its way.
    Shipped,
    /// The customer has it.
    Delivered,
    /// It came back.
    Returned,
    /// It will not be sent.
    Cancelled,
}

impl DeliveryStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prepared => "prepared",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
        }
    }
}

/// What a delivery holds of one line of its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"position": 1, "quantity": "2.5"}))]
pub struct DeliveryLine {
    /// Position of the line of the order.
    #[schema(minimum = 1, maximum = 9999, format = "int32", example = 1)]
    pub position: i32,
    /// How many, an exact decimal above zero: not more than is open of the line.
    #[schema(format = "decimal", max_length = 14, pattern = r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?$", example = "2.5")]
    pub quantity: String,
}

/// What is sent to a customer of an order.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "order_id": "019a0000-0000-7000-8000-000000000001", "lines": [{"position": 1, "quantity": "1.5"}],
    "promised_on": "2026-12-04", "carrier": "DHL", "tracking_number": "00340434161094015902",
    "tracking_url": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?idc=00340434161094015902",
}))]
pub struct DeliveryFields {
    /// Number of the delivery note, unique: the one another system gave it, or the next one. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\s\x00]+( [^\s\x00]+)*$", example = "L-000001")]
    pub number: Option<String>,
    /// The order it is of. Fixed once and for all.
    pub order_id: Uuid,
    /// What it holds; all that is open of the order unless it is given.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 500)]
    pub lines: Vec<DeliveryLine>,
    /// When it was prepared; when it was recorded unless it is given.
    pub prepared_at: Option<Instant>,
    /// By which day we have promised it.
    #[schema(format = "date", max_length = 10, example = "2026-12-04")]
    pub promised_on: Option<String>,
    /// Who carries it.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "DHL")]
    pub carrier: Option<String>,
    /// The carrier's number.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "00340434161094015902"
    )]
    pub tracking_number: Option<String>,
    /// Where it can be followed.
    #[schema(
        min_length = 1,
        max_length = 2048,
        pattern = r"^[^\x00]*$",
        example = "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?idc=00340434161094015902"
    )]
    pub tracking_url: Option<String>,
    /// Where it goes; that of the order unless it is given.
    pub shipping_address: Option<PrintedAddress>,
    /// Whatever else is to be known.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Beim Nachbarn abgeben.")]
    pub notes: Option<String>,
}

impl Checked for DeliveryFields {}

/// What the service knows of a delivery.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct DeliveryFacts {
    /// How far it has come.
    pub status: DeliveryStatus,
    /// When it left us.
    pub shipped_at: Option<Instant>,
    /// When the customer got it.
    pub delivered_at: Option<Instant>,
    /// Who took it.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Pförtner")]
    pub received_by: Option<String>,
    /// When it came back.
    pub returned_at: Option<Instant>,
    /// Why it came back.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Empfänger nicht angetroffen")]
    pub return_reason: Option<String>,
    /// When it was called off.
    pub cancelled_at: Option<Instant>,
    /// Why it was called off.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zusammen mit der nächsten Lieferung")]
    pub cancellation_reason: Option<String>,
    /// The day it is due: the one the customer requested in the order at its last step, otherwise the promised one.
    #[schema(format = "date", max_length = 10, example = "2026-12-04")]
    pub due_on: Option<String>,
    /// Whether the customer got it, or as long as that is not known, it left us, after the day it is due (in UTC); what has
    /// not left us is late once that day is over.
    pub late: bool,
}

/// Which deliveries.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DeliveryFilter {
    /// How far they have come.
    #[param(inline, max_items = 5)]
    pub status: Vec<DeliveryStatus>,
    /// With these numbers.
    #[param(inline, max_items = 50)]
    pub number: Vec<Exactly>,
    /// Of these orders.
    #[param(max_items = 50)]
    pub order_id: Vec<Uuid>,
    /// By these carriers.
    #[param(inline, max_items = 20)]
    pub carrier: Vec<Exactly>,
    /// With these numbers of the carrier.
    #[param(inline, max_items = 50)]
    pub tracking_number: Vec<Exactly>,
    /// `true`: only late ones; `false`: only those that are not.
    #[param(nullable = false, example = true)]
    pub late: Option<bool>,
    /// Due on this day or later.
    #[param(format = "date", max_length = 10, nullable = false, example = "2026-12-01")]
    pub due_after: Option<String>,
    /// Due before this day.
    #[param(format = "date", max_length = 10, nullable = false, example = "2027-01-01")]
    pub due_before: Option<String>,
    /// That left us at or after.
    #[param(inline, nullable = false)]
    pub shipped_after: Option<Instant>,
    /// That left us before.
    #[param(inline, nullable = false)]
    pub shipped_before: Option<Instant>,
    /// That the customer got at or after.
    #[param(inline, nullable = false)]
    pub delivered_after: Option<Instant>,
    /// That the customer got before.
    #[param(inline, nullable = false)]
    pub delivered_before: Option<Instant>,
}

impl Fields for DeliveryFields {
    type Facts = DeliveryFacts;
    type Filter = DeliveryFilter;

    const WORDS: Words =
        Words { schema: "Delivery", one: "delivery", many: "deliveries", english: "Delivery", german: "Lieferung" };
    const FIXED: &'static [&'static str] = &["number", "order_id"];
    const SORTS: &'static [&'static str] =
        &["prepared_at", "shipped_at", "delivered_at", "due_on", "number", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-prepared_at";

    fn example_of_change() -> Value {
        json!({ "tracking_number": "00340434161094015919" })
    }
}

/// That a delivery has left us.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"shipped_at": "2026-11-20T14:00:00Z"}))]
pub struct ShipDelivery {
    /// When; now unless it is given.
    pub shipped_at: Option<Instant>,
}

impl Checked for ShipDelivery {}

/// That the customer has got a delivery.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"delivered_at": "2026-11-21T09:30:00Z", "received_by": "Pförtner"}))]
pub struct DeliverDelivery {
    /// When; now unless it is given.
    pub delivered_at: Option<Instant>,
    /// Who took it.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Pförtner")]
    pub received_by: Option<String>,
}

impl Checked for DeliverDelivery {}

/// That a delivery came back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Empfänger nicht angetroffen"}))]
pub struct ReturnDelivery {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Empfänger nicht angetroffen"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub returned_at: Option<Instant>,
}

impl Checked for ReturnDelivery {}

/// That a delivery is called off.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Zusammen mit der nächsten Lieferung"}))]
pub struct CancelDelivery {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Zusammen mit der nächsten Lieferung"
    )]
    pub reason: String,
    /// When; now unless it is given.
    pub cancelled_at: Option<Instant>,
}

impl Checked for CancelDelivery {}
