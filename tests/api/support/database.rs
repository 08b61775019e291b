//! A migrated database for every test: a copy of a template that is migrated once per process.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, Database, DbErr};
use tempfile::TempDir;

use super::blocking;
use super::postgres::{self, Server};

/// The two databases everything runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of [`postgres::server`].
    Postgres,
}

impl Backend {
    /// Whether it can be had here; if not, that has been said.
    pub fn is_here(self) -> bool {
        self == Self::Sqlite || postgres::server().is_some()
    }
}

/// A database of one test, and its data folder. Both are removed with it.
pub struct TestDatabase {
    backend: Backend,
    url: String,
    folder: TempDir,
    on_server: Option<(&'static Server, String)>,
}

impl TestDatabase {
    /// Migrated and without any row.
    pub fn migrated(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(sqlite_template()),
            Backend::Postgres => Self::postgres(Some(postgres_template())),
        }
    }

    /// As a stranger finds it: without any table.
    pub fn empty(backend: Backend) -> Self {
        match backend {
            Backend::Sqlite => Self::sqlite(&[]),
            Backend::Postgres => Self::postgres(None),
        }
    }

    fn sqlite(content: &[u8]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("kundenhistorie.db");
        std::fs::write(&file, content).expect("the database can be copied");
        Self { backend: Backend::Sqlite, url: sqlite_url(&file), folder, on_server: None }
    }

    fn postgres(template: Option<&str>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let server = server();
        let name = server.name(&COUNT.fetch_add(1, Ordering::Relaxed).to_string());
        server.create(&name, template).expect("a database can be made");
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { backend: Backend::Postgres, url: server.url(&name), folder, on_server: Some((server, name)) }
    }

    /// Which of the two.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Its address, for `database.url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs a statement behind the back of the service.
    pub async fn run(&self, sql: &str) {
        let database = Database::connect(&self.url).await.expect("the database");
        let done = database.execute_unprepared(sql).await.expect("a statement that runs");
        assert_ne!(done.rows_affected(), 0, "{sql}");
        database.close().await.expect("the connection closes");
    }

    /// The data folder: signing keys, and the file of an SQLite database (`kundenhistorie.db`).
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, name)) = self.on_server.take() {
            let dropped = server.drop(&name);
            // A second panic would hide the first.
            assert!(std::thread::panicking() || dropped.is_ok(), "{name}: {dropped:?}");
        }
    }
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}", file.display())
}

fn server() -> &'static Server {
    postgres::server().expect("asked for after `Backend::is_here`")
}

fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("template.db");
        migrate(&format!("{}?mode=rwc", sqlite_url(&file))).expect("the migrations run on SQLite");
        std::fs::read(&file).expect("the template can be read")
    })
}

fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let name = server().name("template");
        server().create(&name, None).expect("a database can be made");
        migrate(&server().url(&name)).expect("the migrations run on PostgreSQL");
        name
    })
}

fn migrate(url: &str) -> Result<(), DbErr> {
    blocking::wait(async {
        let database = Database::connect(url).await?;
        Migrator::up(&database, None).await?;
        // A template is copied only while nobody is connected to it.
        database.close().await
    })
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DatabaseConnection};

    use super::*;

    /// A test's database is migrated, its own, and gone afterwards.
    fn is_its_own(backend: Backend) {
        if !backend.is_here() {
            return;
        }
        let (one, other) = (TestDatabase::migrated(backend), TestDatabase::migrated(backend));
        blocking::wait(async {
            let one: DatabaseConnection = Database::connect(one.url()).await.unwrap();
            one.execute_unprepared("DROP TABLE idempotency_records").await.unwrap();
            one.close().await.unwrap();
            let other = Database::connect(other.url()).await.unwrap();
            other.execute_unprepared("DELETE FROM idempotency_records").await.unwrap();
            other.close().await.unwrap();
        });
        let (url, folder) = (one.url().to_owned(), one.folder().to_owned());
        drop(one);
        assert!(!folder.exists());
        assert!(blocking::wait(Database::connect(&url)).is_err(), "{url}");
    }

    #[test]
    fn sqlite() {
        is_its_own(Backend::Sqlite);
    }

    #[test]
    fn postgres() {
        is_its_own(Backend::Postgres);
    }

    #[test]
    fn without_any_table_it_is_as_a_stranger_finds_it() {
        let database = TestDatabase::empty(Backend::Sqlite);
        assert_eq!(std::fs::metadata(database.folder().join("kundenhistorie.db")).unwrap().len(), 0);
        assert_eq!(database.backend(), Backend::Sqlite);
    }
}
