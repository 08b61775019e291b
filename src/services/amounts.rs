//! Amounts that lists are filtered by.

use sea_orm::{ColumnTrait, Condition};

use crate::domain::money::Money;
use crate::schemas::line::GrossFilter;
use crate::schemas::record::Exactly;

/// An amount of a filter as the database keeps it, whatever its currency. Its form was checked before.
pub fn scaled(amount: Option<&String>) -> Option<i64> {
    Money::parse(amount?, "EUR").ok().map(|money| money.amount_scaled)
}

/// Which records with lines come to what a filter asks for.
pub fn within(filter: &GrossFilter, gross: impl ColumnTrait, currency: impl ColumnTrait) -> Condition {
    let mut all = Condition::all();
    if !filter.currency.is_empty() {
        all = all.add(currency.is_in(Exactly::texts(&filter.currency)));
    }
    all.add_option(scaled(filter.gross_min.as_ref()).map(|amount| gross.gte(amount)))
        .add_option(scaled(filter.gross_max.as_ref()).map(|amount| gross.lte(amount)))
}
