//! What several links make up: trees of companies, and households. Read level by level, two queries each.

use std::collections::HashSet;

use chrono::NaiveDate;
use sea_orm::sea_query::IntoCondition;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use uuid::Uuid;

use super::ends;
use crate::domain::date;
use crate::domain::past::Past;
use crate::domain::period::Period;
use crate::domain::relationship::{LEVELS_MAX, RelationshipKind};
use crate::entities::cells::Reads;
use crate::entities::relationship::{Column, End, Entity, during};
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::history::past;
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::relationship::{CompanyTree, CompanyTreeNode, Household, OnDayQuery};

/// Most companies of a tree that are shown.
const NODES_MAX: usize = 1000;
/// Most members of a household that are shown.
const MEMBERS_MAX: usize = 100;
/// Most links of a household that are followed at once.
const LINKS_MAX: u64 = 1000;

/// How links are looked at: which hold on a day, as they are or as they were known.
struct View<'a> {
    cx: &'a Context,
    day: NaiveDate,
    past: Option<Past>,
}

impl<'a> View<'a> {
    fn new(cx: &'a Context, Both(on_day, past): &Both<OnDayQuery, PastQuery>) -> Result<Self> {
        let past = past.past()?;
        let today = || past.map_or_else(|| cx.clock.now(), |past| past.as_of).day();
        let day = date::parse(&on_day.current_on.clone().unwrap_or_else(today));
        let day = day.map_err(|fault| Error::bad_parameter("current_on", fault))?;
        // On which days a link holds is told by itself, not by when it was entered.
        Ok(Self { cx, day, past: past.map(Past::known) })
    }

    /// The links of a type with such ends. Whom a link joins, and how, never changes.
    fn links(&self, kind: RelationshipKind, ends: impl IntoCondition) -> Select<Entity> {
        let these = Entity::find().filter(Column::Kind.eq(kind.as_str())).filter(ends);
        past::of(self.past, these, self.cx.store.rows.backend())
            .filter(Column::ArchivedAt.is_null())
            .filter(during(Period::day(self.day)))
            .order_by_asc(Column::Id)
    }

    /// Those of the customers whom the caller may know of, called as at the time.
    async fn known(&self, ids: impl IntoIterator<Item = Uuid>) -> Result<ends::Known> {
        ends::visible(&self.cx.store.rows, &self.cx.actor, self.past, ids).await
    }

    async fn one(&self, id: Uuid) -> Result<End> {
        self.known([id]).await?.get(id).cloned().ok_or_else(|| Error::new(Code::NotFound))
    }
}

/// The whole tree a company is part of on a day.
pub async fn company_tree(cx: &Context, customer_id: Uuid, query: &Both<OnDayQuery, PastQuery>) -> Result<CompanyTree> {
    let view = View::new(cx, query)?;
    let mut line = vec![view.one(customer_id).await?];
    while line.len() < LEVELS_MAX
        && let Some(parent) = parent(&view, &line).await?
    {
        line.push(parent);
    }
    line.reverse();
    let ancestor_ids = line.iter().map(|end| end.id).filter(|id| *id != customer_id).collect();
    let top = line.swap_remove(0);
    let mut level = vec![top.id];
    let mut seen = HashSet::from([top.id]);
    let mut nodes = vec![CompanyTreeNode { customer: top.into(), depth: 0, parent_id: None, relationship_id: None }];
    let mut truncated = false;
    for depth in 1.. {
        let below = view.links(RelationshipKind::SubsidiaryOf, Column::ToId.is_in(level.iter().copied()));
        // One more than there is room for tells that something is left out.
        let room = NODES_MAX - nodes.len();
        let below = cx.store.rows.all(below.limit(u64::try_from(room + 1).unwrap_or(u64::MAX)));
        let below = below.await?;
        truncated = truncated || below.len() > room;
        let known = view.known(below.iter().map(|link| link.from_id)).await?;
        level.clear();
        for link in below.into_iter().take(room) {
            let Some(end) = known.get(link.from_id) else { continue };
            if seen.insert(end.id) {
                level.push(end.id);
                nodes.push(CompanyTreeNode {
                    customer: end.clone().into(),
                    depth,
                    parent_id: Some(link.to_id),
                    relationship_id: Some(link.id),
                });
            }
        }
        if level.is_empty() || truncated {
            break;
        }
    }
    Ok(CompanyTree { current_on: view.day.to_string(), ancestor_ids, nodes, truncated })
}

/// The parent of the last company of a line, if the caller may know of it.
async fn parent(view: &View<'_>, line: &[End]) -> Result<Option<End>> {
    let Some(last) = line.last() else { return Ok(None) };
    let above = view.links(RelationshipKind::SubsidiaryOf, Column::FromId.eq(last.id));
    let Some(link) = view.cx.store.rows.one(above).await? else { return Ok(None) };
    let known = view.known([link.to_id]).await?;
    // The levels are read one after another: what changed meanwhile must not lead round in a circle.
    let is_known = line.iter().any(|end| end.id == link.to_id);
    Ok(known.get(link.to_id).filter(|_| !is_known).cloned())
}

/// The household a person belongs to on a day.
pub async fn household(cx: &Context, customer_id: Uuid, query: &Both<OnDayQuery, PastQuery>) -> Result<Household> {
    let view = View::new(cx, query)?;
    let first = view.one(customer_id).await?;
    let mut seen = HashSet::from([first.id]);
    let mut level = vec![first.id];
    let mut members = vec![first];
    let mut truncated = false;
    while !level.is_empty() && !truncated {
        let either = Condition::any()
            .add(Column::FromId.is_in(level.iter().copied()))
            .add(Column::ToId.is_in(level.iter().copied()));
        let links = view.links(RelationshipKind::HouseholdMemberOf, either);
        let links = cx.store.rows.all(links.limit(LINKS_MAX)).await?;
        truncated = u64::try_from(links.len()).is_ok_and(|found| found == LINKS_MAX);
        let found = links.iter().flat_map(|link| [link.to_id, link.from_id]);
        let new: Vec<Uuid> = found.filter(|id| seen.insert(*id)).collect();
        let known = view.known(new.iter().copied()).await?;
        level.clear();
        for end in new.into_iter().filter_map(|id| known.get(id)) {
            if members.len() == MEMBERS_MAX {
                truncated = true;
                break;
            }
            level.push(end.id);
            members.push(end.clone());
        }
    }
    let members = members.into_iter().map(Into::into).collect();
    Ok(Household { current_on: view.day.to_string(), members, truncated })
}
