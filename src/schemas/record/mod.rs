//! Records on the wire. A kind of record declares what callers write ([`Fields`]) and what the service adds to it; what
//! every record has besides is said here once: creation, patch, reply, page and filters are made of these parts.

mod filter;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{IntoParams, PartialSchema, ToSchema};
use uuid::Uuid;

pub use filter::{CommonFilter, Exactly, Filter, Listed};

use super::custom_field::CustomFields;
use super::page::PageOf;
use super::timeline::{EventSource, SourceInput};
use super::{Checked, ExternalId, RawJson, patch};
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::entities::record::Common;
use crate::error::{Error, Result};

/// What no record of a catalogue shows.
const CUSTOMER_ID: &str = "customer_id";
/// What no record shows that has no such fields.
const CUSTOM_FIELDS: &str = "custom_fields";

/// How a kind of record is called.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// In the document: `OwnedProduct`.
    pub schema: &'static str,
    /// One of them: `owned_product`; as such the first part of its events' kinds.
    pub one: &'static str,
    /// Several: `owned_products`; with hyphens the address.
    pub many: &'static str,
    /// As people say: "Owned product".
    pub english: &'static str,
    /// As people say: "Produkt im Besitz".
    pub german: &'static str,
}

impl Words {
    /// The part of addresses: `owned-products`.
    pub fn segment(&self) -> String {
        self.many.replace('_', "-")
    }

    /// "an owned product".
    pub fn with_article(&self) -> String {
        let name = self.one.replace('_', " ");
        let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// "owned products".
    pub fn plural(&self) -> String {
        self.many.replace('_', " ")
    }

    /// What happened to one of them: "Task completed: …".
    pub fn sentence(&self, happened: &Sentence, label: &str) -> Sentence {
        let Self { english, german, .. } = self;
        Sentence { en: format!("{english} {}: {label}", happened.en), de: format!("{german} {}: {label}", happened.de) }
    }
}

/// What callers write of a kind of record.
pub trait Fields: Serialize + DeserializeOwned + ToSchema + Checked + Clone + Send + Sync + 'static {
    /// What the service adds.
    type Facts: Serialize + DeserializeOwned + ToSchema + Clone + Send + Sync + 'static;
    /// The filters of its own that lists have.
    type Filter: DeserializeOwned + IntoParams + Clone + Send + Sync + 'static;
    /// How it is called.
    const WORDS: Words;
    /// Whether records of this kind belong to no customer: each has a history of its own.
    const CATALOGUE: bool = false;
    /// Whether a business may define further fields of this kind.
    const CUSTOMIZED: bool = true;
    /// What the service adds that it did not always: records of before have nothing in it.
    const ADDED: &'static [&'static str] = &[];
    /// Fields that are fixed once and for all.
    const FIXED: &'static [&'static str] = &[];
    /// What lists can be sorted by.
    const SORTS: &'static [&'static str];
    /// The order of lists unless another one is asked for.
    const DEFAULT_SORT: &'static str;

    /// A patch that can be sent.
    fn example_of_change() -> Value;
}

/// What callers may write of every record.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Writable {
    /// The user in charge.
    pub owner_id: Option<Uuid>,
    /// Ids in other systems, one record per system and id.
    #[schema(max_items = 20)]
    pub external_ids: Vec<ExternalId>,
    /// Fields the business defines itself.
    pub custom_fields: CustomFields,
    /// Where it was first recorded; fixed once and for all. The same reference again answers with the record that was
    /// made first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInput>,
}

/// What every record shows.
#[derive(Debug, Serialize, ToSchema)]
struct Shown {
    /// Identifier.
    id: Uuid,
    /// Whose history it belongs to.
    customer_id: Option<Uuid>,
    /// The user in charge.
    owner_id: Option<Uuid>,
    /// Ids in other systems.
    #[schema(value_type = Vec<ExternalId>, max_items = 20)]
    external_ids: RawJson,
    /// Fields the business defines itself.
    #[schema(value_type = CustomFields)]
    custom_fields: RawJson,
    /// Where it was first recorded.
    source: EventSource,
    /// Counts changes; the ETag.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    version: i64,
    /// When it was recorded.
    created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    created_by: RawJson,
    /// When it was last changed.
    updated_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    updated_by: RawJson,
    /// When it was archived; null if it is not.
    archived_at: Option<Instant>,
}

/// A new record.
#[derive(Debug, Clone)]
pub struct Create<F> {
    /// The fields of its kind.
    pub fields: F,
    /// The fields of every record.
    pub writable: Writable,
}

impl<'de, F: Fields> Deserialize<'de> for Create<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(mut own) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("no object"));
        };
        let mut writable = Map::new();
        for name in ["owner_id", "external_ids", CUSTOM_FIELDS, "source"] {
            writable.extend(own.remove_entry(name));
        }
        let fields = serde_json::from_value(Value::Object(own)).map_err(D::Error::custom)?;
        let writable = serde_json::from_value(Value::Object(writable)).map_err(D::Error::custom)?;
        Ok(Self { fields, writable })
    }
}

impl<F: Fields> Checked for Create<F> {
    fn check(&self) -> Result<()> {
        self.fields.check()
    }
}

impl<F: Fields> PartialSchema for Create<F> {
    fn schema() -> RefOr<Schema> {
        let own = json!(F::schema());
        let mut whole = together(&[&own, &json!(Writable::schema())]);
        if !F::CUSTOMIZED {
            without(&mut whole, CUSTOM_FIELDS);
        }
        whole.insert("additionalProperties".to_owned(), json!(false));
        whole.insert("description".to_owned(), json!(format!("A new {}.", F::WORDS.one.replace('_', " "))));
        for name in ["example", "examples"] {
            whole.extend(own.get(name).map(|example| (name.to_owned(), example.clone())));
        }
        parsed(whole)
    }
}

impl<F: Fields> ToSchema for Create<F> {
    fn name() -> Cow<'static, str> {
        format!("Create{}", F::WORDS.schema).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        F::schemas(schemas);
        Writable::schemas(schemas);
    }
}

/// What changes in a record. Absent means unchanged, null means empty.
#[derive(Debug, Clone)]
pub struct Update<F>(PhantomData<fn() -> F>);

impl<F: Fields> PartialSchema for Update<F> {
    fn schema() -> RefOr<Schema> {
        let fixed: Vec<&str> = F::FIXED.iter().copied().chain(["source"]).collect();
        let about = format!("What changes in {}. Absent means unchanged, null means empty.", F::WORDS.with_article());
        patch::schema_of::<Create<F>>(&fixed, &about, F::example_of_change())
    }
}

impl<F: Fields> ToSchema for Update<F> {
    fn name() -> Cow<'static, str> {
        format!("Update{}", F::WORDS.schema).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Create::<F>::schemas(schemas);
    }
}

/// A record as callers read it.
#[derive(Debug)]
pub struct Reply<F> {
    /// Identifier.
    pub id: Uuid,
    /// The ETag.
    pub version: i64,
    members: BTreeMap<String, Box<RawValue>>,
    kind: PhantomData<fn() -> F>,
}

impl<F: Fields> Reply<F> {
    /// A stored record.
    pub fn new(common: Common) -> Result<Self> {
        let unreadable = |error: serde_json::Error| Error::internal(error);
        let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&common.fields).map_err(unreadable)?;
        let facts: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&common.facts).map_err(unreadable)?;
        members.extend(facts);
        for name in F::ADDED {
            members.entry((*name).to_owned()).or_insert(RawValue::NULL.to_owned());
        }
        let (id, version) = (common.id, common.version);
        let shown = to_raw_value(&Shown {
            id,
            customer_id: common.customer_id,
            owner_id: common.owner_id,
            external_ids: RawJson::stored(common.external_ids),
            custom_fields: RawJson::stored(common.custom_fields),
            source: EventSource { system: common.source_system, reference: common.source_reference },
            version,
            created_at: common.created_at,
            created_by: RawJson::stored(common.created_by),
            updated_at: common.updated_at,
            updated_by: RawJson::stored(common.updated_by),
            archived_at: common.archived_at,
        });
        let shown: BTreeMap<String, Box<RawValue>> =
            serde_json::from_str(shown.map_err(unreadable)?.get()).map_err(unreadable)?;
        members.extend(shown);
        if F::CATALOGUE {
            members.remove(CUSTOMER_ID);
        }
        if !F::CUSTOMIZED {
            members.remove(CUSTOM_FIELDS);
        }
        Ok(Self { id, version, members, kind: PhantomData })
    }

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/{}/{}", F::WORDS.segment(), self.id)
    }

    /// Its entity tag, without quotes.
    pub fn etag(&self) -> String {
        self.version.to_string()
    }
}

impl<F> Serialize for Reply<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.members.serialize(serializer)
    }
}

impl<F: Fields> PartialSchema for Reply<F> {
    fn schema() -> RefOr<Schema> {
        let own = json!(F::schema());
        let mut whole = together(&[&own, &json!(F::Facts::schema()), &json!(Shown::schema())]);
        if F::CATALOGUE {
            without(&mut whole, CUSTOMER_ID);
        }
        if !F::CUSTOMIZED {
            without(&mut whole, CUSTOM_FIELDS);
        }
        let about = own.get("description").cloned();
        whole.insert("description".to_owned(), about.unwrap_or_else(|| json!(format!("{}.", F::WORDS.english))));
        parsed(whole)
    }
}

impl<F: Fields> ToSchema for Reply<F> {
    fn name() -> Cow<'static, str> {
        F::WORDS.schema.into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        F::schemas(schemas);
        F::Facts::schemas(schemas);
        Shown::schemas(schemas);
    }
}

/// A page of records.
#[derive(Debug, Serialize)]
pub struct Page<F> {
    items: Vec<Reply<F>>,
    next_cursor: Option<String>,
    prev_cursor: Option<String>,
    total: Option<u64>,
}

impl<F> PageOf for Page<F> {
    type Item = Reply<F>;

    fn page(
        items: Vec<Reply<F>>,
        next_cursor: Option<String>,
        prev_cursor: Option<String>,
        total: Option<u64>,
    ) -> Self {
        Self { items, next_cursor, prev_cursor, total }
    }
}

impl<F: Fields> PartialSchema for Page<F> {
    fn schema() -> RefOr<Schema> {
        crate::page_of! {
            /// A page.
            AnyPage of Uuid
        }
        let mut schema = json!(AnyPage::schema());
        schema["description"] = json!(format!("A page of {}.", F::WORDS.plural()));
        schema["properties"]["items"]["items"] = json!({ "$ref": format!("#/components/schemas/{}", F::WORDS.schema) });
        match schema {
            Value::Object(schema) => parsed(schema),
            _ => AnyPage::schema(),
        }
    }
}

impl<F: Fields> ToSchema for Page<F> {
    fn name() -> Cow<'static, str> {
        format!("{}Page", F::WORDS.schema).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Reply::<F>::name().into_owned(), Reply::<F>::schema()));
        Reply::<F>::schemas(schemas);
    }
}

/// One object of the properties of several.
fn together(parts: &[&Value]) -> Map<String, Value> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts {
        properties.extend(part["properties"].as_object().cloned().unwrap_or_default());
        required.extend(part["required"].as_array().cloned().unwrap_or_default());
    }
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), Value::Object(properties)),
        ("required".to_owned(), Value::Array(required)),
    ])
}

/// An object without one of its properties.
fn without(whole: &mut Map<String, Value>, name: &str) {
    whole.get_mut("properties").and_then(Value::as_object_mut).map(|properties| properties.remove(name));
    if let Some(required) = whole.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|required| required != name);
    }
}

/// The parts were schemas before, and so is what is made of them.
fn parsed(schema: Map<String, Value>) -> RefOr<Schema> {
    serde_json::from_value(Value::Object(schema)).unwrap_or_default()
}
