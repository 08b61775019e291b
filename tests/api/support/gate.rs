//! Two changes of one customer, in an order that is certain.

use std::time::{Duration, Instant};

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, Statement, TransactionTrait,
};

use super::app::TestApp;
use super::client::{Call, Reply};

/// Longest wait for a change to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// Holds the row of a customer, so that on PostgreSQL both have begun before one of them goes on. On SQLite the first one
/// ends before the other one begins.
pub struct Gate {
    database: DatabaseConnection,
    closed: Option<DatabaseTransaction>,
}

impl Gate {
    /// In front of a customer.
    pub async fn before(app: &TestApp, customer_id: &str) -> Self {
        let database = Database::connect(app.database().url()).await.expect("the database");
        let mut closed = None;
        if database.get_database_backend() == DbBackend::Postgres {
            let transaction = database.begin().await.expect("a transaction");
            let lock = format!("SELECT id FROM customers WHERE id = '{customer_id}' FOR UPDATE");
            transaction.execute_unprepared(&lock).await.expect("a lock");
            closed = Some(transaction);
        }
        Self { database, closed }
    }

    /// Lets two pass: both wait, the earlier one in front.
    pub async fn pass(self, earlier: Call<'_>, later: Call<'_>) -> [Reply; 2] {
        let Some(closed) = self.closed else { return [earlier.send().await, later.send().await] };
        let later = async {
            waiting(&self.database, 1).await;
            later.send().await
        };
        let open = async {
            waiting(&self.database, 2).await;
            closed.rollback().await.expect("it is opened");
        };
        let (earlier, later, ()) = tokio::join!(earlier.send(), later, open);
        [earlier, later]
    }
}

/// Waits until so many wait for a lock.
async fn waiting(database: &DatabaseConnection, expected: i64) {
    let count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let begun = Instant::now();
    loop {
        let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, count)).await.expect("a count");
        if row.expect("one row").try_get_by_index::<i64>(0).expect("a number") == expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "they do not wait for a lock");
    }
}
