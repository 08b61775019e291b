//! One page of a list.

use sea_orm::{EntityTrait, Select};

use crate::entities::cells::{Reads, Row};
use crate::entities::keyset::{self, By};
use crate::error::{Code, Error, Result};
use crate::history::context::Context;
use crate::schemas::page::{Found, PageRequest};

/// Reads a page, and counts all entries if that was asked.
pub async fn find<E, T>(
    cx: &Context,
    select: Select<E>,
    order: &[By<E::Column>],
    page: &PageRequest,
    item: impl FnMut(E::Model) -> T,
) -> Result<Found<T>>
where
    E: EntityTrait,
    E::Model: Row,
{
    let total = if page.count { Some(cx.store.rows.count(select.clone()).await?) } else { None };
    let rows = keyset::page(select, order, page.mark.as_ref(), page.limit, &cx.store.rows).await?;
    Ok(Found::from_rows(rows.ok_or_else(|| Error::new(Code::InvalidCursor))?, total, item))
}
