//! What exists, on the wire: resources and their fields, enumerations and what their values are called.

mod described;

use serde::Serialize;
use utoipa::ToSchema;

pub use described::describe;

use super::custom_field::{CustomFieldDefinitionFields, Label};
use super::record::Reply;

/// A field the business has defined itself, as its own address shows it.
pub type CustomFieldDefinition = Reply<CustomFieldDefinitionFields>;

/// What exists.
#[derive(Debug, Serialize, ToSchema)]
pub struct Meta {
    /// Every resource that has a list.
    #[schema(max_items = 200)]
    pub resources: Vec<MetaResource>,
    /// Every enumeration.
    #[schema(max_items = 500)]
    pub enums: Vec<MetaEnum>,
}

/// A resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetaResource {
    /// What one of its records is, as events and custom fields name it.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "customer")]
    pub name: String,
    /// What one of its records is called; null for those that can have no custom fields.
    pub label: Option<Label>,
    /// Where all of them are listed.
    #[schema(max_length = 200, pattern = "^/[a-z0-9/-]+$", example = "/v1/customers")]
    pub path: String,
    /// Its built-in fields, by name.
    #[schema(max_items = 200)]
    pub fields: Vec<MetaField>,
    /// The fields the business has defined itself and not archived, in their order.
    #[schema(max_items = 500)]
    pub custom_fields: Vec<CustomFieldDefinition>,
    /// What its list can be filtered by; custom fields besides.
    #[schema(max_items = 100)]
    pub filters: Vec<MetaName>,
    /// What its list can be sorted by; custom fields besides.
    #[schema(max_items = 50)]
    pub sorts: Vec<MetaName>,
}

/// What the document says of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What one of its records is.
    pub name: String,
    /// Where all of them are listed.
    pub path: String,
    /// Its fields, by name.
    pub fields: Vec<MetaField>,
    /// What its list can be filtered by.
    pub filters: Vec<MetaName>,
    /// What its list can be sorted by.
    pub sorts: Vec<MetaName>,
}

/// A name of the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(max_length = 100, pattern = "^[A-Za-z0-9_:.-]+$", example = "updated_at")]
pub struct MetaName(pub String);

/// A built-in field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct MetaField {
    /// How records name it.
    #[schema(max_length = 100, pattern = "^[a-z0-9_]+$", example = "lifecycle_stage")]
    pub name: String,
    /// What people call it, as titles of events do; null of what has no name of its own.
    pub label: Option<Label>,
    /// What it is in JSON, where it is not null.
    #[schema(max_length = 10, pattern = "^[a-z]+$", example = "string")]
    pub r#type: String,
    /// What a string is, or what the numbers are: `date-time`, `uuid`, `int64`.
    #[schema(max_length = 40, pattern = "^[a-z0-9_-]+$", example = "date-time")]
    pub format: Option<String>,
    /// The enumeration its value, or the values of its list, are of.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage")]
    pub r#enum: Option<String>,
    /// The component of the document that describes it, or the entries of its list.
    #[schema(max_length = 100, pattern = "^[A-Za-z0-9]+$", example = "Address")]
    pub schema: Option<String>,
    /// Whether it can be empty.
    pub nullable: bool,
    /// Whether callers write it.
    pub writable: bool,
    /// Whether a new record needs it.
    pub required: bool,
    /// What it means.
    #[schema(max_length = 1000, pattern = r"^[^\x00]*$", example = "How far the relationship has come.")]
    pub description: Option<String>,
}

/// An enumeration.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetaEnum {
    /// How it is called.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage")]
    pub name: &'static str,
    /// Its values.
    #[schema(max_items = 200)]
    pub values: Vec<MetaName>,
}

/// What the values of all enumerations are called.
#[derive(Debug, Serialize, ToSchema)]
pub struct EnumLabels {
    /// Every enumeration, by name.
    #[schema(max_items = 500)]
    pub enums: Vec<LabelledEnum>,
}

/// What the values of an enumeration are called.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelledEnum {
    /// How it is called.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage")]
    pub name: &'static str,
    /// Its values in their order.
    #[schema(max_items = 200)]
    pub values: Vec<LabelledValue>,
}

/// What a value is called.
#[derive(Debug, Serialize, ToSchema)]
pub struct LabelledValue {
    /// The value.
    #[schema(max_length = 60, pattern = "^[A-Za-z0-9_:.-]+$", example = "lead")]
    pub value: &'static str,
    /// What it is called here.
    pub label: Label,
    /// Whether the business calls it otherwise than we do.
    pub custom: bool,
}

/// What one value is called.
#[derive(Debug, Serialize, ToSchema)]
pub struct ValueLabel {
    /// The enumeration.
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage")]
    pub r#enum: &'static str,
    /// The value.
    #[schema(max_length = 60, pattern = "^[A-Za-z0-9_:.-]+$", example = "lead")]
    pub value: &'static str,
    /// What it is called here.
    pub label: Label,
    /// What it is called unless the business says otherwise.
    pub built_in: Label,
    /// Whether the business calls it otherwise.
    pub custom: bool,
    /// Counts changes; 0 as long as nobody has called it otherwise. The ETag.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version: i64,
}
