//! The service from outside: one test binary, one file per resource, and gates that walk the generated document.
#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    reason = "tests draw ids of their own and prepare rows behind the product's back"
)]

mod auth;
mod campaigns;
mod changes;
mod checkpoints;
mod cli;
mod consents;
mod contract;
mod contracts;
mod conventions;
mod custom_fields;
mod customer_items;
mod customer_list;
mod customer_patches;
mod customer_values;
mod customers;
mod deliveries;
mod dunning_notices;
mod documents;
mod durability;
mod event_types;
mod external_ids;
mod feedback;
mod gate_auth;
mod gate_dependencies;
mod gate_errors;
mod gate_history;
mod gate_layers;
mod gate_openapi;
mod gate_packaging;
mod gate_replies;
mod group_commit;
mod history_laws;
mod idempotency;
mod interactions;
mod invoices;
mod languages;
mod loyalty;
mod operations;
mod opportunities;
mod orders;
mod owned_products;
mod owners;
mod paging;
mod past;
mod pipelines;
mod payments;
mod postgres_connections;
mod products;
mod projects;
mod quotes;
mod real_data;
mod records;
mod referrals;
mod relationship_trees;
mod relationships;
mod rollup;
mod security_events;
mod sessions;
mod summary;
mod support;
mod tags;
mod taken;
mod tampering;
mod task_sets;
mod tasks;
mod tickets;
mod timeline;
mod users;
mod wire;
