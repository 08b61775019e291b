//! The hard floor on PostgreSQL: tokio-postgres, whose requests follow one another on a connection without waiting for
//! answers.

use std::cell::Cell;
use std::collections::HashMap;

use kundenhistorie::config::DatabaseConfig;
use sea_orm::Value;
use secrecy::ExposeSecret;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls, Statement};

use super::columns::FromRow;
use super::sql;
use super::{Driver, NewEntry};
use crate::Result;

/// Connections of one thread. Reads are best on few, which are then never idle; a write keeps its connection busy until
/// it is on disk.
const CONNECTIONS: usize = 8;
/// Those of them that read.
const READERS: usize = 2;

/// The connections of one thread.
pub struct Pipelines {
    connections: Vec<Connection>,
    next: Cell<usize>,
}

struct Connection {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// Connects to an address of the form `postgres://USER@localhost/NAME?host=FOLDER`.
pub async fn connect(url: &str) -> Result<Client> {
    let (name, folder) = url.split_once("?host=").ok_or("no folder of a socket")?;
    let name = name.rsplit('/').next().unwrap_or_default();
    let (client, connection) = Config::new().host_path(folder).user("postgres").dbname(name).connect(NoTls).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            crate::say(&format!("a connection has ended: {error}"));
        }
    });
    Ok(client)
}

impl Pipelines {
    /// Opens the connections and prepares every statement.
    pub async fn open(settings: DatabaseConfig) -> Result<Self> {
        let mut connections = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            let client = connect(settings.url.expose_secret()).await?;
            let mut statements = HashMap::new();
            for text in sql::STATEMENTS.iter().copied().chain([*sql::WRITE_IN_ONE_TRIP]) {
                statements.insert(text, client.prepare(text).await?);
            }
            connections.push(Connection { client, statements });
        }
        Ok(Self { connections, next: Cell::new(0) })
    }

    async fn query(&self, among: usize, text: &'static str, values: Vec<Value>) -> Result<Vec<tokio_postgres::Row>> {
        let next = self.next.replace(self.next.get().wrapping_add(1)) % among;
        let Connection { client, statements } = &self.connections[next];
        let statement = statements.get(text).ok_or("an unprepared statement")?;
        let values: Vec<Bound> = values.into_iter().map(Bound).collect();
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        Ok(client.query(statement, &values).await?)
    }
}

impl Driver for Pipelines {
    const SQLITE: bool = false;

    async fn rows<T: FromRow>(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<T>> {
        let rows = self.query(READERS, sql, values).await?;
        rows.iter().map(T::from_row).collect()
    }

    async fn log(&self, entry: NewEntry) -> Result<()> {
        let values = sql::one_trip_values(&entry)?;
        self.query(CONNECTIONS, *sql::WRITE_IN_ONE_TRIP, values).await.map(|_| ())
    }
}

/// A value as tokio-postgres binds it.
#[derive(Debug)]
struct Bound(Value);

impl ToSql for Bound {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match &self.0 {
            Value::Uuid(Some(id)) => {
                out.extend_from_slice(id.as_bytes());
                Ok(IsNull::No)
            }
            Value::String(Some(text)) => text.as_str().to_sql(kind, out),
            Value::BigInt(Some(number)) => number.to_sql(kind, out),
            Value::Bytes(Some(bytes)) => bytes.as_slice().to_sql(kind, out),
            Value::Bool(Some(flag)) => flag.to_sql(kind, out),
            _ => Ok(IsNull::Yes),
        }
    }

    fn accepts(_kind: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
