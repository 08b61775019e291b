//! Amounts: what lists are filtered by, what is added up, and what events tell of bookings.

use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::domain::currency::Currency;
use crate::domain::money::{MAX_SCALED, Money};
use crate::entities::cells::{Cells, Field, FromCells};
use crate::schemas::line::GrossFilter;
use crate::schemas::query::AmountFilter;
use crate::schemas::record::Exactly;

/// Which records with lines come to what a filter asks for.
pub fn within(filter: &GrossFilter, gross: impl ColumnTrait, currency: impl ColumnTrait) -> Condition {
    let GrossFilter { gross_min, gross_max, currency: currencies } = filter;
    between((gross_min.as_ref(), gross_max.as_ref()), gross).add(one_of(currencies, currency))
}

/// Which records are about as much as a filter asks for.
pub fn about(filter: &AmountFilter, amount: impl ColumnTrait, currency: impl ColumnTrait) -> Condition {
    let AmountFilter { amount_min, amount_max, currency: currencies } = filter;
    between((amount_min.as_ref(), amount_max.as_ref()), amount).add(one_of(currencies, currency))
}

fn between((least, most): (Option<&String>, Option<&String>), amount: impl ColumnTrait) -> Condition {
    // As the database keeps it, whatever its currency. Its form was checked before.
    let scaled = |amount: &String| Money::parse(amount, "EUR").ok().map(|money| money.amount_scaled);
    Condition::all()
        .add_option(least.and_then(scaled).map(|least| amount.gte(least)))
        .add_option(most.and_then(scaled).map(|most| amount.lte(most)))
}

fn one_of(currencies: &[Exactly], currency: impl ColumnTrait) -> Condition {
    let asked = (!currencies.is_empty()).then(|| currency.is_in(Exactly::texts(currencies)));
    Condition::all().add_option(asked)
}

/// The fact of an event that tells how much was booked or undone, above zero both ways.
const AMOUNT: &str = "amount";

/// The facts of a booking: by which record it was led, and how much it was about.
pub fn booked(kind: &str, id: Uuid, amount: Money) -> Map<String, Value> {
    Map::from_iter([("by".to_owned(), json!({ "type": kind, "id": id })), (AMOUNT.to_owned(), json!(amount))])
}

/// The money of a booking, if what happened is one of these.
pub fn amount_booked(words: &[(&str, &str)], happened: &str, told: &Map<String, Value>) -> Option<Money> {
    let is_booking = words.iter().any(|(word, _)| *word == happened);
    told.get(AMOUNT).filter(|_| is_booking).and_then(|amount| Money::deserialize(amount).ok())
}

/// Where a sum is parted.
const PART: i64 = 1_000_000_000;

/// A sum of amounts, in ten-thousandths.
///
/// A few of the largest amounts there are add up to more than a number of the databases holds, so each sum is made of two:
/// billions, and what is left of them.
pub struct Sum(pub i128);

impl Sum {
    /// The sum in two columns; of no rows at all they are null.
    pub fn of(value: &SimpleExpr) -> [SimpleExpr; 2] {
        [value.clone().div(PART), value.clone().modulo(PART)].map(|part| Expr::expr(part).sum().cast_as("bigint"))
    }

    /// The sum of those a condition holds for.
    pub fn of_those(condition: SimpleExpr, value: &SimpleExpr) -> [SimpleExpr; 2] {
        Self::of(&Expr::case(condition, value.clone()).finally(0i64).into())
    }

    /// Reads both columns.
    pub fn read(cells: &dyn Cells, at: usize) -> Result<Self, sea_orm::DbErr> {
        let parts: [Option<i64>; 2] = [Field::read(cells, at)?, Field::read(cells, at + 1)?];
        let [billions, rest] = parts.map(|part| i128::from(part.unwrap_or_default()));
        Ok(Self(billions * i128::from(PART) + rest))
    }

    /// As an amount, unless there is none as large.
    pub fn money(&self, currency: Currency) -> Option<Money> {
        let amount_scaled = i64::try_from(self.0).ok().filter(|amount| (-MAX_SCALED..=MAX_SCALED).contains(amount))?;
        Some(Money { amount_scaled, currency })
    }
}

/// A query for one sum alone.
impl FromCells for Sum {
    fn from_cells(cells: &dyn Cells) -> Result<Self, sea_orm::DbErr> {
        Self::read(cells, 0)
    }
}
