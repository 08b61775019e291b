//! Comparing the tables that lead to records with the records they follow from.
//!
//! Links, words, places, ids in other systems and values of custom fields stand in tables of their own, so that lists find
//! records by them. Each record is held against its rows there: none is missing, none is too many.

use std::collections::{BTreeSet, HashSet};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{
    CaseStatement, DynIden, Expr, ExprTrait, Func, IntoCondition, IntoIden, Order, Query, SelectStatement, SimpleExpr,
};
use sea_orm::{Condition, DbBackend, DbErr};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{Report, RowFault};
use super::store::Store;
use super::verification::is_unreadable;
use crate::entities::cells::Reads;
use crate::error::{Error, Result};

/// Rows looked up by one statement, each by its key.
const CHUNK: usize = 100;
/// Rows of a table read at a time.
const PAGE: u64 = 500;
/// How often what differs is looked at: somebody may have written between two looks.
const LOOKS: usize = 5;

/// A table that leads to records. None of its rows occurs twice.
pub struct Following {
    table: DynIden,
    columns: Vec<(DynIden, Form)>,
    /// Which of them is the record.
    record: usize,
    /// Where its rows lie that lead to records of the kind at hand.
    parts: Vec<Condition>,
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

/// A record, and the rows that follow from it.
pub struct Follower {
    /// The record.
    pub id: Uuid,
    /// Its rows in each table; `None` where the record cannot be read, which is found elsewhere.
    pub rows: Vec<Option<HashSet<Row>>>,
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

/// Compares tables with the records of a kind. A row that leads to nothing that could be a record is told as the nil UUID.
pub async fn verify(store: &Store, tables: &[Following], read: &Read<'_>, report: &mut Report) -> Result<()> {
    let comparisons: Vec<_> =
        tables.iter().enumerate().map(|(at, table)| Comparison { store, table, at, read }).collect();
    let mut unlike = vec![BTreeSet::new(); tables.len()];
    let mut after = None;
    loop {
        let page = read(Which::After(after)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for (comparison, unlike) in comparisons.iter().zip(&mut unlike) {
            unlike.extend(comparison.lacking(&page).await?);
        }
    }
    for (comparison, mut unlike) in comparisons.iter().zip(unlike) {
        comparison.superfluous(&mut unlike).await?;
        let known = report.findings.len();
        for id in unlike {
            report.tell(known, &comparison.table.table.to_string(), id, RowFault::NotFollowing);
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
    fn rows<'a>(&self, follower: &'a Follower) -> Option<&'a HashSet<Row>> {
        follower.rows.get(self.at)?.as_ref()
    }

    /// Those of the records that lack rows.
    async fn lacking(&self, page: &[Follower]) -> Result<Vec<Uuid>> {
        let mut lacking = self.missing(page).await?;
        for _ in 1..LOOKS {
            if !lacking.is_empty() {
                lacking = self.missing(&(self.read)(Which::These(lacking)).await?).await?;
            }
        }
        Ok(lacking)
    }

    async fn missing(&self, followers: &[Follower]) -> Result<Vec<Uuid>> {
        let sets: Vec<_> = followers.iter().filter_map(|each| Some((each.id, self.rows(each)?))).collect();
        let stored = self.table.stored(self.store, sets.iter().flat_map(|(_, rows)| *rows)).await?;
        Ok(sets.iter().filter(|(_, rows)| !rows.is_subset(&stored)).map(|(id, _)| *id).collect())
    }

    /// The records that rows lead to which do not follow from them.
    async fn superfluous(&self, unlike: &mut BTreeSet<Uuid>) -> Result<()> {
        for part in &self.table.parts {
            let mut after: Option<Row> = None;
            loop {
                let Some(page) = self.table.page(self.store, part, after.as_ref()).await? else {
                    unlike.insert(Uuid::nil());
                    break;
                };
                let Some(last) = page.last().filter(|last| after.as_ref() != Some(last)) else { break };
                after = Some(last.clone());
                let mut rows: HashSet<Row> = page.into_iter().collect();
                for _ in 0..LOOKS {
                    if !rows.is_empty() {
                        rows = self.unfounded(rows).await?;
                    }
                }
                unlike.extend(rows.iter().map(|row| self.table.record_of(row).unwrap_or_default()));
            }
        }
        Ok(())
    }

    /// Those of the rows that do not follow from the record they lead to, and are there nevertheless.
    async fn unfounded(&self, rows: HashSet<Row>) -> Result<HashSet<Row>> {
        let records: BTreeSet<Uuid> = rows.iter().filter_map(|row| self.table.record_of(row)).collect();
        let followers = (self.read)(Which::These(records.into_iter().collect())).await?;
        let unreadable: HashSet<Uuid> =
            followers.iter().filter(|each| self.rows(each).is_none()).map(|each| each.id).collect();
        let founded: HashSet<&Row> = followers.iter().filter_map(|each| self.rows(each)).flatten().collect();
        let is_unknown = |row: &Row| self.table.record_of(row).is_some_and(|id| unreadable.contains(&id));
        let unfounded = rows.iter().filter(|row| !founded.contains(row) && !is_unknown(row));
        self.table.stored(self.store, unfounded).await
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
        Self { table: table.into_iden(), columns, record, parts: vec![Condition::all()] }
    }

    /// Only those of its rows that lead to records of one kind: each part is one value of the first column.
    pub fn only<P: IntoCondition>(self, parts: impl IntoIterator<Item = P>) -> Self {
        Self { parts: parts.into_iter().map(IntoCondition::into_condition).collect(), ..self }
    }

    fn record_of(&self, row: &Row) -> Option<Uuid> {
        row.get(self.record)?.as_str()?.parse().ok()
    }

    /// A query of rows, each as the text of a JSON array.
    fn select(&self, backend: DbBackend) -> SelectStatement {
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
        Query::select().expr(row).from(self.table.clone()).to_owned()
    }

    /// Those of the rows that are there, each found by its key.
    async fn stored(&self, store: &Store, rows: impl IntoIterator<Item = &Row>) -> Result<HashSet<Row>> {
        let wanted: Vec<&Row> = rows.into_iter().collect();
        let mut stored = HashSet::with_capacity(wanted.len());
        for chunk in wanted.chunks(CHUNK) {
            let any = chunk.iter().fold(Condition::any(), |any, row| {
                any.add(self.cells(row).fold(Condition::all(), |all, (column, value)| all.add(column.eq(value))))
            });
            let mut select = self.select(store.rows.backend());
            select.cond_where(any);
            stored.extend(read(store, &select).await??);
        }
        Ok(stored)
    }

    /// The next rows of a part in the order of their columns; `None` if one of them cannot be read.
    async fn page(&self, store: &Store, part: &Condition, after: Option<&Row>) -> Result<Option<Vec<Row>>> {
        let mut select = self.select(store.rows.backend());
        select.cond_where(part.clone());
        if let Some(after) = after {
            let (columns, values): (Vec<Expr>, Vec<sea_orm::Value>) = self.cells(after).unzip();
            select.and_where(Expr::tuple(columns).gt(Expr::tuple(values.into_iter().map(SimpleExpr::from))));
        }
        for (name, _) in &self.columns {
            select.order_by((self.table.clone(), name.clone()), Order::Asc);
        }
        match read(store, select.limit(PAGE)).await? {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if is_unreadable(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The columns, and what a row has in them.
    fn cells<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (Expr, sea_orm::Value)> {
        self.columns.iter().zip(row).map(|((name, form), value)| {
            let text = value.as_str().unwrap_or_default();
            let value = match form {
                // SQLite keeps any bytes there.
                Form::Id => {
                    text.parse::<Uuid>().map_or_else(|_| hex::decode(text).unwrap_or_default().into(), Into::into)
                }
                Form::Text => text.into(),
                Form::Flag => (value.as_i64() == Some(1)).into(),
            };
            (Expr::col((self.table.clone(), name.clone())), value)
        })
    }
}

async fn read(store: &Store, select: &SelectStatement) -> Result<Result<Vec<Row>, DbErr>> {
    let rows: Vec<(String,)> = match store.rows.rows(store.rows.backend().build(select)).await {
        Ok(rows) => rows,
        Err(error) => return Ok(Err(error)),
    };
    let rows: Result<Vec<Row>, _> = rows.iter().map(|(row,)| serde_json::from_str(row)).collect();
    Ok(Ok(rows.map_err(Error::internal)?))
}
