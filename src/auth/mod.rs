//! Who is calling, and what keeps it trustworthy: keys, tokens, passwords, and the limits on guessing and asking.
//!
//! Nothing here reads the wall clock: the time comes in as unix seconds.

pub mod authority;
pub mod checkpoint_key;
pub mod keys;
pub mod network;
pub mod passwords;
pub mod rate_limit;
pub mod refresh;
pub mod revocations;
mod signatures;
pub mod throttle;
pub mod tokens;
