//! Comparing the tables that lead to records with the records they follow from.
//!
//! Links, words, places, ids in other systems and values of custom fields stand in tables of their own, so that lists find
//! records by them. Each record is held against its rows there: none is missing, none is too many.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{
    CaseStatement, DynIden, Expr, ExprTrait, Func, IntoCondition, IntoIden, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{Condition, DbBackend};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{Report, RowFault};
use super::store::Store;
use crate::entities::cells::Reads;
use crate::error::{Error, Result};

/// Rows looked up by one statement.
const CHUNK: usize = 100;
/// Rows read at a time where some are too many.
const PAGE: u64 = 500;
/// How often what differs is looked at again: somebody may have written between two looks.
const LOOKS: usize = 5;

/// A table that leads to records. None of its rows occurs twice.
pub struct Following {
    table: DynIden,
    columns: Vec<(DynIden, Form)>,
    /// Which of them is the record.
    record: usize,
    /// Which of its rows lead to records of the kind at hand.
    of_kind: Condition,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// An identifier.
    Id,
    /// Text.
    Text,
    /// Yes or no.
    Flag,
}

/// A row: identifiers are 32 hexadecimal digits, yes is 1 and no is 0.
pub type Row = Vec<Value>;

/// A record, and the rows that follow from it in each table.
pub struct Follower {
    /// The record.
    pub id: Uuid,
    /// Its rows; `None` if it cannot be read, which is found elsewhere.
    pub rows: Option<Vec<HashSet<Row>>>,
}

/// Which records are read.
pub enum Which {
    /// The next ones in the order of their ids.
    After(Option<Uuid>),
    /// These.
    These(Vec<Uuid>),
}

/// Where records are read.
pub type Read<'a> = dyn Fn(Which) -> BoxFuture<'a, Result<Vec<Follower>>> + Sync + 'a;

/// An identifier as it stands in a row.
pub fn id(id: Uuid) -> Value {
    Value::String(id.simple().to_string())
}

/// Compares tables with the records of a kind.
pub async fn verify(store: &Store, tables: &[Following], read: &Read<'_>, report: &mut Report) -> Result<()> {
    for (at, table) in tables.iter().enumerate() {
        let known = report.findings.len();
        for id in (Comparison { store, table, at, read }).unlike().await? {
            report.tell(known, &table.table.to_string(), id, RowFault::NotFollowing);
        }
    }
    Ok(())
}

/// One table, and the records that are held against it.
struct Comparison<'a, 'read> {
    store: &'a Store,
    table: &'a Following,
    /// The place of its rows among those of a record.
    at: usize,
    read: &'a Read<'read>,
}

impl Comparison<'_, '_> {
    /// The records whose rows are not those that follow from them.
    async fn unlike(&self) -> Result<BTreeSet<Uuid>> {
        let (mut after, mut found, mut unlike) = (None, 0, BTreeSet::new());
        loop {
            let page = (self.read)(Which::After(after)).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            let (rows, mut missing) = self.missing(&page).await?;
            found += rows;
            for _ in 1..LOOKS {
                if !missing.is_empty() {
                    missing = self.missing(&(self.read)(Which::These(missing)).await?).await?.1;
                }
            }
            unlike.extend(missing);
        }
        if self.table.count(self.store).await? > found {
            self.superfluous(&mut unlike).await?;
        }
        Ok(unlike)
    }

    /// How many rows of these records there are, and which records lack some.
    async fn missing(&self, followers: &[Follower]) -> Result<(u64, Vec<Uuid>)> {
        let sets: Vec<(Uuid, &HashSet<Row>)> = followers
            .iter()
            .filter_map(|follower| Some((follower.id, follower.rows.as_ref()?.get(self.at)?)))
            .collect();
        let stored = self.table.stored(self.store, sets.iter().flat_map(|(_, rows)| *rows)).await?;
        let missing = sets.iter().filter(|(_, rows)| !rows.is_subset(&stored)).map(|(id, _)| *id).collect();
        Ok((u64::try_from(stored.len()).unwrap_or(u64::MAX), missing))
    }

    /// The records that rows lead to which do not follow from them.
    async fn superfluous(&self, unlike: &mut BTreeSet<Uuid>) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.table.page(self.store, after.as_ref()).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            let mut rows: HashSet<Row> = page.into_iter().collect();
            for _ in 0..LOOKS {
                if !rows.is_empty() {
                    rows = self.unfounded(rows).await?;
                }
            }
            unlike.extend(rows.iter().filter_map(|row| self.table.record_of(row)));
        }
    }

    /// Those of the rows that do not follow from the record they lead to, and are there nevertheless.
    async fn unfounded(&self, rows: HashSet<Row>) -> Result<HashSet<Row>> {
        let records: BTreeSet<Uuid> = rows.iter().filter_map(|row| self.table.record_of(row)).collect();
        let followers = (self.read)(Which::These(records.into_iter().collect())).await?;
        let unreadable: HashSet<Uuid> =
            followers.iter().filter(|follower| follower.rows.is_none()).map(|follower| follower.id).collect();
        let founded: HashSet<&Row> =
            followers.iter().filter_map(|follower| follower.rows.as_ref()?.get(self.at)).flatten().collect();
        let is_unknown = |row: &&Row| self.table.record_of(row).is_some_and(|id| unreadable.contains(&id));
        let rows = rows.iter().filter(|row| !founded.contains(row) && !is_unknown(row));
        self.table.stored(self.store, rows).await
    }
}

impl Following {
    /// A table with its columns, those of its primary key first and in their order, and the place of the record among them.
    pub fn new<T: IntoIden, C: IntoIden>(
        table: T,
        columns: impl IntoIterator<Item = (C, Form)>,
        record: usize,
    ) -> Self {
        let columns = columns.into_iter().map(|(column, form)| (column.into_iden(), form)).collect();
        Self { table: table.into_iden(), columns, record, of_kind: Condition::all() }
    }

    /// Only those of its rows that lead to records of one kind.
    pub fn only(self, of_kind: impl IntoCondition) -> Self {
        Self { of_kind: of_kind.into_condition(), ..self }
    }

    fn record_of(&self, row: &Row) -> Option<Uuid> {
        row.get(self.record)?.as_str()?.parse().ok()
    }

    /// A query of rows, each as the text of a JSON array.
    fn rows(&self, backend: DbBackend) -> SelectStatement {
        let value = |(name, form): &(DynIden, Form)| {
            let column = Expr::col((self.table.clone(), name.clone()));
            match (form, backend) {
                (Form::Text, _) => column,
                (Form::Id, DbBackend::Postgres) => {
                    Func::cust("replace").args([column.cast_as("text"), Expr::val("-"), Expr::val("")]).into()
                }
                (Form::Id, _) => Func::lower(Func::cust("hex").arg(column)).into(),
                (Form::Flag, _) => CaseStatement::new().case(column.eq(true), 1).finally(0).into(),
            }
        };
        let values: Vec<SimpleExpr> = self.columns.iter().map(value).collect();
        let row = match backend {
            DbBackend::Postgres => SimpleExpr::from(Func::cust("json_build_array").args(values)).cast_as("text"),
            _ => Func::cust("json_array").args(values).into(),
        };
        Query::select().expr(row).from(self.table.clone()).cond_where(self.of_kind.clone()).to_owned()
    }

    async fn read(&self, store: &Store, select: SelectStatement) -> Result<Vec<Row>> {
        let rows: Vec<(String,)> = store.rows.rows(store.rows.backend().build(&select)).await?;
        rows.iter().map(|(row,)| serde_json::from_str(row).map_err(Error::internal)).collect()
    }

    /// Those of the rows that are there.
    async fn stored(&self, store: &Store, rows: impl IntoIterator<Item = &Row>) -> Result<HashSet<Row>> {
        let wanted: Vec<&Row> = rows.into_iter().collect();
        let mut stored = HashSet::with_capacity(wanted.len());
        for chunk in wanted.chunks(CHUNK) {
            let any = chunk.iter().fold(Condition::any(), |any, row| any.add(self.is(row)));
            let mut select = self.rows(store.rows.backend());
            select.cond_where(any);
            stored.extend(self.read(store, select).await?);
        }
        Ok(stored)
    }

    /// The next rows in the order of their columns.
    async fn page(&self, store: &Store, after: Option<&Row>) -> Result<Vec<Row>> {
        let mut select = self.rows(store.rows.backend());
        if let Some(after) = after {
            select.cond_where(self.lies_behind(after));
        }
        for (name, _) in &self.columns {
            select.order_by((self.table.clone(), name.clone()), Order::Asc);
        }
        self.read(store, select.limit(PAGE).to_owned()).await
    }

    async fn count(&self, store: &Store) -> Result<u64> {
        let count = Query::select()
            .expr(Func::cast_as(Expr::cust("count(*)"), "bigint"))
            .from(self.table.clone())
            .cond_where(self.of_kind.clone())
            .to_owned();
        let count: Vec<(i64,)> = store.rows.rows(store.rows.backend().build(&count)).await?;
        Ok(count.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or_default())
    }

    /// The columns, and what a row has in them.
    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (Expr, sea_orm::Value)> {
        self.columns.iter().zip(row).map(|((name, form), value)| {
            let text = value.as_str().unwrap_or_default();
            let value = match form {
                Form::Id => text.parse::<Uuid>().unwrap_or_default().into(),
                Form::Text => text.into(),
                Form::Flag => (value.as_i64() == Some(1)).into(),
            };
            (Expr::col((self.table.clone(), name.clone())), value)
        })
    }

    fn is(&self, row: &Row) -> Condition {
        self.cells(row).fold(Condition::all(), |all, (column, value)| all.add(column.eq(value)))
    }

    fn lies_behind(&self, row: &Row) -> Condition {
        let (mut any, mut same) = (Condition::any(), Condition::all());
        for (column, value) in self.cells(row) {
            any = any.add(same.clone().add(column.clone().gt(value.clone())));
            same = same.add(column.eq(value));
        }
        any
    }
}
