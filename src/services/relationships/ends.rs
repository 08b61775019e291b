//! The customers at the ends of links.

use std::collections::{BTreeSet, HashMap};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use crate::domain::actor::Actor;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::past::Past;
use crate::domain::relationship::RelationshipKind;
use crate::entities::cells::{Locks, Reads};
use crate::entities::customer;
use crate::entities::relationship::{End, Model};
use crate::error::{Code, Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::past;

/// Whoever counts here has the right to change trees of companies until the end of their change: a circle can be closed
/// by links that have no customer in common.
const TREES: &str = "company_tree_changes";

/// Customers by their ids.
pub struct Known(HashMap<Uuid, End>);

/// Both ends of one link.
pub struct Ends {
    /// The first one.
    pub from: End,
    /// The second one.
    pub to: End,
}

/// The ends of a link as far as the caller may know of them.
pub struct Found {
    from: Option<End>,
    to: Option<End>,
}

impl Found {
    /// Both, or the places of those there are not.
    pub fn both(self) -> Result<Ends, Vec<FieldError>> {
        let missing =
            |pointer: &str| FieldError::at_pointer(pointer, Fault::new(FaultCode::Reference).with("type", "customer"));
        match (self.from, self.to) {
            (Some(from), Some(to)) => Ok(Ends { from, to }),
            (Some(_), None) => Err(vec![missing("/to_customer_id")]),
            (None, Some(_)) => Err(vec![missing("/from_customer_id")]),
            (None, None) => Err(vec![missing("/from_customer_id"), missing("/to_customer_id")]),
        }
    }
}

impl Ends {
    /// Refuses kinds of customers that a type of link does not join.
    pub fn must_fit(&self, kind: RelationshipKind) -> Result<()> {
        let facts = kind.facts();
        let ends = [("/from_customer_id", &self.from, facts.from), ("/to_customer_id", &self.to, facts.to)];
        let wrong = ends.into_iter().filter(|(_, end, kinds)| !kinds.contains(&end.kind.as_str()));
        let faults: Vec<_> = wrong
            .map(|(pointer, end, _)| {
                FieldError::at_pointer(pointer, Fault::new(FaultCode::KindMismatch).with("kind", &end.kind))
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }

    /// Refuses customers who are archived.
    pub fn not_archived(&self) -> Result<()> {
        let archived = self.from.archived_at.is_some() || self.to.archived_at.is_some();
        if archived { Err(Error::new(Code::Archived)) } else { Ok(()) }
    }
}

impl Known {
    /// Both ends of a link.
    pub fn of_link(&self, row: &Model) -> Result<Ends> {
        let one = |id| self.0.get(id).cloned().ok_or_else(|| Error::internal("a relationship without its customer"));
        Ok(Ends { from: one(&row.from_id)?, to: one(&row.to_id)? })
    }

    /// One of them.
    pub fn get(&self, id: Uuid) -> Option<&End> {
        self.0.get(&id)
    }
}

fn select(ids: impl IntoIterator<Item = Uuid>) -> Select<customer::Entity> {
    let ids: BTreeSet<Uuid> = ids.into_iter().collect();
    shown(customer::Entity::find().filter(customer::Column::Id.is_in(ids)))
}

fn shown(select: Select<customer::Entity>) -> Select<customer::Entity> {
    use customer::Column;
    select.select_only().columns([Column::Id, Column::Kind, Column::DisplayName, Column::ArchivedAt])
}

fn known(rows: Vec<End>) -> Known {
    Known(rows.into_iter().map(|end| (end.id, end)).collect())
}

/// Customers as they are or were, one query for all; whether the caller may know of them was asked before.
pub async fn of(reader: &impl Reads, past: Option<Past>, ids: impl IntoIterator<Item = Uuid>) -> Result<Known> {
    Ok(known(reader.tuples(shown(past::of(past, select(ids), reader.backend()))).await?))
}

/// Those of the customers whom the actor may know of, as they are or were.
pub async fn visible(
    reader: &impl Reads,
    actor: &Actor,
    past: Option<Past>,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<Known> {
    let these = select(ids).filter(customer::visible_to(actor));
    Ok(known(reader.tuples(shown(past::of(past, these, reader.backend()))).await?))
}

/// Locks the ends of a link until the end of the change, and all trees first if it is part of one.
pub async fn lock_in(change: &Change, kind: RelationshipKind, from: Uuid, to: Uuid) -> Result<Found> {
    if kind == RelationshipKind::SubsidiaryOf {
        change.one_after_another(TREES).await?;
    }
    let both = select([from, to]).filter(customer::visible_to(&change.cx().actor));
    let Known(mut known) = known(change.tuples(both.order_by_asc(customer::Column::Id).lock_for_change()).await?);
    Ok(Found { from: known.remove(&from), to: known.remove(&to) })
}
