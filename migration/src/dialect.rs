//! The few words in which the two databases differ.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{DbBackend, DbErr};

/// Runs each statement with its placeholders filled for the database at hand.
///
/// * `{uuid}`, `{int}`, `{bytes}`, `{bool}`: column types; SQLite tables are STRICT.
/// * `{text}`: text compared byte by byte on both, whatever the locale of a PostgreSQL cluster.
/// * `{table}`: the end of an ordinary table.
/// * `{clustered}`: the end of a table whose rows lie in the order of their primary key (SQLite only;
///   PostgreSQL has no such tables).
pub async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    for statement in statements {
        let sql = fill(manager.get_database_backend(), statement);
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

/// Makes the database itself refuse to change or remove rows of an append-only table. `keys` are all unique keys of the
/// table: the name of each and its columns.
///
/// SQLite removes rows as well, and asks no trigger of DELETE, when an `INSERT OR REPLACE` collides with them: there a
/// trigger looks for a collision by each key before the insert, in the very indexes the insert is about to read.
pub async fn append_only(manager: &SchemaManager<'_>, table: &str, keys: &[(&str, &[&str])]) -> Result<(), DbErr> {
    let statements: &[&str] = match manager.get_database_backend() {
        DbBackend::Postgres => &[
            "CREATE FUNCTION {name}_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{name} is append-only'; END $$",
            "CREATE TRIGGER {name}_no_change BEFORE UPDATE OR DELETE ON {name} FOR EACH ROW EXECUTE FUNCTION {name}_append_only()",
            "CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} FOR EACH STATEMENT EXECUTE FUNCTION {name}_append_only()",
        ],
        _ => &[
            "CREATE TRIGGER {name}_no_update BEFORE UPDATE ON {name} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
            "CREATE TRIGGER {name}_no_delete BEFORE DELETE ON {name} BEGIN SELECT RAISE(ABORT, '{name} is append-only'); END",
        ],
    };
    for statement in statements {
        manager.get_connection().execute_unprepared(&statement.replace("{name}", table)).await?;
    }
    if manager.get_database_backend() == DbBackend::Sqlite {
        manager.get_connection().execute_unprepared(&no_replace(table, keys)).await?;
    }
    Ok(())
}

/// Makes the table of a kind of record: the columns every one has, and `own` ones, each ending in a comma.
pub async fn record_table(manager: &SchemaManager<'_>, table: &str, own: &str) -> Result<(), DbErr> {
    let create = format!(
        "CREATE TABLE {table} (
            id {{uuid}} NOT NULL PRIMARY KEY,
            customer_id {{uuid}} REFERENCES customers (id),
            fields {{text}} NOT NULL,
            facts {{text}} NOT NULL,
            custom_fields {{text}} NOT NULL,
            owner_id {{uuid}} REFERENCES users (id),
            external_ids {{text}} NOT NULL,
            source_system {{text}} NOT NULL,
            source_reference {{text}},
            version {{int}} NOT NULL,
            created_at {{int}} NOT NULL,
            created_by {{text}} NOT NULL,
            updated_at {{int}} NOT NULL,
            updated_by {{text}} NOT NULL,
            {own}
            archived_at {{int}}
        ) {{table}}"
    );
    run(manager, &[&create]).await
}

fn no_replace(table: &str, keys: &[(&str, &[&str])]) -> String {
    let refusals = keys.iter().map(|(key, columns)| {
        let equal: Vec<String> = columns.iter().map(|column| format!("{column} = NEW.{column}")).collect();
        // The key is named, because this comes before the constraint could be violated.
        format!("SELECT RAISE(ABORT, '{table} is append-only: {key}') FROM {table} WHERE {};", equal.join(" AND "))
    });
    format!("CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} BEGIN {} END", refusals.collect::<String>())
}

fn fill(backend: DbBackend, statement: &str) -> String {
    let words: [(&str, &str); 7] = match backend {
        DbBackend::Postgres => [
            ("{uuid}", "uuid"),
            ("{int}", "bigint"),
            ("{bytes}", "bytea"),
            ("{bool}", "boolean"),
            ("{text}", "text COLLATE \"C\""),
            ("{table}", ""),
            ("{clustered}", ""),
        ],
        _ => [
            ("{uuid}", "BLOB"),
            ("{int}", "INTEGER"),
            ("{bytes}", "BLOB"),
            ("{bool}", "INTEGER"),
            ("{text}", "TEXT"),
            ("{table}", "STRICT"),
            ("{clustered}", "STRICT, WITHOUT ROWID"),
        ],
    };
    words.iter().fold(statement.to_owned(), |sql, (placeholder, word)| sql.replace(placeholder, word))
}
