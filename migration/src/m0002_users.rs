//! Users, their sessions and one-time secrets.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Users, their sessions and one-time secrets.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE users (
                    id {uuid} NOT NULL PRIMARY KEY,
                    email {text} NOT NULL,
                    display_name {text} NOT NULL,
                    sort_key {text} NOT NULL,
                    role {text} NOT NULL,
                    visibility {text} NOT NULL,
                    language {text} NOT NULL,
                    password_hash {text},
                    password_changed_at {int},
                    disabled_at {int},
                    last_login_at {int},
                    rights_changed_at {int} NOT NULL,
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL
                ) {table}",
                "CREATE UNIQUE INDEX users_email ON users (email)",
                "CREATE INDEX users_sort_key ON users (sort_key, id)",
                "CREATE INDEX users_rights_changed_at ON users (rights_changed_at)",
                "CREATE TABLE sessions (
                    id {uuid} NOT NULL PRIMARY KEY,
                    user_id {uuid} NOT NULL REFERENCES users (id),
                    user_agent {text},
                    created_at {int} NOT NULL,
                    last_used_at {int} NOT NULL,
                    expires_at {int} NOT NULL,
                    revoked_at {int}
                ) {table}",
                "CREATE INDEX sessions_user_id ON sessions (user_id, created_at)",
                "CREATE INDEX sessions_revoked_at ON sessions (revoked_at) WHERE revoked_at IS NOT NULL",
                "CREATE TABLE refresh_tokens (
                    digest {bytes} NOT NULL PRIMARY KEY,
                    session_id {uuid} NOT NULL REFERENCES sessions (id),
                    created_at {int} NOT NULL,
                    expires_at {int} NOT NULL,
                    used_at {int}
                ) {clustered}",
                "CREATE INDEX refresh_tokens_session_id ON refresh_tokens (session_id)",
                "CREATE TABLE password_resets (
                    digest {bytes} NOT NULL PRIMARY KEY,
                    user_id {uuid} NOT NULL REFERENCES users (id),
                    expires_at {int} NOT NULL
                ) {clustered}",
                "CREATE INDEX password_resets_user_id ON password_resets (user_id)",
            ],
        )
        .await
    }
}
