//! COPY, indexes made afterwards.

use std::fmt::Write;

use futures_util::{SinkExt, pin_mut};
use sea_orm::Value;
use tokio_postgres::Client;

use super::Sink;
use crate::Result;
use crate::floor::connect_postgres;
use crate::plan::Plan;

/// Bytes that travel at once.
const CHUNK: usize = 1 << 20;

/// A PostgreSQL database that is being filled.
pub struct PostgresSink {
    client: Client,
    indexes: Vec<String>,
}

impl PostgresSink {
    /// Opens a migrated database and takes the indexes away that are no constraints.
    pub async fn open(url: &str) -> Result<Self> {
        let client = connect_postgres(url).await?;
        // Foreign keys of rows made here need no check.
        client.batch_execute("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'").await?;
        let query = "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = 'public' \
            AND indexname NOT IN (SELECT conname FROM pg_constraint) AND indexname NOT LIKE 'seaql%'";
        let mut indexes = Vec::new();
        for row in client.query(query, &[]).await? {
            client.batch_execute(&format!("DROP INDEX {}", row.get::<_, String>(0))).await?;
            indexes.push(row.get(1));
        }
        Ok(Self { client, indexes })
    }

    /// Makes the indexes.
    pub async fn finish(self, plan: &Plan) -> Result<()> {
        for sql in &self.indexes {
            self.client.batch_execute(sql).await?;
        }
        let position = format!("SELECT setval('timeline_position', {})", plan.events);
        Ok(self.client.batch_execute(&position).await?)
    }
}

impl Sink for PostgresSink {
    const CUSTOMER_BY_CUSTOMER: bool = false;

    async fn table(&mut self, table: &str, columns: &str, rows: impl Iterator<Item = Vec<Value>>) -> Result<()> {
        let copy = self.client.copy_in(&format!("COPY {table} ({columns}) FROM STDIN")).await?;
        pin_mut!(copy);
        let mut text = String::with_capacity(CHUNK * 2);
        for row in rows {
            for (index, value) in row.into_iter().enumerate() {
                if index > 0 {
                    text.push('\t');
                }
                push(&mut text, value)?;
            }
            text.push('\n');
            if text.len() > CHUNK {
                copy.send(std::io::Cursor::new(std::mem::take(&mut text).into_bytes())).await?;
            }
        }
        copy.send(std::io::Cursor::new(text.into_bytes())).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// One value in the text form of COPY.
fn push(text: &mut String, value: Value) -> Result<()> {
    match value {
        Value::Uuid(Some(id)) => write!(text, "{id}")?,
        Value::BigInt(Some(number)) => write!(text, "{number}")?,
        Value::Bool(Some(flag)) => text.push(if flag { 't' } else { 'f' }),
        Value::Bytes(Some(bytes)) => write!(text, "\\\\x{}", hex::encode(&*bytes))?,
        Value::String(Some(words)) => {
            for letter in words.chars() {
                match letter {
                    '\\' => text.push_str("\\\\"),
                    '\t' => text.push_str("\\t"),
                    '\n' => text.push_str("\\n"),
                    '\r' => text.push_str("\\r"),
                    letter => text.push(letter),
                }
            }
        }
        _ => text.push_str("\\N"),
    }
    Ok(())
}
