//! HTTP only: extract, call one service function, answer.

pub mod addresses;
pub mod auth;
pub mod checkpoints;
pub mod contact_points;
pub mod customers;
pub mod documents;
pub mod event_types;
pub mod interactions;
pub mod journey;
pub mod loyalty_transactions;
pub mod me;
pub mod meta;
pub mod operations;
pub mod owners;
pub mod records;
pub mod relationships;
pub mod security_events;
pub mod sessions;
pub mod summary;
pub mod tags;
pub mod ticket_comments;
pub mod timeline;
pub mod users;

// Kinds of records have no handlers of their own.
pub use crate::services::{
    campaign_touches, campaigns, consents, contracts, custom_fields, deliveries, dunning_notices, feedback, invoices,
    loyalty, opportunities, orders, owned_products, payments, pipelines, products, projects, quotes, referrals,
    task_sets, task_templates, tasks, tickets,
};
