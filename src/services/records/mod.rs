//! The use cases every kind of record has: create, list, read, change, archive, restore, and the moves of its own.
//!
//! Every event of a record keeps the whole state it leads to, so that what was known at any time is one read.

mod by_external_id;
mod kind;
mod read;
mod told;

use std::sync::Arc;

use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter};
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub use by_external_id::upsert;
pub use kind::{Kind, Move, MoveFacts, State, This, not_now, wrong_state};
use read::visible;
pub use read::{changes, of_all, of_customer, read, rows_of_customer};
use told::entry;

use super::custom_fields::{self, Definitions, Demand, Settled, Target};
use super::references::{References, sent_before};
use super::{customers, external_ids, links, stale};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::language::Sentence;
use crate::domain::version::Expected;
use crate::entities::cells::{Locks, Reads};
use crate::entities::record::{Common, Record};
use crate::entities::{customer, timeline_event};
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::Source;
use crate::history::outcome::Outcome;
use crate::schemas::ExternalId;
use crate::schemas::custom_field::CustomFields;
use crate::schemas::patch::Patch;
use crate::schemas::record::{Create, Fields, Reply, Update, Writable};
use crate::schemas::timeline::SourceInput;
use crate::services::sentences::sentence;

/// The table of a kind.
pub type Table<K> = <<K as Kind>::Row as ModelTrait>::Entity;

/// Makes a record. The same reference of the same system again answers with the one that was made first.
pub async fn create<K: Kind>(
    cx: &Context,
    customer_id: Uuid,
    input: Create<K::Fields>,
) -> Result<Outcome<Reply<K::Fields>>> {
    let change = Change::begin(cx).await?;
    let (customer, definitions) = tokio::join!(customers::lock_in(&change, customer_id), definitions::<K>(&change));
    let (customer, definitions) = (customer?, definitions?);
    if let Some(first) = find_by_reference::<K>(&change, Some(customer_id), input.writable.source.as_ref()).await? {
        return answer::<K>(change, first).await;
    }
    let row = insert_in::<K>(&change, Some(&customer), input, &definitions, Demand::Complete).await?;
    made::<K>(change, row).await
}

/// Makes a record of a catalogue, as [`create`] does for a customer.
pub async fn create_in_catalogue<K: Kind>(cx: &Context, input: Create<K::Fields>) -> Result<Outcome<Reply<K::Fields>>> {
    let change = Change::begin(cx).await?;
    // There is no customer to lock.
    let (alone, definitions) = tokio::join!(change.one_after_another(K::words().many), definitions::<K>(&change));
    let ((), definitions) = (alone?, definitions?);
    if let Some(first) = find_by_reference::<K>(&change, None, input.writable.source.as_ref()).await? {
        return answer::<K>(change, first).await;
    }
    let row = insert_in::<K>(&change, None, input, &definitions, Demand::Complete).await?;
    made::<K>(change, row).await
}

/// Makes a record within a larger change, for a customer who is locked or in a catalogue. It may lack required custom
/// fields, which nobody was asked for: whoever changes it next is.
pub async fn create_in<K: Kind>(
    change: &Change,
    customer: Option<&customer::Model>,
    input: Create<K::Fields>,
) -> Result<K::Row> {
    insert_in::<K>(change, customer, input, &*definitions::<K>(change).await?, Demand::AsItIs).await
}

async fn insert_in<K: Kind>(
    change: &Change,
    customer: Option<&customer::Model>,
    input: Create<K::Fields>,
    definitions: &Definitions,
    demand: Demand,
) -> Result<K::Row> {
    customer.map_or(Ok(()), customers::not_archived)?;
    let customer_id = customer.map(|customer| customer.id);
    let Create { fields, writable } = input;
    let ids = checked::<K>(change, None, &writable).await?;
    let this = This { change, id: change.new_id(), customer_id };
    let state = K::settle(&this, None, fields).await?;
    let source = writable.source.map(|source| Source { system: source.system, reference: source.reference });
    let source = source.unwrap_or_default();
    let target = Target { id: this.id, before: None, demand };
    let own_fields = own_fields::<K>(change, definitions, target, writable.custom_fields).await?;
    let actor = change.actor_json()?;
    let mut row = K::Row::new(Common {
        id: this.id,
        customer_id,
        fields: String::new(),
        facts: String::new(),
        custom_fields: own_fields.json.clone(),
        owner_id: writable.owner_id,
        external_ids: serde_json::to_string(&writable.external_ids).map_err(Error::internal)?,
        source_system: source.system.clone(),
        source_reference: source.reference.clone(),
        version: 1,
        created_at: change.now(),
        created_by: actor.clone(),
        updated_at: change.now(),
        updated_by: actor,
        archived_at: None,
    });
    state.store(&mut row)?;
    let (happened, german) = K::CREATED;
    let mut entry = entry::<K>(&row, happened, sentence(happened, german), Map::new())?;
    entry.source = source;
    external_ids::replace(change, K::words().one, row.id(), &external_ids::Pairs::new(), &ids);
    change.create(&row, entry).await?;
    own_fields.write(change, row.id());
    links::follow::<K>(change, row.id(), None, &state);
    K::follow(&this, None, Some(&state)).await?;
    Ok(row)
}

/// Changes the fields of a record.
pub async fn update<K: Kind>(
    cx: &Context,
    id: Uuid,
    expected: Expected,
    patch: Patch<Update<K::Fields>>,
) -> Result<Outcome<Reply<K::Fields>>> {
    let change = Change::begin(cx).await?;
    let (locked, definitions) = tokio::join!(lock_in::<K>(&change, id), definitions::<K>(&change));
    let ((customer, before), definitions) = (locked?, definitions?);
    stale::check(&change, id, &expected, before.version()).await?;
    not_archived(customer.as_ref(), &before)?;
    let after = patch_in::<K>(&change, &before, &patch, &definitions).await?;
    answer::<K>(change, after).await
}

async fn patch_in<K: Kind>(
    change: &Change,
    before: &K::Row,
    patch: &Patch<Update<K::Fields>>,
    definitions: &Definitions,
) -> Result<K::Row> {
    let current = serde_json::to_value(Reply::<K::Fields>::new(before.common())?).map_err(Error::internal)?;
    let merged = patch.apply(&current, writable(before)?)?;
    let input: Create<K::Fields> = serde_json::from_value(merged).map_err(|error| Error::unfitting("", error))?;
    update_in::<K>(change, before, input, definitions).await
}

async fn update_in<K: Kind>(
    change: &Change,
    before: &K::Row,
    input: Create<K::Fields>,
    definitions: &Definitions,
) -> Result<K::Row> {
    let Create { fields, writable } = input;
    let ids = checked::<K>(change, Some(before), &writable).await?;
    let old = State::of(before)?;
    let this = This { change, id: before.id(), customer_id: before.common().customer_id };
    let state = K::settle(&this, Some(&old), fields).await?;
    links::follow::<K>(change, before.id(), Some(&old), &state);
    let mut after = before.clone();
    let mut common = before.common();
    let target = Target { id: common.id, before: Some(&common.custom_fields), demand: Demand::Complete };
    let own_fields = own_fields::<K>(change, definitions, target, writable.custom_fields).await?;
    common.custom_fields.clone_from(&own_fields.json);
    let had: Vec<ExternalId> = serde_json::from_str(&common.external_ids).map_err(Error::internal)?;
    common.owner_id = writable.owner_id;
    common.external_ids = serde_json::to_string(&writable.external_ids).map_err(Error::internal)?;
    after.set_common(common);
    state.store(&mut after)?;
    let told = told::changed::<K>(&after, definitions)?;
    let after = change.update(before, after, told).await?;
    external_ids::replace(change, K::words().one, before.id(), &external_ids::pairs(&had), &ids);
    own_fields.write(change, before.id());
    K::follow(&this, Some(&old), Some(&state)).await?;
    Ok(after)
}

/// Archives a record: hidden from lists, restorable.
pub async fn archive<K: Kind>(cx: &Context, id: Uuid, expected: Expected) -> Result<Outcome<()>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = lock_in::<K>(&change, id).await?;
    stale::check(&change, id, &expected, before.version()).await?;
    not_archived(customer.as_ref(), &before)?;
    let mut after = before.clone();
    after.set_common(Common { archived_at: Some(change.now()), ..before.common() });
    let entry = entry::<K>(&after, "archived", sentence("archived", "archiviert"), Map::new())?;
    let after = change.update(&before, after, |_| entry).await?;
    K::follow(&this_of(&change, &after), Some(&State::of(&after)?), None).await?;
    change.commit(Outcome::nothing()).await
}

/// Brings an archived record back.
pub async fn restore<K: Kind>(cx: &Context, id: Uuid) -> Result<Outcome<Reply<K::Fields>>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = lock_in::<K>(&change, id).await?;
    customer.as_ref().map_or(Ok(()), customers::not_archived)?;
    if before.common().archived_at.is_none() {
        return Err(Error::new(Code::NotArchived));
    }
    let mut after = before.clone();
    after.set_common(Common { archived_at: None, ..before.common() });
    let entry = entry::<K>(&after, "restored", sentence("restored", "wiederhergestellt"), Map::new())?;
    let (this, state) = (this_of(&change, &before), State::of(&after)?);
    K::returns(&this, &state).await?;
    let after = change.update(&before, after, |_| entry).await?;
    K::follow(&this, None, Some(&state)).await?;
    answer::<K>(change, after).await
}

/// Makes a move: the state changes, and the event tells the facts that came with it.
pub async fn advance<M: Move>(
    cx: &Context,
    id: Uuid,
    expected: Option<Expected>,
    input: M::Input,
) -> Result<Outcome<Reply<<M::Kind as Kind>::Fields>>> {
    let change = Change::begin(cx).await?;
    let (customer, before) = lock_in::<M::Kind>(&change, id).await?;
    if let Some(expected) = expected {
        stale::check(&change, id, &expected, before.version()).await?;
    }
    not_archived(customer.as_ref(), &before)?;
    let after = advance_in::<M>(&change, &before, input).await?;
    answer::<M::Kind>(change, after).await
}

/// Makes a move of a record that is locked within a larger change.
pub async fn advance_in<M: Move>(
    change: &Change,
    before: &<M::Kind as Kind>::Row,
    input: M::Input,
) -> Result<<M::Kind as Kind>::Row> {
    let mut state = State::<M::Kind>::of(before)?;
    M::FACTS.must_be_possible::<M::Kind>(M::Kind::stage(&state))?;
    let mut facts = match serde_json::to_value(&input).map_err(Error::internal)? {
        Value::Object(facts) => facts,
        _ => Map::new(),
    };
    M::make(&this_of(change, before), &mut state, input).await?;
    let (told, further) = M::tell(&State::of(before)?, &state);
    facts.extend(further);
    lead_in::<M::Kind>(change, before, &state, (M::FACTS.happened, told), facts).await
}

/// Leads a record that is locked ([`named`]) to another state within a larger change: what happened is told in both
/// languages and with its facts.
pub async fn lead_in<K: Kind>(
    change: &Change,
    before: &K::Row,
    state: &State<K>,
    (happened, told): (&str, Sentence),
    facts: Map<String, Value>,
) -> Result<K::Row> {
    let old = State::of(before)?;
    let after = lead_alone_in(change, before, state, (happened, told), facts).await?;
    K::follow(&this_of(change, before), Some(&old), Some(state)).await?;
    Ok(after)
}

/// As [`lead_in`], but nothing follows from it for other records: for what itself follows from one of them.
pub async fn lead_alone_in<K: Kind>(
    change: &Change,
    before: &K::Row,
    state: &State<K>,
    (happened, told): (&str, Sentence),
    facts: Map<String, Value>,
) -> Result<K::Row> {
    let mut after = before.clone();
    state.store(&mut after)?;
    let entry = entry::<K>(&after, happened, told, facts)?;
    let after = change.update(before, after, |_| entry).await?;
    links::follow::<K>(change, before.id(), Some(&State::of(before)?), state);
    Ok(after)
}

/// The record another one of the same customer names, or one of a catalogue; locked. What is not there or archived is
/// refused where it was named.
pub async fn named<K: Kind>(this: &This<'_>, pointer: &str, id: Uuid) -> Result<K::Row> {
    let mut select = <Table<K>>::find().filter(K::Row::COMMON.id.eq(id));
    if !K::Fields::CATALOGUE {
        select = select.filter(K::Row::COMMON.customer_id.eq(this.customer_id));
    }
    match this.change.one(select.lock_for_change()).await? {
        Some(row) if row.common().archived_at.is_none() => Ok(row),
        _ => Err(Error::invalid_at(pointer, Fault::new(FaultCode::Reference).with("type", K::words().one))),
    }
}

fn this_of<'a>(change: &'a Change, row: &impl Record) -> This<'a> {
    let common = row.common();
    This { change, id: common.id, customer_id: common.customer_id }
}

/// The customer and the record the caller may see, locked in this order everywhere.
pub async fn lock_in<K: Kind>(change: &Change, id: Uuid) -> Result<(Option<customer::Model>, K::Row)> {
    let this = || visible::<K>(&change.cx().actor).filter(K::Row::COMMON.id.eq(id));
    let found = change.one(this()).await?.ok_or_else(|| Error::new(Code::NotFound))?;
    let customer = match found.common().customer_id {
        Some(customer_id) => Some(customers::lock_in(change, customer_id).await?),
        None => None,
    };
    let locked = <Table<K>>::find().filter(K::Row::COMMON.id.eq(id)).lock_for_change();
    Ok((customer, change.one(locked).await?.ok_or_else(|| Error::new(Code::NotFound))?))
}

/// Refuses to change what is archived.
pub fn not_archived(customer: Option<&customer::Model>, row: &impl Record) -> Result<()> {
    if let Some(customer) = customer {
        customers::not_archived(customer)?;
    }
    if row.common().archived_at.is_some() { Err(Error::new(Code::Archived)) } else { Ok(()) }
}

/// The record a system already sent under this reference. The customer, or the catalogue, is locked: nobody makes it
/// meanwhile.
async fn find_by_reference<K: Kind>(
    change: &Change,
    customer_id: Option<Uuid>,
    source: Option<&SourceInput>,
) -> Result<Option<K::Row>> {
    let of_same = |event: &timeline_event::Model| event.root_id == customer_id.unwrap_or(event.subject_id);
    let Some(id) = sent_before(change, source, K::words().one, of_same).await? else { return Ok(None) };
    Ok(change.one(<Table<K>>::find().filter(K::Row::COMMON.id.eq(id))).await?)
}

/// Checks what callers may write of every record. Answers its external ids.
async fn checked<K: Kind>(
    change: &Change,
    before: Option<&K::Row>,
    writable: &Writable,
) -> Result<external_ids::Pairs> {
    References::new().user("/owner_id", writable.owner_id).exist(change).await?;
    let ids = external_ids::distinct(&writable.external_ids)?;
    let visible = |id| visible::<K>(&change.cx().actor).filter(K::Row::COMMON.id.eq(id));
    let own = before.map(Record::id);
    external_ids::must_be_free(change, K::words().one, own, &writable.external_ids, visible).await?;
    Ok(ids)
}

/// The fields the business has defined for this kind. Asked for together with what is locked: it costs no round trip.
async fn definitions<K: Kind>(change: &Change) -> Result<Arc<Definitions>> {
    match K::Fields::CUSTOMIZED {
        true => custom_fields::of(change, K::words().one).await,
        false => Ok(Arc::default()),
    }
}

/// The values of those fields.
async fn own_fields<K: Kind>(
    change: &Change,
    definitions: &Definitions,
    target: Target<'_>,
    sent: CustomFields,
) -> Result<Settled> {
    let visible = |id| visible::<K>(&change.cx().actor).filter(K::Row::COMMON.id.eq(id));
    custom_fields::settle(change, definitions, target, sent, visible).await
}

/// The fields callers may write, as they are stored.
fn writable(row: &impl Record) -> Result<Value> {
    let common = row.common();
    let mut fields: Map<String, Value> = serde_json::from_str(&common.fields).map_err(Error::internal)?;
    fields.insert("owner_id".to_owned(), json!(common.owner_id));
    let ids: Value = serde_json::from_str(&common.external_ids).map_err(Error::internal)?;
    fields.insert("external_ids".to_owned(), ids);
    let own: Value = serde_json::from_str(&common.custom_fields).map_err(Error::internal)?;
    fields.insert("custom_fields".to_owned(), own);
    fields.retain(|_, value| !value.is_null());
    Ok(Value::Object(fields))
}

async fn made<K: Kind>(change: Change, row: K::Row) -> Result<Outcome<Reply<K::Fields>>> {
    let record = Reply::<K::Fields>::new(row.common())?;
    let outcome = Outcome::created(&record, record.location(), Some(record.etag()))?;
    change.commit(outcome).await
}

async fn answer<K: Kind>(change: Change, row: K::Row) -> Result<Outcome<Reply<K::Fields>>> {
    let record = Reply::<K::Fields>::new(row.common())?;
    let outcome = Outcome::ok(&record, Some(record.etag()))?;
    change.commit(outcome).await
}
