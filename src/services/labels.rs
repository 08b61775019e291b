//! What the values of enumerations are called: as we call them, unless the business says otherwise.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use super::sentences::sentence;
use super::stale;
use crate::domain::event_kind::Category;
use crate::domain::labels::{self, NamedValue};
use crate::domain::language::Sentence;
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::custom_label::{Column, Entity, Model};
use crate::error::{Code, Error, Result};
use crate::history::change::{Change, Recorded};
use crate::history::context::Context;
use crate::history::entry::{Entry, Root, Subject};
use crate::history::outcome::Outcome;
use crate::schemas::custom_field::Label;
use crate::schemas::meta::{EnumLabels, LabelledEnum, LabelledValue, ValueLabel};

const SUBJECT: &str = "custom_label";

/// What the business calls values, by enumeration and value.
pub(super) struct Renamed(HashMap<(String, String), Model>);

impl Renamed {
    /// Everything that is called otherwise.
    pub async fn read(cx: &Context) -> Result<Self> {
        let all = cx.store.rows.all(Entity::find().filter(Column::ArchivedAt.is_null())).await?;
        Ok(Self(all.into_iter().map(|row| ((row.enumeration.clone(), row.value.clone()), row)).collect()))
    }

    /// What a value is called.
    pub fn label(&self, enumeration: &str, value: &NamedValue) -> (Label, bool) {
        match self.0.get(&(enumeration.to_owned(), value.value.to_owned())) {
            Some(row) => (Label { en: row.label_en.clone(), de: row.label_de.clone() }, true),
            None => (built_in(value), false),
        }
    }

    /// Adds to a digest whatever tells this state from another one.
    pub fn digest(&self, digest: &mut Sha256) {
        let mut states: Vec<_> = self.0.values().map(|row| (row.id, row.version)).collect();
        states.sort_unstable();
        for (id, version) in states {
            digest.update(id);
            digest.update(version.to_be_bytes());
        }
    }
}

fn built_in(value: &NamedValue) -> Label {
    Label { en: value.en.to_owned(), de: value.de.to_owned() }
}

/// What all values are called, and the entity tag of that.
pub async fn list(cx: &Context) -> Result<(EnumLabels, String)> {
    let renamed = Renamed::read(cx).await?;
    let enums = labels::all().iter().map(|enumeration| {
        let values = enumeration.values.iter().map(|value| {
            let (label, custom) = renamed.label(enumeration.name, value);
            LabelledValue { value: value.value, label, custom }
        });
        LabelledEnum { name: enumeration.name, values: values.collect() }
    });
    let mut digest = Sha256::new();
    digest.update(env!("CARGO_PKG_VERSION"));
    for enumeration in labels::all() {
        enumeration.values.iter().for_each(|value| digest.update(format!("{}{value:?}", enumeration.name)));
    }
    renamed.digest(&mut digest);
    Ok((EnumLabels { enums: enums.collect() }, hex::encode(&digest.finalize()[..16])))
}

/// What one value is called.
pub async fn read(cx: &Context, enumeration: &str, value: &str) -> Result<ValueLabel> {
    let (enumeration, named) = known(enumeration, value)?;
    let row = cx.store.rows.one(by_value(enumeration, named.value)).await?;
    Ok(shown(enumeration, named, row.as_ref()))
}

/// Calls a value otherwise.
pub async fn rename(
    cx: &Context,
    (enumeration, value): (&str, &str),
    expected: Option<Expected>,
    label: Label,
) -> Result<Outcome<ValueLabel>> {
    let (enumeration, named) = known(enumeration, value)?;
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, enumeration, named, expected.as_ref()).await?;
    let row = match before {
        Some(before) => {
            let after = Model { label_en: label.en, label_de: label.de, archived_at: None, ..before.clone() };
            let entry = entry(&after, named, "updated", &told(&after));
            change.update(&before, after, |_| entry).await?
        }
        None => {
            let row = new(&change, enumeration, named, label)?;
            let facts = serde_json::json!({ "fields": row.fields(), "version": 1 });
            change.create(&row, entry(&row, named, "created", &told(&row)).with_payload(facts)).await?;
            row
        }
    };
    let shown = shown(enumeration, named, Some(&row));
    let tag = shown.version.to_string();
    change.commit(Outcome::ok(&shown, Some(tag))?).await
}

/// Calls a value as at first again.
pub async fn reset(cx: &Context, (enumeration, value): (&str, &str), expected: Expected) -> Result<Outcome<()>> {
    let (enumeration, named) = known(enumeration, value)?;
    let change = Change::begin(cx).await?;
    let before = lock_in(&change, enumeration, named, Some(&expected)).await?;
    // Nobody has called it otherwise: it is as it is to be.
    if let Some(before) = before.filter(|before| before.archived_at.is_none()) {
        let after = Model { archived_at: Some(change.now()), ..before.clone() };
        let entry = entry(&after, named, "archived", &Sentence { en: named.en.to_owned(), de: named.de.to_owned() });
        change.update(&before, after, |_| entry).await?;
    }
    change.commit(Outcome::nothing()).await
}

/// 404 for what is no value of an enumeration.
fn known(enumeration: &str, value: &str) -> Result<(&'static str, &'static NamedValue)> {
    let known = labels::all().iter().find(|known| known.name == enumeration);
    let named = known.and_then(|known| Some((known.name, labels::named(known.name, value)?)));
    named.ok_or_else(|| Error::new(Code::NotFound))
}

fn by_value(enumeration: &str, value: &str) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::Enumeration.eq(enumeration)).filter(Column::Value.eq(value))
}

async fn lock_in(
    change: &Change,
    enumeration: &str,
    named: &NamedValue,
    expected: Option<&Expected>,
) -> Result<Option<Model>> {
    let row = change.one(by_value(enumeration, named.value).lock_for_change()).await?;
    if let Some(expected) = expected {
        let (id, version) = row.as_ref().map_or_else(|| (change.new_id(), 0), |row| (row.id, row.version));
        stale::check(change, id, expected, version).await?;
    }
    Ok(row)
}

fn new(change: &Change, enumeration: &str, named: &NamedValue, label: Label) -> Result<Model> {
    let actor = change.actor_json()?;
    Ok(Model {
        id: change.new_id(),
        enumeration: enumeration.to_owned(),
        value: named.value.to_owned(),
        label_en: label.en,
        label_de: label.de,
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    })
}

fn shown(enumeration: &'static str, named: &NamedValue, row: Option<&Model>) -> ValueLabel {
    let renamed = row.filter(|row| row.archived_at.is_none());
    let label = renamed.map(|row| Label { en: row.label_en.clone(), de: row.label_de.clone() });
    ValueLabel {
        r#enum: enumeration,
        value: named.value,
        custom: label.is_some(),
        label: label.unwrap_or_else(|| built_in(named)),
        built_in: built_in(named),
        version: row.map_or(0, |row| row.version),
    }
}

fn told(row: &Model) -> Sentence {
    Sentence { en: row.label_en.clone(), de: row.label_de.clone() }
}

fn entry(row: &Model, named: &NamedValue, happened: &str, now: &Sentence) -> Entry {
    let root = Root { id: row.id, kind: SUBJECT };
    let title = sentence(
        format!("'{}' ({}.{}) is called '{}'", named.en, row.enumeration, row.value, now.en),
        format!("„{}“ ({}.{}) heißt „{}“", named.de, row.enumeration, row.value, now.de),
    );
    let subject = Subject { kind: SUBJECT, id: row.id };
    Entry::new(root, subject, format!("{SUBJECT}.{happened}"), Category::MasterData, title)
}
