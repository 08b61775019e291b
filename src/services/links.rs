//! What records are about that lists are filtered by: products, invoices, people who work on them. Rows beside the records
//! lead to them; records of the past are asked themselves.

use sea_orm::sea_query::{DynIden, Expr, ExprTrait, Func, IntoIden, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait};
use uuid::Uuid;

use super::records::{Kind, State, Table};
use crate::entities::record::Record;
use crate::history::change::Change;
use crate::history::following::{Following, Form};

/// A table of links, and where a record itself says what it is linked with.
pub struct Links {
    table: DynIden,
    record: DynIden,
    other: DynIden,
    list: &'static str,
    member: Option<&'static str>,
}

impl Links {
    /// The table with the columns of the record and of what it is linked with. The ids stand in a list among what callers
    /// wrote: in a member of its items, or without one as they are.
    pub fn of<E: EntityTrait>(
        table: E,
        (record, other): (E::Column, E::Column),
        (list, member): (&'static str, Option<&'static str>),
    ) -> Self {
        Self { table: table.into_iden(), record: record.into_iden(), other: other.into_iden(), list, member }
    }

    /// The table, to be compared with the records.
    pub fn following(&self) -> Following {
        let columns = [(self.other.clone(), Form::Id), (self.record.clone(), Form::Id)];
        Following::new(self.table.clone(), columns, 1)
    }

    /// Whether a record says itself that it is linked with one of these: `fields` are what callers wrote.
    fn stand_in(&self, fields: Expr, others: &[Uuid], backend: DbBackend) -> SimpleExpr {
        let (items, plain) = match backend {
            DbBackend::Postgres => {
                let list = Func::cust("jsonb_extract_path").arg(fields.cast_as("jsonb")).arg(self.list);
                (Func::cust("jsonb_array_elements").arg(list), "value #>> '{}'")
            }
            _ => (Func::cust("json_each").arg(fields).arg(format!("$.{}", self.list)), "value"),
        };
        // Names of members are ours.
        let id = Expr::cust(self.member.map_or(plain.to_owned(), |member| format!("value ->> '{member}'")));
        let listed = Query::select()
            .expr(Expr::val(1))
            .from_function(items, "listed")
            .and_where(id.is_in(others.iter().map(Uuid::to_string)))
            .to_owned();
        Expr::exists(listed)
    }
}

/// Makes the links of a record those of its state, by difference.
pub fn follow<K: Kind>(change: &Change, id: Uuid, before: Option<&State<K>>, after: &State<K>) {
    let Some(Links { table, record, other, .. }) = K::links() else { return };
    let (before, after) = (before.map(K::linked).unwrap_or_default(), K::linked(after));
    for gone in before.difference(&after) {
        let mut delete = Query::delete();
        delete.from_table(table.clone());
        delete.and_where(Expr::col(other.clone()).eq(*gone)).and_where(Expr::col(record.clone()).eq(id));
        change.defer(delete);
    }
    for new in after.difference(&before) {
        let mut insert = Query::insert();
        insert.into_table(table.clone()).columns([other.clone(), record.clone()]);
        insert.values_panic([Expr::value(*new), Expr::value(id)]);
        change.defer(insert);
    }
}

/// The records linked with one of these; all without any. Records of the past have no rows beside them.
pub fn condition<K: Kind>(others: &[Uuid], of_the_past: bool, backend: DbBackend) -> Condition {
    let Some(links) = K::links().filter(|_| !others.is_empty()) else { return Condition::all() };
    let columns = K::Row::COMMON;
    if of_the_past {
        let fields = Expr::col((<Table<K>>::default(), columns.fields));
        return Condition::all().add(links.stand_in(fields, others, backend));
    }
    let records = Query::select()
        .column(links.record)
        .from(links.table)
        .and_where(Expr::col(links.other).is_in(others.iter().copied()))
        .to_owned();
    Condition::all().add(columns.id.in_subquery(records))
}
