//! Reading rows: each driver says how it reads a column, and what a row means is written once.

use std::cell::Cell;

use kundenhistorie::domain::instant::Instant;
use kundenhistorie::entities::{customer, timeline_event};
use sea_orm::sqlx;
use uuid::Uuid;

use crate::Result;

/// A row of any driver.
pub trait Columns {
    /// Text.
    fn text(&self, at: usize) -> Result<Option<String>>;
    /// A number.
    fn number(&self, at: usize) -> Result<Option<i64>>;
    /// An id.
    fn id(&self, at: usize) -> Result<Option<Uuid>>;
    /// Bytes.
    fn bytes(&self, at: usize) -> Result<Vec<u8>>;
    /// Yes or no.
    fn flag(&self, at: usize) -> Result<bool>;
}

/// What can be read from a row.
pub trait FromRow: Send + Sized + 'static {
    /// Reads it, column by column.
    fn from_row(row: &impl Columns) -> Result<Self>;
}

macro_rules! sqlx_columns {
    ($row:ty) => {
        impl Columns for $row {
            fn text(&self, at: usize) -> Result<Option<String>> {
                Ok(sqlx::Row::try_get(self, at)?)
            }

            fn number(&self, at: usize) -> Result<Option<i64>> {
                Ok(sqlx::Row::try_get(self, at)?)
            }

            fn id(&self, at: usize) -> Result<Option<Uuid>> {
                Ok(sqlx::Row::try_get(self, at)?)
            }

            fn bytes(&self, at: usize) -> Result<Vec<u8>> {
                Ok(sqlx::Row::try_get(self, at)?)
            }

            fn flag(&self, at: usize) -> Result<bool> {
                Ok(sqlx::Row::try_get(self, at)?)
            }
        }
    };
}

sqlx_columns!(sqlx::sqlite::SqliteRow);
sqlx_columns!(sqlx::postgres::PgRow);

impl Columns for rusqlite::Row<'_> {
    fn text(&self, at: usize) -> Result<Option<String>> {
        Ok(self.get(at)?)
    }

    fn number(&self, at: usize) -> Result<Option<i64>> {
        Ok(self.get(at)?)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>> {
        Ok(self.get::<_, Option<[u8; 16]>>(at)?.map(Uuid::from_bytes))
    }

    fn bytes(&self, at: usize) -> Result<Vec<u8>> {
        Ok(self.get(at)?)
    }

    fn flag(&self, at: usize) -> Result<bool> {
        Ok(self.get(at)?)
    }
}

impl Columns for tokio_postgres::Row {
    fn text(&self, at: usize) -> Result<Option<String>> {
        Ok(self.try_get(at)?)
    }

    fn number(&self, at: usize) -> Result<Option<i64>> {
        Ok(self.try_get(at)?)
    }

    fn id(&self, at: usize) -> Result<Option<Uuid>> {
        Ok(self.try_get(at)?)
    }

    fn bytes(&self, at: usize) -> Result<Vec<u8>> {
        Ok(self.try_get(at)?)
    }

    fn flag(&self, at: usize) -> Result<bool> {
        Ok(self.try_get(at)?)
    }
}

/// The columns of a row, one after the other.
struct Reader<'a, C> {
    row: &'a C,
    next: Cell<usize>,
}

impl<'a, C: Columns> Reader<'a, C> {
    fn new(row: &'a C) -> Self {
        Self { row, next: Cell::new(0) }
    }

    fn at(&self) -> usize {
        self.next.replace(self.next.get() + 1)
    }

    fn text(&self) -> Result<String> {
        required(self.row.text(self.at())?)
    }

    fn any_text(&self) -> Result<Option<String>> {
        self.row.text(self.at())
    }

    fn number(&self) -> Result<i64> {
        required(self.row.number(self.at())?)
    }

    fn any_number(&self) -> Result<Option<i64>> {
        self.row.number(self.at())
    }

    fn instant(&self) -> Result<Instant> {
        Ok(Instant::from_micros(self.number()?))
    }

    fn any_instant(&self) -> Result<Option<Instant>> {
        Ok(self.any_number()?.map(Instant::from_micros))
    }

    fn id(&self) -> Result<Uuid> {
        required(self.row.id(self.at())?)
    }

    fn any_id(&self) -> Result<Option<Uuid>> {
        self.row.id(self.at())
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        self.row.bytes(self.at())
    }

    fn flag(&self) -> Result<bool> {
        self.row.flag(self.at())
    }
}

/// What has to be there.
pub fn required<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| "an unexpected null".into())
}

/// All columns in the order of the table.
impl FromRow for customer::Model {
    fn from_row(row: &impl Columns) -> Result<Self> {
        let row = Reader::new(row);
        Ok(Self {
            id: row.id()?,
            customer_number: row.text()?,
            kind: row.text()?,
            display_name: row.text()?,
            chosen_name: row.any_text()?,
            sort_key: row.text()?,
            lifecycle_stage: row.text()?,
            category: row.any_text()?,
            relationship_type: row.any_text()?,
            tier: row.any_text()?,
            owner_id: row.any_id()?,
            team_id: row.any_id()?,
            acquisition_channel: row.any_text()?,
            referred_by: row.any_id()?,
            language: row.any_text()?,
            customer_since: row.any_text()?,
            first_contact_at: row.any_instant()?,
            last_interaction_at: row.any_instant()?,
            restricted: row.flag()?,
            person: row.any_text()?,
            company: row.any_text()?,
            contact_points: row.text()?,
            addresses: row.text()?,
            external_ids: row.text()?,
            tags: row.text()?,
            communication_preferences: row.any_text()?,
            preferences: row.text()?,
            needs: row.text()?,
            purchase_criteria: row.text()?,
            custom_fields: row.text()?,
            data_quality: row.text()?,
            version: row.number()?,
            derived_version: row.number()?,
            created_at: row.instant()?,
            created_by: row.text()?,
            updated_at: row.instant()?,
            updated_by: row.text()?,
            archived_at: row.any_instant()?,
        })
    }
}

/// The columns of [`super::sql::EVENT_SHOWN`]: what the wire shows.
impl FromRow for timeline_event::Model {
    fn from_row(row: &impl Columns) -> Result<Self> {
        let row = Reader::new(row);
        Ok(Self {
            root_id: row.id()?,
            occurred_at: row.instant()?,
            sequence: row.number()?,
            id: row.id()?,
            position: row.number()?,
            root_type: String::new(),
            kind: row.text()?,
            category: row.text()?,
            recorded_at: row.instant()?,
            actor_type: row.text()?,
            actor_id: row.any_id()?,
            actor_name: row.text()?,
            source_system: row.text()?,
            source_reference: row.any_text()?,
            request_id: None,
            direction: row.any_text()?,
            channel: row.any_text()?,
            // The load tool asks for no language, and so gets English.
            title_en: row.text()?,
            title_de: String::new(),
            summary: row.any_text()?,
            amount: row.any_number()?,
            currency: row.any_text()?,
            payload: row.text()?,
            subject_type: row.text()?,
            subject_id: row.id()?,
            supersedes: row.any_id()?,
            state: None,
            search_text: String::new(),
            salt: Vec::new(),
            content_digest: row.bytes()?,
            previous_hash: row.bytes()?,
            hash: row.bytes()?,
        })
    }
}

/// Where the next event of a customer goes.
pub struct Head {
    /// Its place among all events.
    pub position: i64,
    /// Sequence of the last event.
    pub sequence: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

impl FromRow for Head {
    fn from_row(row: &impl Columns) -> Result<Self> {
        let row = Reader::new(row);
        Ok(Self { position: row.number()?, sequence: row.number()?, hash: row.bytes()? })
    }
}

/// That there is such a row.
pub struct There;

impl FromRow for There {
    fn from_row(_row: &impl Columns) -> Result<Self> {
        Ok(Self)
    }
}
