//! Quantities line by line: how much of what was agreed is taken already, and how much is open.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

/// Quantities by the position of the line; nothing where a position is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quantities(BTreeMap<i32, Decimal>);

impl Quantities {
    /// That of a line.
    pub fn of(&self, position: i32) -> Decimal {
        self.0.get(&position).copied().unwrap_or_default()
    }

    /// Whether it has a line, be it of nothing.
    pub fn has(&self, position: i32) -> bool {
        self.0.contains_key(&position)
    }

    /// Adds to a line.
    pub fn add(&mut self, position: i32, quantity: Decimal) {
        let sum = self.0.entry(position).or_default();
        *sum = sum.saturating_add(quantity).normalize();
    }

    /// Adds line by line.
    pub fn add_all(&mut self, other: &Self) {
        other.iter().for_each(|(position, quantity)| self.add(position, quantity));
    }

    /// What is left of each of these lines once `taken` is taken; nothing where more was taken.
    #[must_use]
    pub fn without(&self, taken: &Self) -> Self {
        let left = |(position, quantity): (i32, Decimal)| {
            (position, quantity.saturating_sub(taken.of(position)).max(Decimal::ZERO).normalize())
        };
        Self(self.iter().map(left).collect())
    }

    /// Whether there is nothing in any line.
    pub fn is_nothing(&self) -> bool {
        self.0.values().all(Decimal::is_zero)
    }

    /// Positions and quantities, by position.
    pub fn iter(&self) -> impl Iterator<Item = (i32, Decimal)> + '_ {
        self.0.iter().map(|(position, quantity)| (*position, *quantity))
    }
}

impl FromIterator<(i32, Decimal)> for Quantities {
    fn from_iter<I: IntoIterator<Item = (i32, Decimal)>>(lines: I) -> Self {
        let mut quantities = Self::default();
        lines.into_iter().for_each(|(position, quantity)| quantities.add(position, quantity));
        quantities
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(lines: &[(i32, &str)]) -> Quantities {
        lines.iter().map(|(position, quantity)| (*position, quantity.parse().unwrap())).collect()
    }

    #[test]
    fn what_is_open_is_what_was_agreed_less_what_is_taken() {
        let agreed = of(&[(1, "2.5"), (2, "10"), (7, "0.0001")]);
        let taken = of(&[(1, "2.5"), (2, "9.9999"), (3, "4"), (7, "1")]);
        assert_eq!(agreed.without(&taken), of(&[(1, "0"), (2, "0.0001"), (7, "0")]));
        assert!(!agreed.without(&taken).is_nothing() && agreed.without(&agreed).is_nothing());
        assert_eq!((agreed.of(2).to_string().as_str(), agreed.of(3), agreed.has(3)), ("10", Decimal::ZERO, false));
    }

    fn quantities() -> impl Strategy<Value = Quantities> {
        prop::collection::btree_map(1..8_i32, 0..1_000_000_i64, 0..6)
            .prop_map(|lines| lines.into_iter().map(|(position, units)| (position, Decimal::new(units, 4))).collect())
    }

    proptest! {
        #[test]
        fn what_is_taken_and_what_is_open_make_up_the_whole(agreed in quantities(), share in 0..=100_i64) {
            let part = |(position, quantity): (i32, Decimal)| (position, quantity * Decimal::new(share, 2));
            let taken: Quantities = agreed.iter().map(part).collect();
            let mut whole = agreed.without(&taken);
            whole.add_all(&taken);
            prop_assert_eq!(whole, agreed);
        }

        #[test]
        fn the_order_of_adding_does_not_matter(one in quantities(), other in quantities()) {
            let (mut first, mut second) = (one.clone(), other.clone());
            first.add_all(&other);
            second.add_all(&one);
            prop_assert_eq!(first, second);
        }
    }
}
