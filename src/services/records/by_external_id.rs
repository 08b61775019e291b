//! Records by the ids other systems have for them.

use std::marker::PhantomData;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Demand, Kind, Record, Table, definitions, find_by_reference, insert_in, not_archived, patch_in, visible};
use crate::domain::version::Preconditions;
use crate::entities::cells::{Locks, Reads};
use crate::entities::customer;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::patch::Patch;
use crate::schemas::record::{Create, Fields, Reply, Update};
use crate::schemas::upsert::Upsert;
use crate::services::customers;
use crate::services::upsert::{self, Upserted};

/// Makes the record another system knows under an id, or changes the one that is there: of a customer, or of a catalogue.
pub async fn upsert<K: Kind>(
    cx: &Context,
    customer_id: Option<Uuid>,
    document: &Upsert<Create<K::Fields>>,
    conditions: &Preconditions,
) -> Result<Outcome<Reply<K::Fields>>> {
    let records = Records::<K> { customer_id, kind: PhantomData };
    upsert::upsert(&records, cx, document, conditions).await
}

/// The records of a customer, or of a catalogue.
struct Records<K> {
    customer_id: Option<Uuid>,
    kind: PhantomData<fn() -> K>,
}

impl<K> Records<K> {
    async fn lock_customer(&self, change: &Change) -> Result<Option<customer::Model>> {
        match self.customer_id {
            Some(customer_id) => Ok(Some(customers::lock_in(change, customer_id).await?)),
            None => Ok(None),
        }
    }
}

impl<K: Kind> Upserted for Records<K> {
    const RESOURCE: &'static str = <K::Fields as Fields>::WORDS.one;
    type Row = K::Row;
    type Beside = Option<customer::Model>;
    type Create = Create<K::Fields>;
    type Update = Update<K::Fields>;
    type Reply = Reply<K::Fields>;

    async fn create_in(&self, change: &Change, input: Create<K::Fields>) -> Result<K::Row> {
        let customer = self.lock_customer(change).await?;
        if customer.is_none() {
            change.one_after_another(K::words().many).await?;
        }
        let definitions = definitions::<K>(change).await?;
        if let Some(first) = find_by_reference::<K>(change, self.customer_id, input.writable.source.as_ref()).await? {
            return Err(upsert::sent_without_id(first.id()));
        }
        insert_in::<K>(change, customer.as_ref(), input, &definitions, Demand::Complete).await
    }

    async fn lock_in(&self, change: &Change, id: Uuid) -> Result<(Option<customer::Model>, K::Row)> {
        let customer = self.lock_customer(change).await?;
        let this = visible::<K>(&change.cx().actor).filter(K::Row::COMMON.id.eq(id));
        let found = change.one(this).await?.ok_or_else(|| upsert::taken(None))?;
        if found.common().customer_id != self.customer_id {
            return Err(upsert::taken(Some(id)));
        }
        let locked = <Table<K>>::find().filter(K::Row::COMMON.id.eq(id)).lock_for_change();
        Ok((customer, change.one(locked).await?.ok_or_else(|| Error::new(Code::NotFound))?))
    }

    fn is_archived(row: &K::Row) -> bool {
        row.common().archived_at.is_some()
    }

    fn fixed(document: &Upsert<Create<K::Fields>>) -> Result<Map<String, Value>> {
        let Create { fields, writable } = document.fields()?;
        let fields = serde_json::to_value(fields).map_err(Error::internal)?;
        let fixed = <K::Fields as Fields>::FIXED.iter().map(|name| ((*name).to_owned(), fields[*name].clone()));
        Ok(fixed.chain([upsert::fixed_source(writable.source.as_ref())]).collect())
    }

    async fn patch_in(
        &self,
        change: &Change,
        (customer, before): (Option<customer::Model>, K::Row),
        patch: &Patch<Update<K::Fields>>,
    ) -> Result<K::Row> {
        not_archived(customer.as_ref(), &before)?;
        patch_in::<K>(change, &before, patch, &*definitions::<K>(change).await?).await
    }

    fn reply(row: K::Row) -> Result<Reply<K::Fields>> {
        Reply::new(row.common())
    }

    fn place(reply: &Reply<K::Fields>) -> (String, String) {
        (reply.location(), reply.etag())
    }
}
