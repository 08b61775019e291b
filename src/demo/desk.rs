//! What scenes can do with records: the services behind each kind and each verb.

use std::any::type_name;
use std::collections::HashMap;

use futures_util::future::BoxFuture;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::entities::cells::Reads;
use crate::entities::record::Record;
use crate::entities::task;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::loyalty::CreateLoyaltyTransaction;
use crate::schemas::record::Create;
use crate::schemas::relationship::{CreateRelationship, EndRelationship};
use crate::schemas::task::{CloseTask, TaskStatus};
use crate::schemas::ticket::CreateTicketComment;
use crate::schemas::{Checked, shape};
use crate::services::loyalty::LoyaltyMemberships;
use crate::services::records::{self, Kind, Move};
use crate::services::tickets::Tickets;
use crate::services::{
    campaign_touches, campaigns, consents, contracts, custom_fields, customers, deliveries, documents, dunning_notices,
    feedback, invoices, loyalty, opportunities, orders, owned_products, payments, pipelines, products, projects,
    quotes, referrals, relationships, task_sets, task_templates, tasks, tickets,
};

/// Makes a record for a customer, or in a catalogue. Answers its id.
type Making = for<'a> fn(&'a Change, Option<Uuid>, Value) -> BoxFuture<'a, Result<Uuid>>;
/// Does something with a record.
type Acting = for<'a> fn(&'a Change, Uuid, Value) -> BoxFuture<'a, Result<()>>;

/// Everything scenes can do.
pub struct Desk {
    making: HashMap<&'static str, Making>,
    acting: HashMap<(&'static str, &'static str), Acting>,
}

impl Desk {
    /// All kinds and moves the invented histories need.
    pub fn new() -> Self {
        let (making, acting) = (HashMap::new(), HashMap::new());
        let mut desk = Self { making, acting };
        desk.catalogues();
        desk.sales();
        desk.finance();
        desk.service();
        desk.marketing();
        desk.making.insert("relationship", link);
        desk.acting.insert(("relationship", "end"), unlink);
        desk
    }

    fn catalogues(&mut self) {
        self.kind::<products::Products>();
        self.step::<products::Discontinue>();
        self.kind::<pipelines::Pipelines>();
        self.kind::<task_templates::TaskTemplates>();
        self.kind::<custom_fields::CustomFieldDefinitions>();
        self.kind::<campaigns::Campaigns>();
        self.step::<campaigns::Start>();
        self.step::<campaigns::Finish>();
    }

    fn sales(&mut self) {
        self.kind::<opportunities::Opportunities>();
        self.step::<opportunities::Advance>();
        self.step::<opportunities::Win>();
        self.step::<opportunities::Lose>();
        self.kind::<quotes::Quotes>();
        self.step::<quotes::Send>();
        self.step::<quotes::Decline>();
        self.kind::<orders::Orders>();
        self.step::<orders::Confirm>();
        self.step::<orders::Cancel>();
        self.kind::<deliveries::Deliveries>();
        self.step::<deliveries::Ship>();
        self.step::<deliveries::Deliver>();
        self.kind::<contracts::Contracts>();
        self.step::<contracts::Activate>();
        self.step::<contracts::Renew>();
        self.step::<contracts::Cancel>();
        self.kind::<owned_products::OwnedProducts>();
        self.step::<owned_products::Decommission>();
        self.kind::<projects::Projects>();
        self.step::<projects::Start>();
        self.step::<projects::Pause>();
        self.step::<projects::Resume>();
        self.step::<projects::Complete>();
    }

    fn finance(&mut self) {
        self.kind::<invoices::Invoices>();
        self.step::<invoices::Issue>();
        self.step::<invoices::WriteOff>();
        self.kind::<payments::Payments>();
        self.kind::<dunning_notices::DunningNotices>();
    }

    fn service(&mut self) {
        self.kind::<tickets::Tickets>();
        self.step::<tickets::Accept>();
        self.step::<tickets::Wait>();
        self.step::<tickets::Escalate>();
        self.step::<tickets::Resolve>();
        self.step::<tickets::Close>();
        self.step::<tickets::Reopen>();
        self.acting.insert(("ticket", "comment"), comment);
        self.kind::<feedback::Feedback>();
        self.step::<feedback::Acknowledge>();
        self.step::<feedback::Resolve>();
        self.step::<feedback::Reject>();
        self.kind::<tasks::Tasks>();
        self.step::<tasks::Complete>();
        self.step::<tasks::Cancel>();
        self.kind::<task_sets::TaskSets>();
        self.acting.insert(("task_set", "complete_next"), complete_next);
        self.kind::<documents::Documents>();
        self.step::<documents::Upload>();
    }

    fn marketing(&mut self) {
        self.kind::<consents::Consents>();
        self.kind::<campaign_touches::CampaignTouches>();
        self.step::<campaign_touches::Open>();
        self.step::<campaign_touches::Respond>();
        self.step::<campaign_touches::Bounce>();
        self.step::<campaign_touches::Unsubscribe>();
        self.kind::<LoyaltyMemberships>();
        self.step::<loyalty::End>();
        self.acting.insert(("loyalty_membership", "book"), book);
        self.kind::<referrals::Referrals>();
        self.step::<referrals::Register>();
        self.step::<referrals::Convert>();
        self.step::<referrals::Reward>();
        self.step::<referrals::Decline>();
    }

    fn kind<K: Kind>(&mut self) {
        self.making.insert(K::words().one, make::<K>);
    }

    fn step<M: Move>(&mut self) {
        self.acting.insert((M::Kind::words().one, M::FACTS.verb), act::<M>);
    }

    /// Makes a record of a kind. Answers its id.
    pub async fn make(&self, change: &Change, kind: &str, customer_id: Option<Uuid>, body: Value) -> Result<Uuid> {
        let making = self.making.get(kind).ok_or_else(|| Error::internal(format!("nobody makes a {kind}")))?;
        making(change, customer_id, body).await
    }

    /// Does with a record what a verb says.
    pub async fn act(&self, change: &Change, (kind, verb): (&str, &str), id: Uuid, body: Value) -> Result<()> {
        let acting = self.acting.get(&(kind, verb)).ok_or_else(|| Error::internal(format!("nobody does {verb}")))?;
        acting(change, id, body).await
    }
}

/// Invented data is held to what everybody else may send.
fn valid<T: ToSchema + DeserializeOwned + Checked + 'static>(body: Value) -> Result<T> {
    let fits = shape::of_body::<T>()?.must_fit(&body);
    fits.map_err(|error| error.caused_by(format!("{} from {body}", type_name::<T>())))?;
    let input: T = serde_json::from_value(body).map_err(|error| Error::unfitting("", error))?;
    input.check()?;
    Ok(input)
}

fn make<K: Kind>(change: &Change, customer_id: Option<Uuid>, body: Value) -> BoxFuture<'_, Result<Uuid>> {
    Box::pin(async move {
        let input = valid::<Create<K::Fields>>(body)?;
        let customer = match customer_id {
            Some(id) => Some(customers::lock_in(change, id).await?),
            None => None,
        };
        Ok(records::create_in::<K>(change, customer.as_ref(), input).await?.id())
    })
}

fn act<M: Move>(change: &Change, id: Uuid, body: Value) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let input = valid::<M::Input>(body)?;
        let row = locked::<M::Kind>(change, id).await?;
        records::advance_in::<M>(change, &row, input).await.map(drop)
    })
}

async fn locked<K: Kind>(change: &Change, id: Uuid) -> Result<K::Row> {
    let (customer, row) = records::lock_in::<K>(change, id).await?;
    records::not_archived(customer.as_ref(), &row)?;
    Ok(row)
}

fn link(change: &Change, _customer_id: Option<Uuid>, body: Value) -> BoxFuture<'_, Result<Uuid>> {
    Box::pin(async move { Ok(relationships::create_in(change, valid::<CreateRelationship>(body)?).await?.id) })
}

fn unlink(change: &Change, id: Uuid, body: Value) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move { relationships::end_in(change, id, valid::<EndRelationship>(body)?).await.map(drop) })
}

fn comment(change: &Change, id: Uuid, body: Value) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let input = valid::<CreateTicketComment>(body)?;
        let ticket = locked::<Tickets>(change, id).await?;
        tickets::comment_in(change, &ticket, &input).await.map(drop)
    })
}

fn book(change: &Change, id: Uuid, body: Value) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let input = valid::<CreateLoyaltyTransaction>(body)?;
        let membership = locked::<LoyaltyMemberships>(change, id).await?;
        loyalty::book_in(change, &membership, &input).await.map(drop)
    })
}

/// Completes the task of a set that is due first.
fn complete_next(change: &Change, set_id: Uuid, body: Value) -> BoxFuture<'_, Result<()>> {
    Box::pin(async move {
        let input = valid::<CloseTask>(body)?;
        let next = task::Entity::find()
            .filter(task::Column::TaskSetId.eq(set_id))
            .filter(task::Column::Status.eq(TaskStatus::Open.as_str()))
            .order_by_asc(task::Column::DueAt)
            .order_by_asc(task::Column::Id);
        let next = change.one(next).await?.ok_or_else(|| Error::internal("a set of tasks has none left"))?;
        let task = locked::<tasks::Tasks>(change, next.id).await?;
        records::advance_in::<tasks::Complete>(change, &task, input).await.map(drop)
    })
}
