//! What a record refers to: customers and users who must exist and whom the caller may know of, and the reference under
//! which another system sent it.

use std::collections::{BTreeSet, HashSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::domain::fault::{Fault, FaultCode};
use crate::entities::cells::Reads;
use crate::entities::{customer, timeline_event, user};
use crate::error::{Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::timeline;
use crate::schemas::timeline::SourceInput;

/// References of one record: where each stands, and to whom it leads.
#[derive(Debug, Default)]
pub struct References {
    users: Vec<(String, Uuid)>,
    customers: Vec<(String, Uuid)>,
}

impl References {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A user.
    pub fn user(&mut self, pointer: impl Into<String>, id: Option<Uuid>) -> &mut Self {
        self.users.extend(id.map(|id| (pointer.into(), id)));
        self
    }

    /// A customer.
    pub fn customer(&mut self, pointer: impl Into<String>, id: Option<Uuid>) -> &mut Self {
        self.customers.extend(id.map(|id| (pointer.into(), id)));
        self
    }

    /// Refuses users that do not exist and customers the caller may not know of. One query for each kind.
    pub async fn exist(&self, change: &Change) -> Result<()> {
        let users = known_users(change, self.users.iter().map(|(_, id)| *id).collect()).await?;
        let customers = known_customers(change, self.customers.iter().map(|(_, id)| *id).collect()).await?;
        let mut faults = Vec::new();
        for (references, known, kind) in [(&self.users, users, "user"), (&self.customers, customers, "customer")] {
            let unknown = references.iter().filter(|(_, id)| !known.contains(id));
            faults.extend(unknown.map(|(pointer, _)| {
                FieldError::at_pointer(pointer.clone(), Fault::new(FaultCode::Reference).with("type", kind))
            }));
        }
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }
}

/// The record a system already sent under this reference. A reference that means something else is refused: another kind
/// of record, or one that is not `of_same`, such as the same customer. Whoever asks holds the lock that keeps others from
/// sending it meanwhile.
pub async fn sent_before(
    change: &Change,
    source: Option<&SourceInput>,
    kind: &str,
    of_same: impl FnOnce(&timeline_event::Model) -> bool,
) -> Result<Option<Uuid>> {
    let Some((system, reference)) = source.and_then(|source| Some((&source.system, source.reference.as_ref()?))) else {
        return Ok(None);
    };
    match timeline::by_reference(change, system, reference).await? {
        None => Ok(None),
        Some(event) if event.subject_type == kind && of_same(&event) => Ok(Some(event.subject_id)),
        Some(event) => Err(super::timeline::reference_taken(change, &event).await?),
    }
}

async fn known_users(change: &Change, ids: BTreeSet<Uuid>) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let select = user::Entity::find().select_only().column(user::Column::Id);
    let found: Vec<(Uuid,)> = change.tuples(select.filter(user::Column::Id.is_in(ids))).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

async fn known_customers(change: &Change, ids: BTreeSet<Uuid>) -> Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let select = customer::Entity::find().select_only().column(customer::Column::Id);
    let visible = select.filter(customer::visible_to(&change.cx().actor));
    let found: Vec<(Uuid,)> = change.tuples(visible.filter(customer::Column::Id.is_in(ids))).await?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}
