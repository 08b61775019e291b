//! What every handler uses: extractors, replies, problems, cursors.

pub mod around;
pub mod can;
pub mod client;
pub mod cursor;
pub mod etag;
pub mod idempotency;
pub mod limits;
pub mod listing;
pub mod openapi;
pub mod problem;
mod refusals;
pub mod reply;
pub mod request;
pub mod state;
pub mod stream;
pub mod valid;
