//! Schema of Kundenhistorie: one file per table or change, in the order they are applied.
//!
//! Both databases get the same tables from the same statements. Where a word must differ, the
//! statement carries a placeholder that [`dialect::statement`] fills.

mod dialect;
mod m0001_timeline;
mod m0002_users;
mod m0003_customers;
mod m0004_interactions;
mod m0005_security_events;
mod m0006_idempotency;
mod m0007_tasks;
mod m0008_products;
mod m0009_orders;
mod m0010_relationships;
mod m0011_external_ids;
mod m0012_states;
mod m0013_consents;
mod m0014_projects;
mod m0015_campaigns;
mod m0016_tickets;
mod m0017_opportunities;
mod m0018_quotes;
mod m0019_deliveries;
mod m0020_invoices;
mod m0021_payments;
mod m0022_dunning_notices;
mod m0023_contracts;
mod m0024_owned_products;
mod m0025_feedback;
mod m0026_loyalty;
mod m0027_referrals;
mod m0028_documents;
mod m0029_task_sets;
mod m0030_custom_fields;
mod m0031_custom_labels;
mod m0032_checkpoints;
mod m0033_recorded_at;
mod m0034_search_texts;
mod m0035_newest_at;
mod m0036_invoicing;
mod m0037_words_of_customers;
mod m0038_passing_time;
mod m0039_interaction_participants;
mod m0040_more_search_texts;
mod m0041_more_custom_fields;
mod m0042_tags_taken_off;

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

/// Brings a database to the newest schema.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_timeline::Migration),
            Box::new(m0002_users::Migration),
            Box::new(m0003_customers::Migration),
            Box::new(m0004_interactions::Migration),
            Box::new(m0005_security_events::Migration),
            Box::new(m0006_idempotency::Migration),
            Box::new(m0007_tasks::Migration),
            Box::new(m0008_products::Migration),
            Box::new(m0009_orders::Migration),
            Box::new(m0010_relationships::Migration),
            Box::new(m0011_external_ids::Migration),
            Box::new(m0012_states::Migration),
            Box::new(m0013_consents::Migration),
            Box::new(m0014_projects::Migration),
            Box::new(m0015_campaigns::Migration),
            Box::new(m0016_tickets::Migration),
            Box::new(m0017_opportunities::Migration),
            Box::new(m0018_quotes::Migration),
            Box::new(m0019_deliveries::Migration),
            Box::new(m0020_invoices::Migration),
            Box::new(m0021_payments::Migration),
            Box::new(m0022_dunning_notices::Migration),
            Box::new(m0023_contracts::Migration),
            Box::new(m0024_owned_products::Migration),
            Box::new(m0025_feedback::Migration),
            Box::new(m0026_loyalty::Migration),
            Box::new(m0027_referrals::Migration),
            Box::new(m0028_documents::Migration),
            Box::new(m0029_task_sets::Migration),
            Box::new(m0030_custom_fields::Migration),
            Box::new(m0031_custom_labels::Migration),
            Box::new(m0032_checkpoints::Migration),
            Box::new(m0033_recorded_at::Migration),
            Box::new(m0034_search_texts::Migration),
            Box::new(m0035_newest_at::Migration),
            Box::new(m0036_invoicing::Migration),
            Box::new(m0037_words_of_customers::Migration),
            Box::new(m0038_passing_time::Migration),
            Box::new(m0039_interaction_participants::Migration),
            Box::new(m0040_more_search_texts::Migration),
            Box::new(m0041_more_custom_fields::Migration),
            Box::new(m0042_tags_taken_off::Migration),
        ]
    }
}
