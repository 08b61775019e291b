//! The rows that find a customer: search words, places, tags and external ids. Only what differs from
//! before is written.

use std::collections::{BTreeSet, HashSet};

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition};
use uuid::Uuid;

use super::normalize::Normalized;
use crate::domain::folding::{Umlauts, fold};
use crate::domain::search;
use crate::entities::{customer, customer_place, customer_tag, customer_word};
use crate::history::change::Change;
use crate::history::following::{self, Following, Form, Row};
use crate::schemas::ExternalId;
use crate::schemas::customer::{Address, ContactPoint, ContactPointType};
use crate::services::external_ids;

/// What `external_ids` calls a customer.
pub const RESOURCE: &str = "customer";

/// Everything that finds one customer.
#[derive(Debug, Default)]
pub struct Index {
    words: BTreeSet<String>,
    places: BTreeSet<(String, String, String)>,
    external_ids: external_ids::Pairs,
    tags: BTreeSet<Uuid>,
}

/// The tables customers are found in, apart from those every kind of record is.
pub fn following() -> [Following; 3] {
    use {customer_place as place, customer_tag as tag, customer_word as word};
    let words = [(word::Column::Word, Form::Text), (word::Column::CustomerId, Form::Id)];
    let places = [
        (place::Column::CustomerId, Form::Id),
        (place::Column::Country, Form::Text),
        (place::Column::PostalCode, Form::Text),
        (place::Column::CityKey, Form::Text),
    ];
    let tags = [(tag::Column::TagId, Form::Id), (tag::Column::CustomerId, Form::Id)];
    [
        Following::new(word::Entity, words, 1),
        Following::new(place::Entity, places, 0),
        Following::new(tag::Entity, tags, 1),
    ]
}

/// A city as the filter compares it.
pub fn city_key(city: &str) -> String {
    fold(city, Umlauts::Spelled).trim().to_owned()
}

impl Index {
    /// Of a customer as it is to be stored.
    pub fn of(row: &customer::Model, state: &Normalized, tags: BTreeSet<Uuid>) -> Self {
        Self {
            words: words(row, &state.contact_points, &state.addresses),
            places: places(&state.addresses),
            external_ids: external_ids::pairs(&state.fields.external_ids),
            tags,
        }
    }

    /// Of a customer as it is stored.
    pub fn stored(row: &customer::Model, tags: BTreeSet<Uuid>) -> Self {
        // What we stored ourselves can be read; what cannot would only leave old rows behind.
        let points: Vec<ContactPoint> = serde_json::from_str(&row.contact_points).unwrap_or_default();
        let addresses: Vec<Address> = serde_json::from_str(&row.addresses).unwrap_or_default();
        let ids: Vec<ExternalId> = serde_json::from_str(&row.external_ids).unwrap_or_default();
        Self {
            words: words(row, &points, &addresses),
            places: places(&addresses),
            external_ids: external_ids::pairs(&ids),
            tags,
        }
    }

    /// Of the tags alone, where nothing else is looked at.
    pub fn only_tags(tags: BTreeSet<Uuid>) -> Self {
        Self { tags, ..Self::default() }
    }

    /// Writes what differs.
    pub fn replace(&self, before: &Self, id: Uuid, change: &Change) {
        self.replace_words(before, id, change);
        self.replace_places(before, id, change);
        external_ids::replace(change, RESOURCE, id, &before.external_ids, &self.external_ids);
        self.replace_tags(before, id, change);
    }

    /// Its rows in [`following`].
    pub fn rows(&self, id: Uuid) -> [HashSet<Row>; 3] {
        let customer = following::id(id);
        let words = self.words.iter().map(|word| vec![word.as_str().into(), customer.clone()]);
        let places = self.places.iter().map(|(country, postal_code, city_key)| {
            let place = [country, postal_code, city_key].map(|text| text.as_str().into());
            std::iter::once(customer.clone()).chain(place).collect()
        });
        let tags = self.tags.iter().map(|tag| vec![following::id(*tag), customer.clone()]);
        [words.collect(), places.collect(), tags.collect()]
    }

    fn replace_words(&self, before: &Self, id: Uuid, change: &Change) {
        use customer_word::{Column, Entity};
        let gone: Vec<&String> = before.words.difference(&self.words).collect();
        if !gone.is_empty() {
            let mut delete = Query::delete();
            delete.from_table(Entity).and_where(Column::CustomerId.eq(id)).and_where(Column::Word.is_in(gone));
            change.defer(delete);
        }
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([Column::Word, Column::CustomerId]);
        let new: Vec<&String> = self.words.difference(&before.words).collect();
        for word in &new {
            insert.values_panic([Expr::value((*word).clone()), Expr::value(id)]);
        }
        if !new.is_empty() {
            change.defer(insert);
        }
    }

    fn replace_places(&self, before: &Self, id: Uuid, change: &Change) {
        use customer_place::{Column, Entity};
        for (country, postal_code, city_key) in before.places.difference(&self.places) {
            let this = Condition::all()
                .add(Column::CustomerId.eq(id))
                .add(Column::Country.eq(country.clone()))
                .add(Column::PostalCode.eq(postal_code.clone()))
                .add(Column::CityKey.eq(city_key.clone()));
            change.defer(Query::delete().from_table(Entity).cond_where(this).to_owned());
        }
        let mut insert = Query::insert();
        insert.into_table(Entity).columns([Column::CustomerId, Column::Country, Column::PostalCode, Column::CityKey]);
        let new: Vec<_> = self.places.difference(&before.places).collect();
        for (country, postal_code, city_key) in &new {
            insert.values_panic([
                Expr::value(id),
                Expr::value(country.clone()),
                Expr::value(postal_code.clone()),
                Expr::value(city_key.clone()),
            ]);
        }
        if !new.is_empty() {
            change.defer(insert);
        }
    }

    fn replace_tags(&self, before: &Self, id: Uuid, change: &Change) {
        use customer_tag::{Column, Entity};
        for tag in before.tags.difference(&self.tags) {
            let this = Condition::all().add(Column::CustomerId.eq(id)).add(Column::TagId.eq(*tag));
            change.defer(Query::delete().from_table(Entity).cond_where(this).to_owned());
        }
        for tag in self.tags.difference(&before.tags) {
            let mut insert = Query::insert();
            insert
                .into_table(Entity)
                .columns([Column::TagId, Column::CustomerId])
                .values_panic([Expr::value(*tag), Expr::value(id)]);
            change.defer(insert);
        }
    }
}

fn words(row: &customer::Model, points: &[ContactPoint], addresses: &[Address]) -> BTreeSet<String> {
    let person: serde_json::Value = parsed(row.person.as_deref());
    let company: serde_json::Value = parsed(row.company.as_deref());
    let mut texts = vec![row.display_name.clone(), row.customer_number.clone()];
    for (object, names) in [
        (&person, &["academic_title", "given_name", "family_name", "name_suffix"][..]),
        (&company, &["legal_name", "trade_name", "vat_id"][..]),
    ] {
        texts.extend(names.iter().filter_map(|name| object.get(name)?.as_str().map(str::to_owned)));
    }
    texts.extend(addresses.iter().filter_map(|address| address.city.clone()));
    let mut words: BTreeSet<String> = texts.iter().flat_map(|text| search::words(text)).collect();
    for point in points {
        match point.kind {
            ContactPointType::Phone | ContactPointType::Mobile | ContactPointType::Fax => {
                words.extend(search::phone_words(&point.normalized));
            }
            ContactPointType::Email => words.extend(search::words(&point.normalized)),
            ContactPointType::Website | ContactPointType::Social => {}
        }
    }
    words
}

fn parsed(text: Option<&str>) -> serde_json::Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn places(addresses: &[Address]) -> BTreeSet<(String, String, String)> {
    let known = |text: &Option<String>| text.clone().unwrap_or_default();
    addresses
        .iter()
        .map(|address| {
            let city = address.city.as_deref().map(city_key).unwrap_or_default();
            (known(&address.country), known(&address.postal_code), city)
        })
        .collect()
}
