//! Who belongs to a customer, and on which days: people at a company, subsidiaries, members of a household.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect};
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

/// Those who belong to a customer.
pub type Circle = BTreeMap<Uuid, Member>;

/// Somebody who belongs to a customer.
#[derive(Default)]
pub struct Member {
    /// On which days.
    pub days: Vec<Period>,
    /// How far their history goes, where that was read on the way.
    pub extent: Option<Extent>,
}

/// The ends of a link, the days on which it holds, and how far the history of the one it comes from goes.
struct Link {
    from: Uuid,
    to: Uuid,
    held: Period,
    extent: Option<Extent>,
}

impl FromCells for Link {
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        Ok(Self {
            from: Field::read(cells, 0)?,
            to: Field::read(cells, 1)?,
            held: Period::parse(cells.text(2)?, cells.text(3)?)
                .map_err(|_| DbErr::Type("a stored day cannot be read".to_owned()))?,
            extent: Extent::read(cells, 4)?,
        })
    }
}

/// Those who belong to a customer in the ways asked for, as it is or as it was known, as far as the caller may know of them.
pub async fn of(cx: &Context, customer_id: Uuid, include: &[Include], past: Option<Past>) -> Result<Circle> {
    let always = Member { days: vec![Period::ALWAYS], extent: None };
    let mut circle = Circle::from([(customer_id, always)]);
    let own = BTreeSet::from([customer_id]);
    if include.contains(&Include::Subsidiaries) {
        widen(cx, past, &mut circle, own.clone(), &[RelationshipKind::SubsidiaryOf], LEVELS_MAX).await?;
    }
    if include.contains(&Include::People) {
        let companies = circle.keys().copied().collect();
        let kinds = [RelationshipKind::EmployeeOf, RelationshipKind::ContactPersonOf];
        widen(cx, past, &mut circle, companies, &kinds, 1).await?;
    }
    if include.contains(&Include::Household) {
        widen(cx, past, &mut circle, own, &[RelationshipKind::HouseholdMemberOf], LEVELS_MAX).await?;
    }
    circle.remove(&customer_id);
    Ok(circle)
}

/// Follows links from a level of customers to the next one, one query each, and adds whom they lead to.
async fn widen(
    cx: &Context,
    past: Option<Past>,
    circle: &mut Circle,
    mut level: BTreeSet<Uuid>,
    kinds: &[RelationshipKind],
    levels: usize,
) -> Result<()> {
    for _ in 0..levels {
        if level.is_empty() {
            break;
        }
        let mut reached: Vec<(Uuid, Period, Option<Extent>)> = Vec::new();
        for link in links(cx, past, kinds, &level).await? {
            for (here, there) in steps(&link, kinds, &level).into_iter().flatten() {
                let extent = link.extent.filter(|_| there == link.from);
                let days = circle.get(&here).into_iter().flat_map(|member| &member.days);
                let common = days.filter_map(|days| days.intersection(link.held));
                reached.extend(common.map(|days| (there, days, extent)));
            }
        }
        reached.sort_unstable_by_key(|(id, ..)| *id);
        // Whoever sees every customer need not be asked about these.
        if !customer::visible_to(&cx.actor).is_empty() {
            let known = ends::visible(&cx.store.rows, &cx.actor, None, reached.iter().map(|(id, ..)| *id)).await?;
            reached.retain(|(id, ..)| known.get(*id).is_some());
        }
        let mut next = BTreeSet::new();
        for of_one in reached.chunk_by(|(one, ..), (other, ..)| one == other) {
            let [(id, ..), ..] = *of_one else { continue };
            let member = circle.entry(id).or_default();
            member.extent = of_one.iter().find_map(|(.., extent)| *extent).or(member.extent);
            let days = of_one.iter().map(|(_, days, _)| *days);
            let after = Period::union(member.days.iter().copied().chain(days));
            // Whoever is reached on no further day leads to nobody new: so circles of links come to an end.
            if after != member.days {
                member.days = after;
                next.insert(id);
            }
        }
        if circle.values().map(|member| member.days.len()).sum::<usize>() > LINKED_MAX {
            let fault = Fault::new(FaultCode::TooManyItems).with("limit", LINKED_MAX.to_string());
            return Err(Error::bad_parameter("include", fault));
        }
        level = next;
    }
    Ok(())
}

/// From whom to whom a link leads: towards those who belong to a customer, within a household both ways.
fn steps(link: &Link, kinds: &[RelationshipKind], level: &BTreeSet<Uuid>) -> [Option<(Uuid, Uuid)>; 2] {
    let both_ways = kinds == [RelationshipKind::HouseholdMemberOf];
    [
        level.contains(&link.to).then_some((link.to, link.from)),
        (both_ways && level.contains(&link.from)).then_some((link.from, link.to)),
    ]
}

async fn links(cx: &Context, past: Option<Past>, kinds: &[RelationshipKind], of: &BTreeSet<Uuid>) -> Result<Vec<Link>> {
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
