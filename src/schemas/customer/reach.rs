//! How a customer is reached, and what they prefer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::instant::Instant;

/// Kind of contact point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactPointType {
    /// Landline.
    Phone,
    /// Mobile phone.
    Mobile,
    /// Fax.
    Fax,
    /// E-mail.
    Email,
    /// Website.
    Website,
    /// Profile in a social network.
    Social,
}

impl ContactPointType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Mobile => "mobile",
            Self::Fax => "fax",
            Self::Email => "email",
            Self::Website => "website",
            Self::Social => "social",
        }
    }
}

/// Whether a contact point works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactPointStatus {
    /// Works, as far as we know.
    #[default]
    Active,
    /// Mail came back, nobody answers.
    Unreachable,
    /// Not used any more.
    Inactive,
}

/// A phone number, an e-mail address …
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "phone", "label": "Zentrale", "value": "040 1234567"}))]
pub struct ContactPointInput {
    /// Its id, if it exists already.
    pub id: Option<Uuid>,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ContactPointType,
    /// A word to tell it from others.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "Zentrale")]
    pub label: Option<String>,
    /// As it was given.
    #[schema(min_length = 1, max_length = 320, pattern = r"^[^\x00]*$", example = "0171 1234567")]
    pub value: String,
    /// The first one to try among those of its type.
    #[serde(default)]
    pub primary: bool,
    /// When it was last known to work.
    pub verified_at: Option<Instant>,
    /// Whether it works.
    pub status: Option<ContactPointStatus>,
}

/// A contact point of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ContactPoint {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ContactPointType,
    /// A word to tell it from others.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "Zentrale")]
    pub label: Option<String>,
    /// As it was given.
    #[schema(min_length = 1, max_length = 320, pattern = r"^[^\x00]*$", example = "0171 1234567")]
    pub value: String,
    /// In the one form machines compare: E.164, lower-case domain, full address.
    #[schema(max_length = 400, pattern = r"^[^\x00]*$", example = "+491711234567")]
    pub normalized: String,
    /// The first one to try among those of its type.
    pub primary: bool,
    /// When it was last known to work.
    pub verified_at: Option<Instant>,
    /// Whether it works.
    pub status: ContactPointStatus,
}

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressType {
    /// Place of business.
    Business,
    /// Home.
    Private,
    /// Where invoices go.
    Billing,
    /// Where goods go.
    Shipping,
}

impl AddressType {
    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Private => "private",
            Self::Billing => "billing",
            Self::Shipping => "shipping",
        }
    }
}

/// A point on the earth (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Geo {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90, example = 53.547)]
    pub latitude: f64,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180, example = 9.985)]
    pub longitude: f64,
}

/// An address.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "billing", "lines": ["Deichstraße 9"], "postal_code": "20459", "city": "Hamburg", "country": "DE"}))]
pub struct AddressInput {
    /// Its id, if it exists already.
    pub id: Option<Uuid>,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: AddressType,
    /// Street and number, and what stands above the town.
    #[serde(default)]
    #[schema(max_items = 6)]
    pub lines: Vec<AddressLine>,
    /// Postal code, checked by country.
    #[schema(max_length = 16, pattern = r"^[^\x00]*$", example = "20459")]
    pub postal_code: Option<String>,
    /// Town.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub city: Option<String>,
    /// State or region.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(format = "country", max_length = 2, example = "DE")]
    pub country: Option<String>,
    /// Where on the earth.
    pub geo: Option<Geo>,
    /// The first one among those of its type.
    #[serde(default)]
    pub primary: bool,
    /// First day it is valid.
    #[schema(format = "date", max_length = 10, example = "2024-01-01")]
    pub valid_from: Option<String>,
    /// Last day it is valid.
    #[schema(format = "date", max_length = 10, example = "2027-12-31")]
    pub valid_to: Option<String>,
}

/// An address of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Address {
    /// Its id.
    pub id: Uuid,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: AddressType,
    /// Street and number, and what stands above the town.
    #[schema(max_items = 6)]
    pub lines: Vec<AddressLine>,
    /// Postal code.
    #[schema(max_length = 16, pattern = r"^[^\x00]*$", example = "20459")]
    pub postal_code: Option<String>,
    /// Town.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub city: Option<String>,
    /// State or region.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Hamburg")]
    pub region: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[schema(format = "country", max_length = 2, example = "DE")]
    pub country: Option<String>,
    /// Where on the earth.
    pub geo: Option<Geo>,
    /// The first one among those of its type.
    pub primary: bool,
    /// First day it is valid.
    #[schema(format = "date", max_length = 10, example = "2024-01-01")]
    pub valid_from: Option<String>,
    /// Last day it is valid.
    #[schema(format = "date", max_length = 10, example = "2027-12-31")]
    pub valid_to: Option<String>,
}

/// One line of an address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Deichstraße 9")]
pub struct AddressLine(pub String);

/// A short text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*$", example = "Liefertermine per E-Mail")]
pub struct Remark(pub String);

/// Name of a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "neubau")]
pub struct TagName(pub String);

/// A way to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContactChannel {
    /// E-mail.
    Email,
    /// Phone.
    Phone,
    /// Text message.
    Sms,
    /// Letter.
    Letter,
    /// Messenger.
    Chat,
    /// Personal visit.
    Visit,
}

/// Hours in which the customer is not to be disturbed.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// From this time of day.
    #[schema(max_length = 5, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "20:00")]
    pub from: String,
    /// Until this time of day.
    #[schema(max_length = 5, pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", example = "08:00")]
    pub to: String,
    /// Name in the IANA time zone database.
    #[schema(max_length = 60, pattern = "^[A-Za-z0-9_+/-]+$", example = "Europe/Berlin")]
    pub time_zone: Option<String>,
}

/// How and when to reach the customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommunicationPreferences {
    /// The way they like best.
    pub preferred_channel: Option<ContactChannel>,
    /// The ways they accept.
    #[serde(default)]
    #[schema(max_items = 6)]
    pub allowed_channels: Vec<ContactChannel>,
    /// When not to disturb them.
    pub quiet_hours: Option<QuietHours>,
}

/// What changes in a contact point.
#[derive(Debug, Clone)]
pub struct UpdateContactPoint;

/// What changes in an address.
#[derive(Debug, Clone)]
pub struct UpdateAddress;

/// Declares the schema of a patch of an entry.
macro_rules! patch_of {
    ($update:ident of $input:ident, $description:literal, $example:expr) => {
        impl utoipa::PartialSchema for $update {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                crate::schemas::patch::schema_of::<$input>(&["id"], $description, $example)
            }
        }

        impl ToSchema for $update {
            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                $input::schemas(schemas);
            }
        }
    };
}

patch_of!(UpdateContactPoint of ContactPointInput, "What changes in a contact point.", serde_json::json!({"label": "Zentrale"}));
patch_of!(UpdateAddress of AddressInput, "What changes in an address.", serde_json::json!({"city": "Hamburg"}));

/// All contact points of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContactPointList {
    /// In the order they were entered.
    #[schema(max_items = 50)]
    pub items: Vec<ContactPoint>,
}

/// All addresses of a customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct AddressList {
    /// In the order they were entered.
    #[schema(max_items = 50)]
    pub items: Vec<Address>,
}

impl super::Checked for ContactPointInput {}
impl super::Checked for AddressInput {}
