//! Customers and what finds them: external ids, tags, places, words.

use sea_orm_migration::prelude::*;

use crate::dialect;

/// Customers and what finds them: external ids, tags, places, words.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        dialect::run(
            manager,
            &[
                "CREATE TABLE counters (name {text} NOT NULL PRIMARY KEY, value {int} NOT NULL) {clustered}",
                "CREATE TABLE external_ids (
                    resource {text} NOT NULL,
                    system {text} NOT NULL,
                    external_id {text} NOT NULL,
                    record_id {uuid} NOT NULL,
                    PRIMARY KEY (resource, system, external_id)
                ) {clustered}",
                "CREATE TABLE customers (
                    id {uuid} NOT NULL PRIMARY KEY,
                    customer_number {text} NOT NULL,
                    kind {text} NOT NULL,
                    display_name {text} NOT NULL,
                    chosen_name {text},
                    sort_key {text} NOT NULL,
                    lifecycle_stage {text} NOT NULL,
                    category {text},
                    relationship_type {text},
                    tier {text},
                    owner_id {uuid} REFERENCES users (id),
                    team_id {uuid},
                    acquisition_channel {text},
                    referred_by {uuid} REFERENCES customers (id),
                    language {text},
                    customer_since {text},
                    first_contact_at {int},
                    last_interaction_at {int},
                    restricted {bool} NOT NULL,
                    person {text},
                    company {text},
                    contact_points {text} NOT NULL,
                    addresses {text} NOT NULL,
                    external_ids {text} NOT NULL,
                    tags {text} NOT NULL,
                    communication_preferences {text},
                    preferences {text} NOT NULL,
                    needs {text} NOT NULL,
                    purchase_criteria {text} NOT NULL,
                    custom_fields {text} NOT NULL,
                    data_quality {text} NOT NULL,
                    version {int} NOT NULL,
                    derived_version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE UNIQUE INDEX customers_customer_number ON customers (customer_number)",
                "CREATE INDEX customers_sort_key ON customers (sort_key, id) WHERE archived_at IS NULL",
                "CREATE INDEX customers_created_at ON customers (created_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX customers_updated_at ON customers (updated_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX customers_last_interaction_at ON customers (last_interaction_at, id) WHERE archived_at IS NULL",
                "CREATE INDEX customers_owner_id ON customers (owner_id, sort_key, id)",
                "CREATE TABLE customer_places (
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    country {text} NOT NULL,
                    postal_code {text} NOT NULL,
                    city_key {text} NOT NULL,
                    PRIMARY KEY (customer_id, country, postal_code, city_key)
                ) {clustered}",
                "CREATE INDEX customer_places_city_key ON customer_places (city_key, customer_id)",
                "CREATE INDEX customer_places_postal_code ON customer_places (postal_code, customer_id)",
                "CREATE TABLE customer_words (
                    word {text} NOT NULL,
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    PRIMARY KEY (word, customer_id)
                ) {clustered}",
                "CREATE INDEX customer_words_customer_id ON customer_words (customer_id)",
                "CREATE TABLE tags (
                    id {uuid} NOT NULL PRIMARY KEY,
                    name {text} NOT NULL,
                    name_key {text} NOT NULL,
                    description {text},
                    color {text},
                    version {int} NOT NULL,
                    created_at {int} NOT NULL,
                    created_by {text} NOT NULL,
                    updated_at {int} NOT NULL,
                    updated_by {text} NOT NULL,
                    archived_at {int}
                ) {table}",
                "CREATE UNIQUE INDEX tags_name_key ON tags (name_key) WHERE archived_at IS NULL",
                "CREATE TABLE customer_tags (
                    tag_id {uuid} NOT NULL REFERENCES tags (id),
                    customer_id {uuid} NOT NULL REFERENCES customers (id),
                    PRIMARY KEY (tag_id, customer_id)
                ) {clustered}",
                "CREATE INDEX customer_tags_customer_id ON customer_tags (customer_id)",
            ],
        )
        .await
    }
}
