//! Customers by the ids other systems have for them.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::index;
use crate::domain::version::Preconditions;
use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::error::{Code, Error, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::ExternalId;
use crate::schemas::customer::{CreateCustomer, Customer, UpdateCustomer};
use crate::schemas::patch::Patch;
use crate::schemas::upsert::Upsert;
use crate::services::external_ids;
use crate::services::upsert::{self, Upserted};

/// Reads the customer another system knows under an id.
pub async fn read_by_external_id(cx: &Context, id: &ExternalId) -> Result<Customer> {
    let known = external_ids::records(index::RESOURCE, Some(&id.system), Some(&id.id));
    let select = customer::Entity::find().filter(customer::Column::Id.in_subquery(known));
    let found: Option<customer::Model> = cx.store.rows.one(select.filter(customer::visible_to(&cx.actor))).await?;
    found.map(Customer::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Makes the customer another system knows under an id, or changes the one that is there.
pub async fn upsert(
    cx: &Context,
    document: &Upsert<CreateCustomer>,
    conditions: &Preconditions,
) -> Result<Outcome<Customer>> {
    upsert::upsert(&Customers, cx, document, conditions).await
}

/// All customers.
struct Customers;

impl Upserted for Customers {
    const RESOURCE: &'static str = index::RESOURCE;
    type Row = customer::Model;
    type Beside = ();
    type Create = CreateCustomer;
    type Update = UpdateCustomer;
    type Reply = Customer;

    async fn create_in(&self, change: &Change, input: CreateCustomer) -> Result<customer::Model> {
        super::create_in(change, input).await
    }

    async fn lock_in(&self, change: &Change, id: Uuid) -> Result<((), customer::Model)> {
        let locked = super::lock_in(change, id).await.map_err(|error| match error.code() {
            Code::NotFound => upsert::taken(None),
            _ => error,
        });
        Ok(((), locked?))
    }

    fn is_archived(row: &customer::Model) -> bool {
        row.archived_at.is_some()
    }

    async fn patch_in(
        &self,
        change: &Change,
        ((), before): ((), customer::Model),
        patch: &Patch<UpdateCustomer>,
    ) -> Result<customer::Model> {
        super::patch_in(change, before, patch).await
    }

    fn reply(row: customer::Model) -> Result<Customer> {
        Ok(row.into())
    }

    fn place(reply: &Customer) -> (String, String) {
        (reply.location(), reply.etag())
    }
}
