//! What records are about that lists are filtered by: products, invoices, people who work on them. Rows beside the records
//! lead to them; records of the past are asked themselves.

use std::collections::BTreeSet;

use sea_orm::sea_query::{DynIden, Expr, ExprTrait, Func, IntoIden, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, DbBackend, EntityTrait};
use uuid::Uuid;

use super::records::{Kind, State, Table};
use crate::entities::record::{Columns, Record};
use crate::history::change::Change;
use crate::history::following::{Following, Form};

/// A table of links, and where a record itself says what it is linked with.
pub struct Links {
    table: DynIden,
    record: DynIden,
    other: DynIden,
    list: Option<&'static str>,
    members: &'static [&'static str],
}

impl Links {
    /// The table with the columns of the record and of what it is linked with. The ids stand in a list among what callers
    /// wrote, or in all of that: in members of its items, or without any as they are.
    pub fn of<E: EntityTrait>(
        table: E,
        (record, other): (E::Column, E::Column),
        (list, members): (Option<&'static str>, &'static [&'static str]),
    ) -> Self {
        Self { table: table.into_iden(), record: record.into_iden(), other: other.into_iden(), list, members }
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
                let fields = fields.cast_as("jsonb");
                let list = match self.list {
                    Some(list) => Func::cust("jsonb_extract_path").arg(fields).arg(list).into(),
                    None => fields,
                };
                (Func::cust("jsonb_array_elements").arg(list), "value #>> '{}'")
            }
            _ => {
                let list = self.list.map_or("$".to_owned(), |list| format!("$.{list}"));
                (Func::cust("json_each").arg(fields).arg(list), "value")
            }
        };
        // Names of members are ours.
        let ids = match self.members {
            [] => vec![plain.to_owned()],
            members => members.iter().map(|member| format!("value ->> '{member}'")).collect(),
        };
        let is_one = |id: String| Expr::cust(id).is_in(others.iter().map(Uuid::to_string));
        let listed = Query::select()
            .expr(Expr::val(1))
            .from_function(items, "listed")
            .cond_where(ids.into_iter().map(is_one).fold(Condition::any(), Condition::add))
            .to_owned();
        Expr::exists(listed)
    }

    /// Makes the rows of a record those of what it is linked with now, by difference.
    pub fn replace(&self, change: &Change, id: Uuid, before: &BTreeSet<Uuid>, after: &BTreeSet<Uuid>) {
        let Self { table, record, other, .. } = self;
        for gone in before.difference(after) {
            let mut delete = Query::delete();
            delete.from_table(table.clone());
            delete.and_where(Expr::col(other.clone()).eq(*gone)).and_where(Expr::col(record.clone()).eq(id));
            change.defer(delete);
        }
        for new in after.difference(before) {
            let mut insert = Query::insert();
            insert.into_table(table.clone()).columns([other.clone(), record.clone()]);
            insert.values_panic([Expr::value(*new), Expr::value(id)]);
            change.defer(insert);
        }
    }

    /// The records linked with one of these. Records of the past have no rows beside them.
    pub fn condition<E: EntityTrait>(
        self,
        others: &[Uuid],
        columns: Columns<E::Column>,
        (of_the_past, backend): (bool, DbBackend),
    ) -> Condition {
        if of_the_past {
            let fields = Expr::col((E::default(), columns.fields));
            return Condition::all().add(self.stand_in(fields, others, backend));
        }
        let records = Query::select()
            .column(self.record)
            .from(self.table)
            .and_where(Expr::col(self.other).is_in(others.iter().copied()))
            .to_owned();
        Condition::all().add(columns.id.in_subquery(records))
    }
}

/// Makes the links of a record those of its state, by difference.
pub fn follow<K: Kind>(change: &Change, id: Uuid, before: Option<&State<K>>, after: &State<K>) {
    let Some(links) = K::links() else { return };
    links.replace(change, id, &before.map(K::linked).unwrap_or_default(), &K::linked(after));
}

/// The records linked with one of these; all without any.
pub fn condition<K: Kind>(others: &[Uuid], of_the_past: bool, backend: DbBackend) -> Condition {
    let Some(links) = K::links().filter(|_| !others.is_empty()) else { return Condition::all() };
    links.condition::<Table<K>>(others, K::Row::COMMON, (of_the_past, backend))
}
