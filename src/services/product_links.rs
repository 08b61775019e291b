//! Which products records are about: the rows beside them that lists are filtered by.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait};
use uuid::Uuid;

use crate::history::change::Change;

/// A table of links: its name, the column of the product, and that of the record.
pub struct Links<E: EntityTrait> {
    /// The table.
    pub table: E,
    /// The product.
    pub product: E::Column,
    /// The record.
    pub record: E::Column,
}

impl<E: EntityTrait> Links<E> {
    /// Makes the links of a record those of its products, by difference.
    pub fn follow(&self, change: &Change, id: Uuid, before: &BTreeSet<Uuid>, after: &BTreeSet<Uuid>) {
        for product_id in before.difference(after) {
            let this = Condition::all().add(self.product.eq(*product_id)).add(self.record.eq(id));
            change.defer(Query::delete().from_table(self.table).cond_where(this).to_owned());
        }
        for product_id in after.difference(before) {
            let mut insert = Query::insert();
            insert
                .into_table(self.table)
                .columns([self.product, self.record])
                .values_panic([Expr::value(*product_id), Expr::value(id)]);
            change.defer(insert);
        }
    }

    /// The records about one of these products.
    pub fn records(&self, products: &[Uuid]) -> SelectStatement {
        let mut select = Query::select();
        select.column(self.record).from(self.table).and_where(self.product.is_in(products.iter().copied()));
        select
    }
}
