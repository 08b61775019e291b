//! The arithmetic of lines: quotes, orders and invoices add up alike, exactly, in whole units of the currency.
//!
//! * The net amount of a line is `quantity × unit price × (100 − discount) / 100`, rounded once, to the currency's
//!   smallest unit, halves away from zero (kaufmännisches Runden, DIN 1333). What stands printed on each line is what is
//!   added up.
//! * Tax is computed per rate on the sum of the net amounts of that rate, and rounded once per rate, not per line: an
//!   invoice states "das nach Steuersätzen … aufgeschlüsselte Entgelt" and the tax on it (§ 14 Abs. 4 Satz 1 Nr. 7 and
//!   8 UStG). EN 16931 computes alike (BR-CO-17: tax of a category = sum of its net amounts × rate / 100, rounded).
//! * Gross is net plus tax; nothing is rounded again.
//!
//! All numbers are integers: hundreds of lines add up as on paper, in any order.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use super::currency::Currency;
use super::money::{MAX_SCALED, Money, SCALE};

/// Decimal places of quantities, prices and percentages.
const PLACES: u32 = SCALE;
const UNIT: i128 = 10_i128.pow(PLACES);
const HUNDRED_PERCENT: i128 = 100 * UNIT;
/// The largest quantity, price or percentage in units of the last place: three of them multiply within 128 bits.
const LARGEST: i128 = 10_i128.pow(15);

/// A number of [`PLACES`] decimal places, as an integer of its last place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exact(i128);

impl Exact {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One of something.
    pub const ONE: Self = Self(UNIT);

    /// A decimal number; `None` if it has more places than are kept, or is too large to be computed with.
    pub fn new(number: Decimal) -> Option<Self> {
        let number = number.normalize();
        let raise = PLACES.checked_sub(number.scale())?;
        let scaled = number.mantissa().checked_mul(10_i128.pow(raise))?;
        (-LARGEST..=LARGEST).contains(&scaled).then_some(Self(scaled))
    }

    /// The decimal number.
    pub fn number(self) -> Decimal {
        Decimal::from_i128_with_scale(self.0, PLACES).normalize()
    }
}

/// What counts of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How many.
    pub quantity: Exact,
    /// Price of one, without tax.
    pub unit_price: Exact,
    /// Taken off, in percent.
    pub discount: Exact,
    /// Rate of the tax in percent.
    pub tax_rate: Exact,
}

impl Line {
    /// Its net amount; `None` beyond the range of amounts.
    pub fn net(&self, currency: Currency) -> Option<Money> {
        let product = self.quantity.0.checked_mul(self.unit_price.0)?;
        let kept = HUNDRED_PERCENT - self.discount.0;
        // The price keeps its places; those of quantity and percentage, and the percent themselves, are divided out.
        let unit = smallest_unit(currency);
        let divisor = UNIT * HUNDRED_PERCENT * unit;
        money(rounded_product(product, kept, divisor)?.checked_mul(unit)?, currency)
    }
}

/// The tax of one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    /// In percent.
    pub rate: Exact,
    /// Sum of the net amounts it is on.
    pub net: Money,
    /// The tax.
    pub tax: Money,
}

/// What lines add up to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Sum of the net amounts.
    pub net: Money,
    /// By rate, ascending.
    pub taxes: Vec<Tax>,
    /// Sum of the taxes.
    pub tax: Money,
    /// Net and tax.
    pub gross: Money,
}

/// Adds lines up; `None` beyond the range of amounts.
pub fn totals(lines: &[Line], currency: Currency) -> Option<Totals> {
    let mut by_rate: BTreeMap<Exact, i128> = BTreeMap::new();
    for line in lines {
        *by_rate.entry(line.tax_rate).or_default() += i128::from(line.net(currency)?.amount_scaled);
    }
    let mut taxes = Vec::with_capacity(by_rate.len());
    for (rate, net) in by_rate {
        let unit = smallest_unit(currency);
        let tax = rounded_product(net, rate.0, HUNDRED_PERCENT * unit)?.checked_mul(unit)?;
        taxes.push(Tax { rate, net: money(net, currency)?, tax: money(tax, currency)? });
    }
    let sum = |amount: fn(&Tax) -> Money| taxes.iter().map(|tax| i128::from(amount(tax).amount_scaled)).sum::<i128>();
    let (net, tax) = (sum(|tax| tax.net), sum(|tax| tax.tax));
    Some(Totals { net: money(net, currency)?, tax: money(tax, currency)?, gross: money(net + tax, currency)?, taxes })
}

/// The smallest unit of a currency, in the last place of amounts.
fn smallest_unit(currency: Currency) -> i128 {
    10_i128.pow(SCALE - currency.minor_digits().min(SCALE))
}

/// `a × b / divisor`, rounded to a whole number, halves away from zero.
fn rounded_product(a: i128, b: i128, divisor: i128) -> Option<i128> {
    let product = a.checked_mul(b)?;
    let (quotient, rest) = (product / divisor, product % divisor);
    // Twice the rest could be too large where the rest itself is not.
    Some(if rest.abs() >= divisor - rest.abs() { quotient + product.signum() } else { quotient })
}

fn money(scaled: i128, currency: Currency) -> Option<Money> {
    let scaled = i64::try_from(scaled).ok().filter(|scaled| (-MAX_SCALED..=MAX_SCALED).contains(scaled))?;
    Some(Money::from_scaled(scaled, currency))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(number: &str) -> Exact {
        Exact::new(number.parse().unwrap()).unwrap()
    }

    fn line(quantity: &str, unit_price: &str, discount: &str, tax_rate: &str) -> Line {
        Line {
            quantity: exact(quantity),
            unit_price: exact(unit_price),
            discount: exact(discount),
            tax_rate: exact(tax_rate),
        }
    }

    fn euros(amount: &str) -> Money {
        Money::parse(amount, "EUR").unwrap()
    }

    #[test]
    fn a_line_is_rounded_once() {
        for (quantity, price, discount, expected) in [
            ("3", "19.99", "0", "59.97"),
            ("1", "0.005", "0", "0.01"),
            ("-1", "0.005", "0", "-0.01"),
            ("1", "0.0049", "0", "0.00"),
            ("3", "0.335", "50", "0.50"),
            ("0.333", "10", "0", "3.33"),
            ("12", "14.4", "15", "146.88"),
            ("10", "100", "33.3333", "666.67"),
            ("1", "100", "100", "0.00"),
        ] {
            let net = line(quantity, price, discount, "19").net(Currency::EUR);
            assert_eq!(net, Some(euros(expected)), "{quantity} x {price} - {discount} %");
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(line("1", "0.5", "0", "0").net(yen), Money::parse("1", "JPY").ok());
        assert_eq!(line("99999999999", "99999999999", "0", "0").net(Currency::EUR), None);
    }

    #[test]
    fn tax_is_rounded_once_per_rate() {
        // Three times 0.33 at 19 %: 0.1881 together. Rounded line by line it would be 0.06 x 3 = 0.18.
        let lines = [line("1", "0.33", "0", "19"); 3];
        let totals = totals(&lines, Currency::EUR).unwrap();
        assert_eq!((totals.net, totals.tax, totals.gross), (euros("0.99"), euros("0.19"), euros("1.18")));
    }

    #[test]
    fn rates_are_listed_apart() {
        let lines = [
            line("2", "50", "0", "19"),
            line("1", "10", "0", "7"),
            line("1", "1", "0", "19.0"),
            line("1", "5", "0", "0"),
        ];
        let totals = totals(&lines, Currency::EUR).unwrap();
        let taxes: Vec<_> = totals.taxes.iter().map(|tax| (tax.rate, tax.net, tax.tax)).collect();
        assert_eq!(
            taxes,
            [
                (exact("0"), euros("5"), euros("0")),
                (exact("7"), euros("10"), euros("0.70")),
                (exact("19"), euros("101"), euros("19.19")),
            ]
        );
        assert_eq!((totals.net, totals.tax, totals.gross), (euros("116"), euros("19.89"), euros("135.89")));
    }

    #[test]
    fn no_lines_add_up_to_nothing() {
        let totals = totals(&[], Currency::EUR).unwrap();
        assert_eq!((totals.net, totals.tax, totals.gross, totals.taxes.len()), (euros("0"), euros("0"), euros("0"), 0));
    }

    #[test]
    fn what_cannot_be_kept_exactly_is_no_number() {
        for number in ["0.00001", "1000000000000", "79228162514264337593543950335"] {
            assert_eq!(Exact::new(number.parse().unwrap()), None, "{number}");
        }
        assert_eq!(exact("1.50").number().to_string(), "1.5");
    }

    fn lines() -> impl Strategy<Value = Vec<Line>> {
        let rate = prop::sample::select(vec![0_i128, 55_000, 70_000, 190_000]);
        let line = (-100_000_000_i128..100_000_000, -10_000_000_000_i128..10_000_000_000, 0..=1_000_000_i128, rate);
        let line = line.prop_map(|(quantity, unit_price, discount, tax_rate)| Line {
            quantity: Exact(quantity),
            unit_price: Exact(unit_price),
            discount: Exact(discount),
            tax_rate: Exact(tax_rate),
        });
        prop::collection::vec(line, 0..40)
    }

    /// An amount in the last place kept, as an exact fraction cannot be held by: the law of rounding is checked on it.
    fn is_nearest(rounded: i128, numerator: i128, denominator: i128, unit: i128) -> bool {
        let error = rounded * denominator - numerator;
        2 * error.abs() <= unit * denominator
    }

    proptest! {
        #[test]
        fn sums_hold(lines in lines()) {
            let totals = totals(&lines, Currency::EUR).unwrap();
            let net: i64 = lines.iter().map(|line| line.net(Currency::EUR).unwrap().amount_scaled).sum();
            prop_assert_eq!(totals.net.amount_scaled, net);
            prop_assert_eq!(totals.taxes.iter().map(|tax| tax.net.amount_scaled).sum::<i64>(), net);
            prop_assert_eq!(totals.taxes.iter().map(|tax| tax.tax.amount_scaled).sum::<i64>(), totals.tax.amount_scaled);
            prop_assert_eq!(totals.net.checked_add(totals.tax), Some(totals.gross));
            for amount in [totals.net, totals.tax, totals.gross] {
                prop_assert_eq!(amount.rounded(), Some(amount), "whole cents");
            }
            prop_assert!(totals.taxes.is_sorted_by(|one, other| one.rate < other.rate), "each rate once");
        }

        #[test]
        fn the_order_of_lines_does_not_matter(lines in lines(), turn in 0..40_usize) {
            let mut turned = lines.clone();
            turned.rotate_left(turn.min(lines.len()));
            turned.reverse();
            prop_assert_eq!(totals(&lines, Currency::EUR), totals(&turned, Currency::EUR));
        }

        #[test]
        fn every_rounding_is_to_the_nearest_cent(lines in lines()) {
            for line in &lines {
                let net = line.net(Currency::EUR).unwrap().amount_scaled;
                let exact = line.quantity.0 * line.unit_price.0 * (HUNDRED_PERCENT - line.discount.0);
                prop_assert!(is_nearest(net.into(), exact, UNIT * HUNDRED_PERCENT, 100));
            }
            for tax in totals(&lines, Currency::EUR).unwrap().taxes {
                let exact = i128::from(tax.net.amount_scaled) * tax.rate.0;
                prop_assert!(is_nearest(tax.tax.amount_scaled.into(), exact, HUNDRED_PERCENT, 100));
            }
        }

        #[test]
        fn a_credit_mirrors_what_it_credits(lines in lines()) {
            let credit: Vec<Line> = lines.iter().map(|line| Line { quantity: Exact(-line.quantity.0), ..*line }).collect();
            let (debit, credit) = (totals(&lines, Currency::EUR).unwrap(), totals(&credit, Currency::EUR).unwrap());
            prop_assert_eq!(debit.gross.checked_add(credit.gross), Some(Money::zero(Currency::EUR)));
        }

        #[test]
        fn numbers_survive(scaled in -LARGEST..=LARGEST) {
            prop_assert_eq!(Exact::new(Exact(scaled).number()), Some(Exact(scaled)));
        }
    }
}
