//! Everything that happens, in the order in which it happens.

use super::places;
use super::random::seeded;
use super::scene::Scene;
use super::{campaigns, catalogue, circles, companies, people, story};

/// Invented customers, half of them companies.
pub const CUSTOMERS: usize = 600;
/// Changing it changes all of them.
const SEED: u64 = 20_261_120;

/// The scenes of the catalogues and of all customers, one list for each day on which something happens.
pub fn days() -> Vec<Vec<Scene>> {
    let lives: Vec<Vec<Scene>> = (0..CUSTOMERS).map(life).collect();
    let mut scenes = [catalogue::scenes(), campaigns::scenes()].concat();
    let between = circles::scenes(&mut seeded(SEED - 1), &lives);
    scenes.extend(lives.into_iter().flatten());
    scenes.extend(between);
    // Stable: what one customer does in one minute stays in order.
    scenes.sort_by_key(|scene| scene.at);
    let mut days: Vec<Vec<Scene>> = Vec::new();
    for scene in scenes {
        match days.last_mut() {
            Some(day) if day.last().is_some_and(|last| last.at.day() == scene.at.day()) => day.push(scene),
            _ => days.push(vec![scene]),
        }
    }
    days
}

/// Each customer has a source of chance of their own: changing one leaves the others as they are.
fn life(customer: usize) -> Vec<Scene> {
    let mut random = seeded(SEED + customer as u64);
    let town = places::town(&mut random);
    let profile = match customer % 2 {
        0 => companies::company(&mut random, customer, town),
        _ => people::person(&mut random, customer, town),
    };
    story::tell(&mut random, customer, profile)
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::demo::scene::{Act, Make, Step};
    use serde_json::Value;

    fn all() -> impl Iterator<Item = Scene> {
        days().into_iter().flatten()
    }

    #[test]
    fn the_data_is_as_large_as_promised_and_ends_in_november_2026() {
        let scenes: Vec<Scene> = all().collect();
        assert!((40_000..50_000).contains(&scenes.len()), "{} scenes", scenes.len());
        let entered = scenes.iter().filter(|scene| matches!(scene.step, Step::Enter(_))).count();
        assert_eq!(entered, CUSTOMERS);
        assert!(scenes.first().is_some_and(|first| first.at.day().starts_with("2021-1")));
        assert!(scenes.last().is_some_and(|last| last.at.day().starts_with("2026-11")));
    }

    #[test]
    fn every_run_tells_the_same_stories() {
        assert_eq!(format!("{:?}", days()), format!("{:?}", days()));
    }

    #[test]
    fn every_customer_is_entered_before_anything_else_happens() {
        let mut known = HashSet::new();
        for scene in all() {
            let Some(customer) = scene.customer else { continue };
            match scene.step {
                Step::Enter(_) => assert!(known.insert(customer)),
                _ => assert!(known.contains(&customer)),
            }
        }
    }

    #[test]
    fn nothing_happens_to_customers_who_are_put_away() {
        let mut gone = HashSet::new();
        for scene in all() {
            assert!(!scene.customer.is_some_and(|customer| gone.contains(&customer)), "{scene:?}");
            if matches!(scene.step, Step::Archive) {
                gone.extend(scene.customer);
            }
        }
        assert!(gone.len() > 5, "{}", gone.len());
    }

    #[test]
    fn references_are_unique_and_corrections_name_an_event() {
        let mut references = HashSet::new();
        for scene in all() {
            match scene.step {
                Step::Talk(talk) => assert!(references.insert(talk.reference)),
                Step::Own(own) => assert!(references.insert(own.reference)),
                Step::Make(Make { name, .. }) => assert!(references.insert(name)),
                Step::Correct(own) => assert!(references.contains(&own.reference)),
                _ => {}
            }
        }
    }

    /// Calls what is named in a body: `@12-order-3`.
    fn named(body: &Value, call: &mut impl FnMut(&str)) {
        match body {
            Value::String(text) => text.strip_prefix('@').into_iter().for_each(call),
            Value::Array(items) => items.iter().for_each(|item| named(item, call)),
            Value::Object(members) => members.values().for_each(|member| named(member, call)),
            _ => {}
        }
    }

    #[test]
    fn scenes_name_what_was_made_before() {
        let mut made: HashMap<String, &str> = HashMap::new();
        for scene in all() {
            let known = |name: &str| {
                made.contains_key(name)
                    || name == "owner"
                    || ["file-", "customer-"].iter().any(|prefix| name.starts_with(prefix))
            };
            match scene.step {
                Step::Make(Make { kind, name, body }) => {
                    named(&body, &mut |name| assert!(known(name), "{name}"));
                    made.insert(name, kind);
                }
                Step::Act(Act { kind, name, body, .. }) => {
                    named(&body, &mut |name| assert!(known(name), "{name}"));
                    assert_eq!(made.get(&name), Some(&kind), "{name}");
                }
                _ => {}
            }
        }
    }
}
