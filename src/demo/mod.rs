//! A business that never was: invented customers with five years of history, for trying the product out.
//!
//! Everything is the same on every machine, except identifiers, salts and passwords. It is planned as scenes, each in the
//! words of the interface, and written through the services like everything else, day by day, with a clock that stands
//! on that day.

mod agreements;
mod basket;
mod calendar;
mod campaigns;
mod catalogue;
mod circles;
mod companies;
mod desk;
mod files;
mod finance;
pub mod kinds;
mod load;
pub mod logins;
mod marketing;
mod narrator;
mod office;
mod people;
mod phrases;
mod places;
pub mod plan;
mod random;
mod sales;
mod scene;
mod service;
mod story;

pub use self::load::{Progress, load, refuse_foreign_data};

/// The system that the invented data says it comes from.
pub const SOURCE: &str = "demo";
