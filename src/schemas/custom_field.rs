//! Fields a business defines itself, on the wire: their definitions and their values.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Schema};
use utoipa::{IntoParams, PartialSchema, ToSchema};

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::custom_field::{FieldType, LONG_TEXT_MAX, Resource};
use crate::domain::money::Money;

/// Options of a field at most.
const OPTIONS_MAX: usize = 200;
/// Values of one record at most: no resource has more definitions.
const VALUES_MAX: usize = 500;

/// Values of fields the business defines itself, by their keys. Absent keys have no value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CustomFields(pub Map<String, Value>);

impl PartialSchema for CustomFields {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .description(Some(
                "Values of fields the business defines itself, by their keys: `/v1/custom-field-definitions` says which \
                 there are and what they take. Decimals, days, points in time, addresses, options and ids are strings, \
                 amounts of money objects, choices of many lists. Keys without a value are absent.",
            ))
            .additional_properties(Some(AdditionalProperties::FreeForm(true)))
            .max_properties(Some(VALUES_MAX))
            .examples([json!({})])
            .into()
    }
}

impl ToSchema for CustomFields {}

/// A value of any type a field can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FieldValue(pub Value);

impl PartialSchema for FieldValue {
    fn schema() -> RefOr<Schema> {
        let schema = json!({
            "description": "A value as the type of the field wants it.",
            "examples": ["standard"],
            "anyOf": [
                { "type": "string", "maxLength": LONG_TEXT_MAX, "pattern": r"^[^\x00]*$" },
                {
                    "type": "integer", "format": "int64",
                    "minimum": -9_007_199_254_740_991_i64, "maximum": 9_007_199_254_740_991_i64,
                },
                { "type": "boolean" },
                {
                    "type": "array", "maxItems": OPTIONS_MAX,
                    "items": { "type": "string", "maxLength": 60, "pattern": KEY },
                },
                { "$ref": "#/components/schemas/Money" },
            ],
        });
        serde_json::from_value(schema).unwrap_or_default()
    }
}

impl ToSchema for FieldValue {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Money::name().into_owned(), Money::schema()));
        Money::schemas(schemas);
    }
}

/// How keys are written.
const KEY: &str = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$";

/// What something is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"en": "Delivery window", "de": "Lieferfenster"}))]
pub struct Label {
    /// In English.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Delivery window")]
    pub en: String,
    /// In German.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Lieferfenster")]
    pub de: String,
}

impl Checked for Label {}

/// What can be chosen.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomFieldOption {
    /// How values name it; fixed once and for all.
    #[schema(max_length = 60, pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", example = "morning")]
    pub key: String,
    /// What it is called.
    pub label: Label,
    /// It can no longer be chosen; records that have it keep it.
    #[serde(default)]
    pub archived: bool,
}

/// Which values are allowed.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CustomFieldLimits {
    /// The smallest number or amount, the earliest day or point in time; as text.
    #[schema(min_length = 1, max_length = 40, pattern = r"^[0-9TZ:+.-]*$", example = "0")]
    pub minimum: Option<String>,
    /// The largest number or amount, the latest day or point in time; as text.
    #[schema(min_length = 1, max_length = 40, pattern = r"^[0-9TZ:+.-]*$", example = "100")]
    pub maximum: Option<String>,
    /// Characters at most: of a text 500, of a long text 20,000.
    #[schema(minimum = 1, maximum = 20_000, format = "int32", example = 80)]
    pub max_length: Option<i32>,
    /// A regular expression texts must match (ECMA-262 without references backwards; it runs in linear time).
    #[schema(min_length = 1, max_length = 500, pattern = r"^[^\x00]*$", example = "^[A-Z]{2}-[0-9]+$")]
    pub pattern: Option<String>,
    /// The only currency of an amount (ISO 4217).
    #[schema(format = "currency", min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", example = "EUR")]
    pub currency: Option<String>,
}

/// A field the business defines itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "resource": "customer", "key": "delivery_window", "type": "one_of",
    "label": {"en": "Delivery window", "de": "Lieferfenster"},
    "options": [
        {"key": "morning", "label": {"en": "In the morning", "de": "Vormittags"}},
        {"key": "afternoon", "label": {"en": "In the afternoon", "de": "Nachmittags"}},
    ],
}))]
pub struct CustomFieldDefinitionFields {
    /// What has the field; fixed once and for all.
    pub resource: Resource,
    /// How records name it in `custom_fields`, unique for the resource; fixed once and for all.
    #[schema(max_length = 60, pattern = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", example = "delivery_window")]
    pub key: String,
    /// What its values are; fixed once and for all.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// What it is called.
    pub label: Label,
    /// What it means.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Wann die Ware angenommen wird.")]
    pub description: Option<String>,
    /// Whether a record needs a value, when it is made and whenever its fields are changed.
    #[serde(default)]
    pub required: bool,
    /// Whether no two records may have the same value, archived ones included.
    #[serde(default)]
    pub unique: bool,
    /// What a new record has where it says nothing.
    pub default: Option<FieldValue>,
    /// Which values are allowed. Narrower ones are asked of values that are written from now on.
    #[serde(default)]
    pub limits: CustomFieldLimits,
    /// What can be chosen, in its order; archived instead of removed.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub options: Vec<CustomFieldOption>,
    /// Its place among the fields of the resource.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 10_000, format = "int64", example = 10)]
    pub position: i64,
}

impl Checked for CustomFieldDefinitionFields {}

/// Nothing besides.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct CustomFieldDefinitionFacts {}

/// Which definitions.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct CustomFieldDefinitionFilter {
    /// Of these resources.
    #[param(inline, max_items = 50)]
    pub resource: Vec<Resource>,
    /// Of these types.
    #[param(inline, max_items = 13)]
    pub r#type: Vec<FieldType>,
    /// With these keys.
    #[param(inline, max_items = 50)]
    pub key: Vec<Exactly>,
}

impl Fields for CustomFieldDefinitionFields {
    type Facts = CustomFieldDefinitionFacts;
    type Filter = CustomFieldDefinitionFilter;

    const WORDS: Words = Words {
        schema: "CustomFieldDefinition",
        one: "custom_field_definition",
        many: "custom_field_definitions",
        english: "Custom field",
        german: "Eigenes Feld",
    };
    const CATALOGUE: bool = true;
    const CUSTOMIZED: bool = false;
    const FIXED: &'static [&'static str] = &["resource", "key", "type"];
    const SORTS: &'static [&'static str] = &["resource", "position", "key", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "resource,position";

    fn example_of_change() -> Value {
        json!({ "required": true, "position": 20 })
    }
}
