//! A business that never was: invented customers with five years of history, for trying the product out.
//!
//! Everything is the same on every machine, except identifiers, salts and passwords. It is written through the
//! services like everything else, day by day, with a clock that stands on that day.

mod companies;
pub mod kinds;
mod load;
pub mod logins;
mod people;
mod phrases;
mod places;
pub mod plan;
mod random;
mod scene;
mod story;

pub use self::load::{Progress, load, refuse_foreign_data};

/// The system that the invented data says it comes from.
pub const SOURCE: &str = "demo";
