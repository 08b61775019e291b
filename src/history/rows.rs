//! Comparing rows with the history: does each record say what its last event left?
//!
//! Chains protect the events. The tables people read are held against the states that events keep under their digests.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait, Func, Order, Query, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::change::Recorded;
use super::state;
use super::store::Store;
use crate::entities::cells::{Cells, Field, FromCells, Reads, Row};
use crate::entities::timeline_event::{Column as Event, Entity as Events};
use crate::entities::*;
use crate::error::{Error, Result};

/// Rows read at a time.
const CHUNK: u64 = 500;
/// Findings that are told of one table; of more there is a count.
const FINDINGS_MAX: usize = 1_000;

/// Columns that follow from something else and change without events of their own: contacts with customers from their
/// interactions, logins of users from the security events.
fn following(subject: &str) -> &'static [&'static str] {
    match subject {
        "customer" => &["first_contact_at", "last_interaction_at", "derived_version"],
        "user" => &["last_login_at"],
        _ => &[],
    }
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowFault {
    /// This column is not what the last event left.
    Changed(&'static str),
    /// No event tells of the row.
    Inserted,
    /// It says something else than the event that tells of it.
    Different,
    /// Events tell of a row that is not there.
    Missing,
    /// The rows that lead to a record are not those that follow from it.
    NotFollowing,
}

impl std::fmt::Display for RowFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Changed(column) => write!(formatter, "column {column} is not what its last event left"),
            Self::Different => formatter.write_str("it is not what its event told"),
            Self::Inserted => formatter.write_str("no event tells of it"),
            Self::Missing => formatter.write_str("it is gone"),
            Self::NotFollowing => formatter.write_str("its rows there are not those that follow from the record"),
        }
    }
}

/// A row that does not say what the history says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowFinding {
    /// The table.
    pub table: String,
    /// Which row.
    pub id: Uuid,
    /// What is wrong with it.
    pub fault: RowFault,
}

/// What comparing all rows found.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// Rows that were compared.
    pub rows: u64,
    /// Those that differ, [`FINDINGS_MAX`] of each table at most.
    pub findings: Vec<RowFinding>,
    /// How many more there are.
    pub more: u64,
}

impl Report {
    /// Adds a finding; `known` were told before those of its table.
    pub(super) fn tell(&mut self, known: usize, table: &str, id: Uuid, fault: RowFault) {
        if self.findings.len() - known >= FINDINGS_MAX {
            self.more += 1;
        } else {
            self.findings.push(RowFinding { table: table.to_owned(), id, fault });
        }
    }
}

/// Compares the rows of every table of records.
pub async fn verify(store: &Store) -> Result<Report> {
    let mut report = Report::default();
    let told = told(store).await?;
    macro_rules! tables {
        ($($entity:ident $subject:literal),* $(,)?) => {
            $(
                Table { store, subject: $subject, told: told.get($subject).copied().unwrap_or_default() }
                    .verify::<$entity::Model>(&mut report)
                    .await?;
            )*
        };
    }
    tables! {
        customer "customer", interaction "interaction", relationship "relationship", tag "tag", user "user",
        event_type "event_type", custom_label "custom_label", custom_field_definition "custom_field_definition",
        campaign "campaign", campaign_touch "campaign_touch", consent "consent", contract "contract",
        delivery "delivery", document "document", dunning_notice "dunning_notice", feedback "feedback",
        invoice "invoice", loyalty_membership "loyalty_membership", opportunity "opportunity", order "order",
        owned_product "owned_product", payment "payment", pipeline "pipeline", product "product", project "project",
        quote "quote", referral "referral", task "task", task_set "task_set", task_template "task_template",
        ticket "ticket",
    }
    Ok(report)
}

/// Of how many records of each kind the history tells: one look at all events.
async fn told(store: &Store) -> Result<HashMap<String, i64>> {
    let told = Events::find()
        .select_only()
        .column(Event::SubjectType)
        .expr(Func::cast_as(Expr::col(Event::SubjectId).count_distinct(), "bigint"))
        .filter(Event::State.is_not_null())
        .group_by(Event::SubjectType);
    let told: Vec<(String, i64)> = store.rows.tuples(told).await?;
    Ok(told.into_iter().collect())
}

/// A row, and the state its last event left: of one moment, though others are writing.
struct Compared<R> {
    row: R,
    state: Option<String>,
}

impl<R: Row> FromCells for Compared<R> {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        let columns = R::COLUMNS.split(',').count();
        Ok(Self { row: R::from_cells(cells)?, state: Field::read(cells, columns)? })
    }
}

struct Table<'a> {
    store: &'a Store,
    subject: &'static str,
    told: i64,
}

impl Table<'_> {
    async fn verify<R>(&self, report: &mut Report) -> Result<()>
    where
        R: Recorded + Row,
        R: ModelTrait<Entity: EntityTrait<Model = R>>,
    {
        let known = report.findings.len();
        let table = R::Entity::default();
        let table = table.table_name();
        // Rows that no event tells of must not stand in for those that are gone.
        let (mut after, mut with_state) = (None, 0);
        loop {
            let page = self.page::<R>(after).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.row.id());
            let without = page.iter().filter(|compared| compared.state.is_none()).map(|compared| compared.row.id());
            let told_of = self.told_of(without.collect()).await?;
            for Compared { row, state } in page {
                report.rows += 1;
                let fault = match state {
                    Some(state) => {
                        with_state += 1;
                        self.fault(&row, &state)?
                    }
                    // Events of the time before states were kept tell of it all the same.
                    None if told_of.contains(&row.id()) => None,
                    None => Some(RowFault::Inserted),
                };
                if let Some(fault) = fault {
                    report.tell(known, table, row.id(), fault);
                }
            }
        }
        if self.told > with_state {
            for id in self.missing::<R>().await? {
                report.tell(known, table, id, RowFault::Missing);
            }
        }
        Ok(())
    }

    async fn page<R>(&self, after: Option<Uuid>) -> Result<Vec<Compared<R>>>
    where
        R: Recorded + Row,
        R: ModelTrait<Entity: EntityTrait<Model = R>>,
    {
        let last = Query::select()
            .column((Events, Event::State))
            .from(Events)
            .and_where(Expr::col((Events, Event::SubjectId)).equals((R::Entity::default(), R::id_column())))
            .and_where(Event::State.is_not_null())
            .order_by((Events, Event::RecordedAt), Order::Desc)
            .order_by((Events, Event::Sequence), Order::Desc)
            .limit(1)
            .to_owned();
        let rows = <R::Entity as EntityTrait>::find()
            .select_only()
            .expr(Expr::cust(R::COLUMNS))
            .expr(SimpleExpr::from(last))
            .filter(Condition::all().add_option(after.map(|after| R::id_column().gt(after))))
            .order_by_asc(R::id_column())
            .limit(CHUNK);
        Ok(self.store.rows.tuples(rows).await?)
    }

    /// Which of these any event tells of.
    async fn told_of(&self, ids: Vec<Uuid>) -> Result<HashSet<Uuid>> {
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let events =
            Events::find().select_only().column(Event::SubjectId).distinct().filter(Event::SubjectId.is_in(ids));
        let told: Vec<(Uuid,)> = self.store.rows.tuples(events).await?;
        Ok(told.into_iter().map(|(id,)| id).collect())
    }

    fn fault<R: Recorded>(&self, row: &R, state: &str) -> Result<Option<RowFault>> {
        let left: Map<String, Value> = serde_json::from_str(state).map_err(Error::internal)?;
        let is = state::of(row)?;
        let following = following(self.subject);
        let names = <<R::Entity as EntityTrait>::Column as Iterable>::iter().map(|column| column.as_str());
        let mut compared = names.filter(|name| !R::SECRETS.contains(name) && !following.contains(name));
        Ok(compared.find(|name| is.get(*name) != left.get(*name)).map(RowFault::Changed))
    }

    /// Records the history tells of that are not there.
    async fn missing<R: Recorded>(&self) -> Result<Vec<Uuid>> {
        let row = Query::select()
            .expr(Expr::val(1))
            .from(R::Entity::default())
            .and_where(Expr::col((R::Entity::default(), R::id_column())).equals((Events, Event::SubjectId)))
            .to_owned();
        let missing = Events::find()
            .select_only()
            .column(Event::SubjectId)
            .distinct()
            .filter(Event::SubjectType.eq(self.subject))
            .filter(Event::State.is_not_null())
            .filter(Expr::exists(row).not())
            .limit(u64::try_from(FINDINGS_MAX).unwrap_or(u64::MAX));
        let missing: Vec<(Uuid,)> = self.store.rows.tuples(missing).await?;
        Ok(missing.into_iter().map(|(id,)| id).collect())
    }
}
