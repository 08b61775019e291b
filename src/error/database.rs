//! What errors of the database mean to a caller.

use sea_orm::{DbErr, SqlErr};

use super::{Code, Error, OUTCOME_UNKNOWN, SHARED_COMMIT_FAILED, WRITER_STOPPED};

/// Named constraints of the database, the last line behind the rules: the place of the value that is taken.
/// SQLite names the columns (of its logs the index as well), PostgreSQL the index.
const UNIQUE: &[(&str, &str, &str)] = &[
    ("users_email", "users.email", "/email"),
    ("customers_customer_number", "customers.customer_number", "/customer_number"),
    ("external_ids_pkey", "external_ids.resource", "/external_ids"),
    ("tags_name_key", "tags.name_key", "/name"),
    ("custom_field_definitions_key", "custom_field_definitions.resource", "/key"),
    ("custom_field_values_unique", "custom_field_values.definition_id, custom_field_values.value", "/custom_fields"),
    ("custom_labels_value", "custom_labels.enumeration", ""),
    ("event_types_name", "event_types.name", "/name"),
    ("contracts_number", "contracts.number", "/number"),
    ("deliveries_number", "deliveries.number", "/number"),
    ("invoices_number", "invoices.number", "/number"),
    ("orders_number", "orders.number", "/number"),
    ("pipelines_key", "pipelines.key", "/key"),
    ("projects_number", "projects.number", "/number"),
    ("quotes_number", "quotes.number", "/number"),
    ("ticket_comments_source", "ticket_comments.source_system", "/source/reference"),
    ("tickets_number", "tickets.number", "/number"),
    ("owned_products_in_use", "owned_products.serial_number", "/serial_number"),
    ("loyalty_memberships_number", "loyalty_memberships.number", "/number"),
    ("loyalty_memberships_program", "loyalty_memberships.customer_id", "/program"),
    ("loyalty_transactions_source", "loyalty_transactions.source_system", "/source/reference"),
    ("products_sku", "products.sku", "/sku"),
    ("timeline_events_source", "timeline_events_source", "/source/reference"),
];

impl From<DbErr> for Error {
    /// Database errors as callers may know them. What happened exactly goes to the log.
    fn from(error: DbErr) -> Self {
        let text = error.to_string();
        let has = |part: &str| text.contains(part);
        let code = match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => return Self::taken(error),
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => Code::Conflict,
            _ => match &error {
                // Our own connection to SQLite gives its words, not sea-orm's.
                _ if has("UNIQUE constraint failed: ") => return Self::taken(error),
                _ if has("FOREIGN KEY constraint failed") => Code::Conflict,
                // What SQLite's logs say instead, see `dialect::append_only` of the migrations.
                _ if has("is append-only: ") => return Self::taken(error),
                DbErr::RecordNotFound(_) => Code::NotFound,
                DbErr::ConnectionAcquire(_) => Code::Overloaded,
                DbErr::Conn(_) => Code::DatabaseUnavailable,
                // Before what broke the connection is looked at: that alone would mean that nothing has happened.
                _ if has(OUTCOME_UNKNOWN) => Code::OutcomeUnknown,
                _ if has("database or disk is full") || has("disk_full") || has("No space left") => Code::StorageFull,
                _ if has("deadlock detected") || has("could not serialize") => Code::Conflict,
                _ if has("statement timeout") || has("database is locked") || has("pool timed out") => Code::Overloaded,
                _ if has(SHARED_COMMIT_FAILED)
                    || has(WRITER_STOPPED)
                    || has("disk I/O error")
                    || has("terminating connection")
                    || has("Connection refused")
                    || has("connection closed")
                    || has("error communicating with database")
                    || has("expected to read")
                    || has("the database system is") =>
                {
                    Code::DatabaseUnavailable
                }
                _ => Code::Internal,
            },
        };
        let error = Self::new(code).caused_by(error);
        let is_passing = matches!(code, Code::Overloaded | Code::DatabaseUnavailable | Code::OutcomeUnknown);
        if is_passing { error.retry_after(1) } else { error }
    }
}

impl Error {
    /// Another row has a value already that no two may have.
    fn taken(error: DbErr) -> Self {
        let text = error.to_string();
        let has = |part: &str| text.contains(part);
        if has("idempotency_records") {
            return Self::new(Code::IdempotencyInProgress).retry_after(1).caused_by(error);
        }
        if has("timeline_events_supersedes") {
            return Self::new(Code::AlreadySuperseded).caused_by(error);
        }
        let place = UNIQUE.iter().find(|(index, columns, _)| has(index) || has(columns));
        match place {
            Some((_, _, pointer)) => Self::already_exists([*pointer], None).caused_by(error),
            None => Self::new(Code::Conflict).caused_by(error),
        }
    }
}
