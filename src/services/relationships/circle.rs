//! Who belongs to a customer, and on which days: people at a company, subsidiaries, members of a household.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::ends;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::past::Past;
use crate::domain::period::Period;
use crate::domain::relationship::{LEVELS_MAX, RelationshipKind};
use crate::entities::cells::{Cells, Field, FromCells, Reads};
use crate::entities::customer;
use crate::entities::relationship::{Column, Entity};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::history::past;
use crate::history::timeline::Extent;
use crate::schemas::timeline::Include;

/// Most spans of days whose histories are read as one, each customer having one at least.
pub const LINKED_MAX: usize = 400;

/// Customers, and the days on which each of them belongs to the one who is asked about.
pub type Circle = BTreeMap<Uuid, Vec<Period>>;

/// The ends of a link, its first day and its last one, and how far the history of the one it comes from goes.
struct Link {
    from: Uuid,
    to: Uuid,
    first: Option<String>,
    last: Option<String>,
    extent: Option<Extent>,
}

impl FromCells for Link {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Ok(Self {
            from: Field::read(cells, 0)?,
            to: Field::read(cells, 1)?,
            first: Field::read(cells, 2)?,
            last: Field::read(cells, 3)?,
            extent: Extent::read(cells, 4)?,
        })
    }
}

/// Those who belong to a customer in the ways asked for, as it is or as it was known, as far as the caller may know of them;
/// and how far the histories of some of them go, which is read on the way.
pub async fn of(
    cx: &Context,
    customer_id: Uuid,
    include: &[Include],
    past: Option<Past>,
) -> Result<(Circle, HashMap<Uuid, Extent>)> {
    let own = Circle::from([(customer_id, vec![Period::ALWAYS])]);
    let mut circle = own.clone();
    let mut extents = HashMap::new();
    let seen = &mut extents;
    if include.contains(&Include::Subsidiaries) {
        widen(cx, past, seen, &mut circle, own.clone(), &[RelationshipKind::SubsidiaryOf], LEVELS_MAX).await?;
    }
    if include.contains(&Include::People) {
        let companies = circle.clone();
        let kinds = [RelationshipKind::EmployeeOf, RelationshipKind::ContactPersonOf];
        widen(cx, past, seen, &mut circle, companies, &kinds, 1).await?;
    }
    if include.contains(&Include::Household) {
        widen(cx, past, seen, &mut circle, own, &[RelationshipKind::HouseholdMemberOf], LEVELS_MAX).await?;
    }
    circle.remove(&customer_id);
    Ok((circle, extents))
}

/// Follows links from a level of customers to the next one, one query each, and adds whom they lead to.
async fn widen(
    cx: &Context,
    past: Option<Past>,
    extents: &mut HashMap<Uuid, Extent>,
    circle: &mut Circle,
    mut level: Circle,
    kinds: &[RelationshipKind],
    levels: usize,
) -> Result<()> {
    for _ in 0..levels {
        if level.is_empty() {
            break;
        }
        let mut next = Circle::new();
        for link in links(cx, past, kinds, level.keys().copied()).await? {
            extents.extend(link.extent.map(|extent| (link.from, extent)));
            for (here, there) in steps((link.from, link.to), kinds, &level) {
                let held = Period::parse(link.first.as_deref(), link.last.as_deref());
                let held = held.map_err(|_| Error::internal("a stored day is one"))?;
                let days = level.get(&here).into_iter().flatten().filter_map(|days| days.intersection(held));
                next.entry(there).or_default().extend(days);
            }
        }
        next.retain(|_, days| !days.is_empty());
        // Whoever sees every customer need not be asked about these.
        if !customer::visible_to(&cx.actor).is_empty() {
            let known = ends::visible(&cx.store.rows, &cx.actor, None, next.keys().copied()).await?;
            next.retain(|id, _| known.get(*id).is_some());
        }
        let mut new = Circle::new();
        for (id, days) in next {
            let before = circle.entry(id).or_default();
            let after = Period::union(before.iter().copied().chain(days));
            // Whoever is reached on no further day leads to nobody new: so circles of links come to an end.
            if after != *before {
                before.clone_from(&after);
                new.insert(id, after);
            }
        }
        if circle.values().map(Vec::len).sum::<usize>() > LINKED_MAX {
            let fault = Fault::new(FaultCode::TooManyItems).with("limit", LINKED_MAX.to_string());
            return Err(Error::bad_parameter("include", fault));
        }
        level = new;
    }
    Ok(())
}

/// From whom to whom a link leads: towards those who belong to a customer, within a household both ways.
fn steps((from, to): (Uuid, Uuid), kinds: &[RelationshipKind], level: &Circle) -> Vec<(Uuid, Uuid)> {
    let both_ways = kinds == [RelationshipKind::HouseholdMemberOf];
    let mut steps = Vec::new();
    if level.contains_key(&to) {
        steps.push((to, from));
    }
    if both_ways && level.contains_key(&from) {
        steps.push((from, to));
    }
    steps
}

async fn links(
    cx: &Context,
    past: Option<Past>,
    kinds: &[RelationshipKind],
    of: impl Iterator<Item = Uuid>,
) -> Result<Vec<Link>> {
    let of: BTreeSet<Uuid> = of.collect();
    let mut ends = Condition::any().add(Column::ToId.is_in(of.iter().copied()));
    if kinds == [RelationshipKind::HouseholdMemberOf] {
        ends = ends.add(Column::FromId.is_in(of.iter().copied()));
    }
    let links = Entity::find().filter(Column::Kind.is_in(kinds.iter().map(|kind| kind.as_str()))).filter(ends);
    // Whom a link joins, and how, never changes. A link that was entered since was none then.
    let links = past::of(past.map(Past::known), links, cx.store.rows.backend())
        .filter(Column::ArchivedAt.is_null())
        .select_only()
        .columns([Column::FromId, Column::ToId, Column::ValidFrom, Column::ValidTo]);
    let links = Extent::beside(links, (Entity, Column::FromId));
    // A person may have been with a company several times.
    let most = u64::try_from(LINKED_MAX * 4).unwrap_or(u64::MAX);
    let links: Vec<Link> = cx.store.rows.tuples(links.limit(most + 1)).await?;
    if u64::try_from(links.len()).is_ok_and(|found| found > most) {
        let fault = Fault::new(FaultCode::TooManyItems).with("limit", LINKED_MAX.to_string());
        return Err(Error::bad_parameter("include", fault));
    }
    Ok(links)
}
