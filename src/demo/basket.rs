//! What somebody buys, and what it comes to.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::catalogue::{GOODS, MACHINES, Product, SERVICES};
use super::narrator::Story;
use crate::domain::currency::Currency;
use crate::domain::lines::{self, Exact};
use crate::domain::money::Money;

/// What shipping costs where it is not free, in cents without tax.
const FREIGHT_CENTS: i64 = 580;
/// From so many cents on it is free.
const FREE_FROM_CENTS: i64 = 12_605;
const TAX_RATE: i64 = 19;

/// What somebody buys.
#[derive(Debug, Clone)]
pub struct Basket {
    lines: Vec<(&'static Product, i64, i64)>,
}

impl Basket {
    /// The first thing in it, which the rest goes with.
    pub fn main(&self) -> &'static Product {
        self.lines.first().map_or(&GOODS[0], |(product, ..)| product)
    }

    /// Whether it is a machine that has to be installed.
    pub fn has_machine(&self) -> bool {
        self.main().cents >= 200_000
    }

    /// Everything in it, as it is sent.
    pub fn body(&self) -> Value {
        let line = |(product, quantity, discount): &(&'static Product, i64, i64)| {
            json!({
                "product_id": product.reference(), "quantity": quantity.to_string(), "unit_price": product.price(),
                "discount_percent": discount.to_string(),
            })
        };
        let mut body = json!({ "currency": "EUR", "lines": self.lines.iter().map(line).collect::<Vec<_>>() });
        if self.has_freight() {
            body["freight_amount"] = json!(super::catalogue::cents(FREIGHT_CENTS));
            body["freight_tax_rate"] = json!(TAX_RATE.to_string());
        }
        body
    }

    fn has_freight(&self) -> bool {
        self.lines.iter().map(|(product, quantity, _)| product.cents * quantity).sum::<i64>() < FREE_FROM_CENTS
    }

    /// What is to be paid, to the cent, as the service adds it up.
    pub fn gross(&self) -> Money {
        let line = |quantity: i64, cents: i64, discount: i64, tax_rate: i64| {
            let whole = |number: i64| Exact::new(Decimal::from(number));
            Some(lines::Line {
                quantity: whole(quantity)?,
                unit_price: Exact::new(Decimal::new(cents, 2))?,
                discount: whole(discount)?,
                tax_rate: whole(tax_rate)?,
            })
        };
        let goods = self.lines.iter();
        let goods = goods.map(|(product, quantity, off)| line(*quantity, product.cents, *off, product.tax_rate));
        let freight = self.has_freight().then(|| line(1, FREIGHT_CENTS, 0, TAX_RATE));
        let all: Vec<lines::Line> = goods.chain(freight).flatten().collect();
        lines::totals(&all, Currency::EUR).map_or(Money::zero(Currency::EUR), |totals| totals.gross)
    }

    /// The same, as it is sent.
    pub fn amount(&self) -> Value {
        json!(self.gross())
    }
}

impl Story<'_> {
    /// What such a customer buys at first.
    pub fn first_basket(&mut self) -> Basket {
        if !self.company {
            return self.small_basket();
        }
        let machine = &MACHINES[usize::try_from(self.number(0..10)).unwrap_or_default()];
        let hours = self.number(4..17);
        let off = self.pick(&[0, 0, 3, 5]);
        Basket { lines: vec![(machine, 1, off), (&SERVICES[1], hours, 0)] }
    }

    /// What such a customer buys now and then.
    pub fn basket(&mut self) -> Basket {
        if self.company && self.chance(18) { self.first_basket() } else { self.small_basket() }
    }

    fn small_basket(&mut self) -> Basket {
        let mut lines: Vec<(&'static Product, i64, i64)> = Vec::new();
        for _ in 0..self.number(1..4) {
            let product = &GOODS[usize::try_from(self.number(0..14)).unwrap_or_default()];
            let quantity = if self.company { self.number(1..13) } else { self.number(1..3) };
            if !lines.iter().any(|(other, ..)| other.sku == product.sku) {
                lines.push((product, quantity, if self.company && quantity >= 10 { 10 } else { 0 }));
            }
        }
        // The dearest is what it is about.
        lines.sort_by_key(|(product, ..)| std::cmp::Reverse(product.cents));
        Basket { lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn baskets_are_added_up_as_on_paper() {
        let basket = |lines| Basket { lines };
        // 2 × 27.94 at 7 % and shipping of 5.80 at 19 %.
        assert_eq!(basket(vec![(&GOODS[13], 2, 0)]).gross().amount(), "66.69");
        // 14,900.00 less 5 % and 8 × 78.00, at 19 %.
        let machine = basket(vec![(&MACHINES[0], 1, 5), (&SERVICES[1], 8, 0)]);
        assert_eq!(machine.gross().amount(), "17587.01");
        assert!(machine.has_machine());
    }
}
