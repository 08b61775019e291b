//! What the values of enumerations are called, in both languages: one table for all of them, `labels.txt`.

use std::sync::LazyLock;

const TABLE: &str = include_str!("labels.txt");

/// An enumeration of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enumeration {
    /// How the document calls it, in small letters: `lifecycle_stage`.
    pub name: &'static str,
    /// Its values.
    pub values: Vec<NamedValue>,
}

/// A value and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedValue {
    /// The value on the wire.
    pub value: &'static str,
    /// In English.
    pub en: &'static str,
    /// In German.
    pub de: &'static str,
}

/// Every enumeration, by name.
pub fn all() -> &'static [Enumeration] {
    static ALL: LazyLock<Vec<Enumeration>> = LazyLock::new(|| {
        let mut all: Vec<Enumeration> = Vec::new();
        for (name, value) in lines().filter_map(line) {
            match all.last_mut().filter(|last| last.name == name) {
                Some(last) => last.values.push(value),
                None => all.push(Enumeration { name, values: vec![value] }),
            }
        }
        all
    });
    &ALL
}

/// A value of an enumeration.
pub fn named(enumeration: &str, value: &str) -> Option<&'static NamedValue> {
    let values = &all().iter().find(|known| known.name == enumeration)?.values;
    values.iter().find(|known| known.value == value)
}

/// How far a record of a kind has come: `open` of a `task`.
pub fn state(kind: &str, state: &str) -> Option<&'static NamedValue> {
    // Some enumerations are called by one word of the kind: `touch_status` of a `campaign_touch`.
    let words = [Some(kind), kind.split('_').next(), kind.rsplit('_').next()];
    words.into_iter().flatten().find_map(|word| named(&format!("{word}_status"), state))
}

/// What is no remark.
fn lines() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

/// `<enumeration>.<value> = <English> | <German>`
fn line(line: &'static str) -> Option<(&'static str, NamedValue)> {
    let (of, names) = line.split_once(" = ")?;
    let (name, value) = of.split_once('.')?;
    let (en, de) = names.split_once(" | ")?;
    Some((name, NamedValue { value, en, de }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_line_is_read_and_says_something_of_its_own() {
        let lines: Vec<&str> = lines().collect();
        let read: Vec<_> = lines.iter().filter_map(|text| line(text)).collect();
        assert_eq!(read.len(), lines.len(), "a line is not `<enumeration>.<value> = <English> | <German>`");
        let distinct: BTreeSet<_> = read.iter().map(|(name, value)| (*name, value.value)).collect();
        assert_eq!(distinct.len(), lines.len(), "a value is named twice");
        assert!(all().is_sorted_by(|one, next| one.name < next.name), "enumerations stand together and in order");
        for (name, value) in read {
            assert!(
                [value.en, value.de].iter().all(|text| !text.trim().is_empty() && text.len() <= 100),
                "{name}.{value:?}"
            );
        }
    }

    #[test]
    fn values_are_found_by_their_names() {
        assert_eq!(named("task_status", "open").map(|value| value.de), Some("Offen"));
        assert_eq!(named("permission", "customers:read").map(|value| value.en), Some("Read customers"));
        assert_eq!(state("task", "open").map(|value| value.de), Some("Offen"));
        assert_eq!(state("campaign_touch", "opted_out"), named("touch_status", "opted_out"));
        assert_eq!(state("loyalty_membership", "paused"), named("loyalty_status", "paused"));
        assert_eq!(state("task", "opened"), None);
        assert_eq!(named("task_status", "opened"), None);
        assert_eq!(named("colour", "open"), None);
    }
}
