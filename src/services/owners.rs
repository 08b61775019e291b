//! Who can own records. Everybody may know their names; the addresses they sign in with are left to those who read
//! users.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::{order, pages};
use crate::entities::user::{Column, Entity};
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::owner::{Owner, OwnerQuery};
use crate::schemas::page::{Found, PageRequest};

const SORTS: &[(&str, Column)] = &[("display_name", Column::SortKey)];

/// One page of users, by name.
pub async fn list(cx: &Context, query: &OwnerQuery, page: &PageRequest) -> Result<Found<Owner>> {
    let mut all = Condition::all();
    if !query.role.is_empty() {
        all = all.add(Column::Role.is_in(query.role.iter().map(|role| role.as_str())));
    }
    all = match query.active {
        None => all,
        Some(true) => all.add(Column::DisabledAt.is_null()),
        Some(false) => all.add(Column::DisabledAt.is_not_null()),
    };
    let order = order::by(None, "display_name", SORTS, Column::Id);
    pages::find(cx, Entity::find().filter(all), &order, page, Owner::from).await
}
