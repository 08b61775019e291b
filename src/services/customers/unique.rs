//! What no two customers may have: number and external ids.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::index::RESOURCE;
use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::ExternalId;
use crate::schemas::customer::CreateCustomer;
use crate::services::external_ids;

/// Refuses what another customer has already, naming every place and, if the caller may know of them, the customer.
/// Whoever comes at the same moment is refused by the database.
pub async fn check(change: &Change, fields: &CreateCustomer, before: Option<&customer::Model>) -> Result<()> {
    let mut taken = Vec::new();
    if let Some(number) = &fields.customer_number
        && before.is_none_or(|before| before.customer_number != *number)
    {
        let select = customer::Entity::find().select_only().column(customer::Column::Id);
        let holders: Vec<(Uuid,)> = change.tuples(select.filter(customer::Column::CustomerNumber.eq(number))).await?;
        taken.extend(holders.into_iter().map(|(id,)| ("/customer_number".to_owned(), id)));
    }
    let unchanged = match before {
        Some(before) => stored(before)? == fields.external_ids,
        None => false,
    };
    if !unchanged {
        let own = before.map(|before| before.id);
        taken.extend(external_ids::taken(change, RESOURCE, own, &fields.external_ids).await?);
    }
    if taken.is_empty() {
        return Ok(());
    }
    let mut visible = None;
    for (_, id) in &taken {
        if visible.is_none() && change.exists(customer::Entity::find_visible(*id, &change.cx().actor)).await? {
            visible = Some(*id);
        }
    }
    Err(Error::already_exists(taken.into_iter().map(|(pointer, _)| pointer), visible))
}

fn stored(row: &customer::Model) -> Result<Vec<ExternalId>> {
    serde_json::from_str(&row.external_ids).map_err(Error::internal)
}
