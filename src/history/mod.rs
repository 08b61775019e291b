//! The heart: the one log, its only writer and its only reader.

pub mod beside;
pub mod chain;
pub mod change;
pub mod checkpoints;
pub mod context;
pub mod entry;
mod flush;
pub mod following;
mod group;
pub mod idempotency;
pub mod outcome;
pub mod past;
mod postgres;
pub mod reader;
pub mod records;
mod rollup;
pub mod rows;
pub mod security;
pub mod security_chain;
mod sqlite;
mod state;
pub mod store;
pub mod timeline;
pub mod verification;
mod writer;
