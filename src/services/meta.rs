//! What exists: what the document says of resources, with the fields the business has defined itself.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use sha2::{Digest, Sha256};

use super::labels::Renamed;
use crate::domain::labels;
use crate::entities::cells::Reads;
use crate::entities::custom_field_definition::{Column, Entity, Model};
use crate::entities::record::Record;
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::meta::{CustomFieldDefinition, Described, Meta, MetaEnum, MetaName, MetaResource};

/// Everything there is, and the entity tag of that. `described` is what a document with the tag `document` says.
pub async fn read(cx: &Context, described: &[Described], document: &str) -> Result<(Meta, String)> {
    let select = Entity::find().filter(Column::ArchivedAt.is_null());
    let rows: Vec<Model> = cx.store.rows.all(select.order_by_asc(Column::Position).order_by_asc(Column::Key)).await?;
    let renamed = Renamed::read(cx).await?;
    let tag = tag(document, &rows, &renamed);
    let mut definitions: HashMap<String, Vec<CustomFieldDefinition>> = HashMap::new();
    for row in rows {
        definitions.entry(row.resource.clone()).or_default().push(CustomFieldDefinition::new(row.common())?);
    }
    let resources = described.iter().cloned().map(|resource| MetaResource {
        label: labels::named("resource", &resource.name).map(|value| renamed.label("resource", value).0),
        custom_fields: definitions.remove(&resource.name).unwrap_or_default(),
        name: resource.name,
        path: resource.path,
        fields: resource.fields,
        filters: resource.filters,
        sorts: resource.sorts,
    });
    let enums = labels::all().iter().map(|known| MetaEnum {
        name: known.name,
        values: known.values.iter().map(|value| MetaName(value.value.to_owned())).collect(),
    });
    Ok((Meta { resources: resources.collect(), enums: enums.collect() }, tag))
}

/// Different for different answers: made of everything they are made of.
fn tag(document: &str, definitions: &[Model], renamed: &Renamed) -> String {
    let mut digest = Sha256::new();
    digest.update(document);
    for definition in definitions {
        digest.update(definition.id);
        digest.update(definition.version.to_be_bytes());
    }
    digest.update([0]);
    renamed.digest(&mut digest);
    hex::encode(&digest.finalize()[..16])
}
