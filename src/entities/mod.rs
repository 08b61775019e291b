//! Tables: columns and scoped finders, no rules.

pub mod cells;
pub mod consent;
pub mod customer;
pub mod customer_place;
pub mod customer_tag;
pub mod customer_word;
pub mod event_type;
pub mod external_id;
pub mod idempotency_record;
pub mod interaction;
pub mod keyset;
pub mod order;
pub mod order_product;
pub mod password_reset;
pub mod product;
pub mod record;
pub mod refresh_token;
pub mod relationship;
pub mod security_event;
pub mod security_head;
pub mod session;
pub mod tag;
pub mod task;
pub mod timeline_event;
pub mod timeline_head;
pub mod user;
