//! Rows read column by column.
//!
//! sea-orm looks up every column of every row by its name; on a page of fifty events that costs more than the database
//! takes to find them. What is answered, and what a change reads, is read by position instead, from the same queries.
//!
//! The ways to the databases are compiled once, not once for each kind of row: they show cells to whoever takes rows in.

use std::any::Any;

use futures_util::future::BoxFuture;
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{DbBackend, DbErr, EntityTrait, QuerySelect, QueryTrait, Select, Statement};
use uuid::Uuid;

use crate::domain::instant::Instant;

/// The columns of one row, as a driver gives them.
pub trait Cells {
    /// Text.
    fn text(&self, at: usize) -> Result<Option<&str>, DbErr>;
    /// A whole number.
    fn number(&self, at: usize) -> Result<Option<i64>, DbErr>;
    /// Yes or no.
    fn flag(&self, at: usize) -> Result<Option<bool>, DbErr>;
    /// Bytes.
    fn bytes(&self, at: usize) -> Result<Option<&[u8]>, DbErr>;
    /// An identifier.
    fn id(&self, at: usize) -> Result<Option<Uuid>, DbErr>;
}

/// A value that stands in one column.
pub trait Cell: Sized {
    /// Reads it; `None` where the column is null.
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr>;
}

impl Cell for String {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        Ok(cells.text(at)?.map(str::to_owned))
    }
}

impl Cell for i64 {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        cells.number(at)
    }
}

impl Cell for Instant {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        Ok(cells.number(at)?.map(Self::from_micros))
    }
}

impl Cell for bool {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        cells.flag(at)
    }
}

impl Cell for Vec<u8> {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        Ok(cells.bytes(at)?.map(<[u8]>::to_vec))
    }
}

impl Cell for Uuid {
    fn read(cells: &dyn Cells, at: usize) -> Result<Option<Self>, DbErr> {
        cells.id(at)
    }
}

/// A field of a row: a value, or one that may be missing.
pub trait Field: Sized {
    /// Reads it.
    fn read(cells: &dyn Cells, at: usize) -> Result<Self, DbErr>;
}

impl<T: Cell> Field for T {
    fn read(cells: &dyn Cells, at: usize) -> Result<Self, DbErr> {
        T::read(cells, at)?.ok_or_else(|| DbErr::Type(format!("column {at} is null")))
    }
}

impl<T: Cell> Field for Option<T> {
    fn read(cells: &dyn Cells, at: usize) -> Result<Self, DbErr> {
        T::read(cells, at)
    }
}

/// What can be read from a row.
pub trait FromCells: Sized + Send + 'static {
    /// Reads it.
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr>;
}

impl<A: Field + Send + 'static> FromCells for (A,) {
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        Ok((A::read(cells, 0)?,))
    }
}

impl<A: Field + Send + 'static, B: Field + Send + 'static> FromCells for (A, B) {
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        Ok((A::read(cells, 0)?, B::read(cells, 1)?))
    }
}

impl<A, B, C> FromCells for (A, B, C)
where
    A: Field + Send + 'static,
    B: Field + Send + 'static,
    C: Field + Send + 'static,
{
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        Ok((A::read(cells, 0)?, B::read(cells, 1)?, C::read(cells, 2)?))
    }
}

impl<A, B, C, D> FromCells for (A, B, C, D)
where
    A: Field + Send + 'static,
    B: Field + Send + 'static,
    C: Field + Send + 'static,
    D: Field + Send + 'static,
{
    fn from_cells(cells: &dyn Cells) -> Result<Self, DbErr> {
        Ok((A::read(cells, 0)?, B::read(cells, 1)?, C::read(cells, 2)?, D::read(cells, 3)?))
    }
}

/// A row that knows its columns.
pub trait Row: FromCells {
    /// The columns in the order they are read, as they stand in a query.
    const COLUMNS: &'static str;
}

/// Whoever takes in the rows of a query.
pub trait TakesRows: Any + Send {
    /// Takes in the next one.
    fn take(&mut self, cells: &dyn Cells) -> Result<(), DbErr>;
}

impl<R: FromCells> TakesRows for Vec<R> {
    fn take(&mut self, cells: &dyn Cells) -> Result<(), DbErr> {
        self.push(R::from_cells(cells)?);
        Ok(())
    }
}

/// Rows on their way to whoever takes them in, and that one back.
pub type Filling<'a> = BoxFuture<'a, Result<Box<dyn TakesRows>, DbErr>>;

/// Where rows are read: what is committed, or a change with its own writes.
pub trait Reads: Sync {
    /// Runs a query that names its columns, and gives back who took its rows in.
    fn fill(&self, statement: Statement, rows: Box<dyn TakesRows>) -> Filling<'_>;

    /// Which database it is.
    fn backend(&self) -> DbBackend;

    /// Runs a query that names its columns.
    fn rows<R: FromCells>(&self, statement: Statement) -> impl Future<Output = Result<Vec<R>, DbErr>> + Send {
        let filled = self.fill(statement, Box::new(Vec::<R>::new()));
        async {
            let rows: Box<dyn Any> = filled.await?;
            let rows = rows.downcast::<Vec<R>>();
            Ok(*rows.map_err(|_| DbErr::Type("other rows than were asked for".to_owned()))?)
        }
    }

    /// All rows of a query.
    fn all<E>(&self, select: Select<E>) -> impl Future<Output = Result<Vec<E::Model>, DbErr>> + Send
    where
        E: EntityTrait,
        E::Model: Row,
    {
        self.rows(statement(select, self.backend()))
    }

    /// The row of a query that finds one at most.
    fn one<E>(&self, select: Select<E>) -> impl Future<Output = Result<Option<E::Model>, DbErr>> + Send
    where
        E: EntityTrait,
        E::Model: Row,
    {
        let rows = self.all(select);
        async { Ok(rows.await?.into_iter().next()) }
    }

    /// All rows of a query that says itself which columns it asks for.
    fn tuples<R: FromCells>(
        &self,
        select: Select<impl EntityTrait>,
    ) -> impl Future<Output = Result<Vec<R>, DbErr>> + Send {
        self.rows(select.build(self.backend()))
    }

    /// Whether a query finds anything.
    fn exists(&self, select: Select<impl EntityTrait>) -> impl Future<Output = Result<bool, DbErr>> + Send {
        let found = self.tuples::<(i64,)>(asking_for("CAST(1 AS bigint)", select).limit(1));
        async { Ok(!found.await?.is_empty()) }
    }

    /// How many rows a query finds: a read of all of them.
    fn count(&self, select: Select<impl EntityTrait>) -> impl Future<Output = Result<u64, DbErr>> + Send {
        let found = self.tuples::<(i64,)>(asking_for("count(*)", select));
        async { Ok(found.await?.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or_default()) }
    }
}

/// Locks on rows that are about to change.
pub trait Locks: QuerySelect {
    /// Nobody else changes these rows until the commit, and whoever relies on what they say waits. Rows that merely lead to
    /// them (foreign keys) are written meanwhile: with more than PostgreSQL's `FOR NO KEY UPDATE`, two who change one record
    /// each and point at the other's would wait for one another.
    fn lock_for_change(self) -> Self {
        self.lock(LockType::NoKeyUpdate)
    }
}

impl<T: QuerySelect> Locks for T {}

/// A query for whole rows, as the database is asked it.
pub fn statement<E>(select: Select<E>, backend: DbBackend) -> Statement
where
    E: EntityTrait,
    E::Model: Row,
{
    asking_for(E::Model::COLUMNS, select).build(backend)
}

fn asking_for<E: EntityTrait>(columns: &'static str, select: Select<E>) -> Select<E> {
    select.select_only().expr(Expr::cust(columns))
}

/// Says which columns a struct is read from: its fields, which are called like them, apart from those left unread.
#[macro_export]
macro_rules! cells {
    ($row:ident { $first:ident $(, $rest:ident)* $(,)? } $(unread { $($unread:ident),* })?) => {
        impl $crate::entities::cells::Row for $row {
            const COLUMNS: &'static str = concat!("\"", stringify!($first), "\"" $(, ", \"", stringify!($rest), "\"")*);
        }

        impl $crate::entities::cells::FromCells for $row {
            fn from_cells(cells: &dyn $crate::entities::cells::Cells) -> Result<Self, sea_orm::DbErr> {
                let mut places = 0..;
                let mut next = || places.next().unwrap_or_default();
                // The fields of a literal are read in the order they are written.
                Ok(Self {
                    $first: $crate::entities::cells::Field::read(cells, next())?,
                    $($rest: $crate::entities::cells::Field::read(cells, next())?,)*
                    $($($unread: None,)*)?
                })
            }
        }
    };
}
