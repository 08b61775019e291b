//! Quantities line by line: how much of what was agreed is taken already, and how much is open.

use std::cmp;
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

/// How much a line has of something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Which line.
    pub position: i32,
    /// Of what: lines of the same thing may stand for one another.
    pub what: String,
    /// How much.
    pub quantity: Decimal,
}

/// How much is taken of each line that was agreed, by lines that name only what they are of.
///
/// What has the position of an agreed line of the same thing is of that line, as far as something is open there; all else
/// is of the first lines of the same thing with something open. What exceeds all of them is of the first one; what was
/// never agreed is of none.
pub fn shares(agreed: &[Part], taken: &[Part]) -> Quantities {
    let mut shares = Quantities::default();
    let mut rest: Vec<(&Part, Decimal)> = Vec::with_capacity(taken.len());
    for part in taken {
        let own = agreed.iter().find(|line| line.position == part.position && line.what == part.what);
        rest.push((part, own.map_or(part.quantity, |line| fill(&mut shares, line, part.quantity))));
    }
    for (part, mut quantity) in rest {
        let mut same = agreed.iter().filter(|line| line.what == part.what);
        for line in same.clone() {
            quantity = fill(&mut shares, line, quantity);
        }
        if let Some(first) = same.next() {
            shares.add(first.position, quantity);
        }
    }
    shares
}

/// Adds to a line what is open of it, and answers what is left over.
fn fill(shares: &mut Quantities, line: &Part, quantity: Decimal) -> Decimal {
    let open = line.quantity.saturating_sub(shares.of(line.position)).max(Decimal::ZERO);
    let fits = cmp::min(open, quantity);
    shares.add(line.position, fits);
    quantity - fits
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

    fn part((position, what, quantity): (i32, &str, &str)) -> Part {
        Part { position, what: what.to_owned(), quantity: quantity.parse().unwrap() }
    }

    #[test]
    fn what_is_taken_is_of_the_lines_of_the_same_thing() {
        let agreed = [(1, "a", "10"), (2, "b", "5"), (3, "a", "4")].map(part);
        for (taken, expected) in [
            (vec![(1, "a", "6")], of(&[(1, "6")])),
            (vec![(3, "a", "3")], of(&[(3, "3")])),
            (vec![(2, "a", "6")], of(&[(1, "6")])),
            (vec![(9, "a", "12")], of(&[(1, "10"), (3, "2")])),
            (vec![(9, "a", "4"), (3, "a", "4")], of(&[(1, "4"), (3, "4")])),
            (vec![(3, "a", "9")], of(&[(1, "5"), (3, "4")])),
            (vec![(1, "a", "99")], of(&[(1, "95"), (3, "4")])),
            (vec![(1, "c", "1")], Quantities::default()),
        ] {
            let taken: Vec<Part> = taken.into_iter().map(part).collect();
            let shares: Quantities = shares(&agreed, &taken).iter().filter(|(_, share)| !share.is_zero()).collect();
            assert_eq!(shares, expected, "{taken:?}");
        }
    }

    fn parts() -> impl Strategy<Value = Vec<Part>> {
        let lines = prop::collection::btree_map(1..9_i32, ("[ab]", 0..100_000_i64), 0..7);
        lines.prop_map(|lines| {
            let part = |(position, (what, units))| Part { position, what, quantity: Decimal::new(units, 4) };
            lines.into_iter().map(part).collect()
        })
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
        fn all_that_is_taken_of_what_was_agreed_is_shared_out_and_no_line_gets_too_much(agreed in parts(), taken in parts()) {
            let shares = shares(&agreed, &taken);
            for what in ["a", "b"] {
                let of_it = |parts: &[Part]| -> Vec<Part> {
                    parts.iter().filter(|part| part.what == what).cloned().collect()
                };
                let sum = |parts: &[Part]| -> Decimal { parts.iter().map(|part| part.quantity).sum() };
                let (agreed, taken) = (of_it(&agreed), sum(&of_it(&taken)));
                let shared: Decimal = agreed.iter().map(|line| shares.of(line.position)).sum();
                prop_assert_eq!(shared, if agreed.is_empty() { Decimal::ZERO } else { taken });
                if taken <= sum(&agreed) {
                    prop_assert!(agreed.iter().all(|line| shares.of(line.position) <= line.quantity));
                }
            }
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
