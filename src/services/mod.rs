//! Use cases and the rules that need more than one row; they open and commit the Change.

pub mod consents;
pub mod customers;
pub mod event_types;
mod external_ids;
pub mod interactions;
mod lines;
mod moments;
mod numbers;
pub mod order;
pub mod orders;
pub mod owners;
pub mod pages;
pub mod prefix;
pub mod products;
pub mod projects;
pub mod records;
mod references;
pub mod relationships;
pub mod security_events;
mod sentences;
pub mod sessions;
mod stale;
pub mod tags;
pub mod tasks;
pub mod timeline;
mod upsert;
pub mod users;
