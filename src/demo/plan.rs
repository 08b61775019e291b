//! Everything that happens, in the order in which it happens.

use super::places;
use super::random::seeded;
use super::scene::Scene;
use super::story;
use super::{companies, people};

/// Invented customers, half of them companies.
pub const CUSTOMERS: usize = 600;
/// Changing it changes all of them.
const SEED: u64 = 20_261_120;

/// The scenes of all customers, one list for each day on which something happens.
pub fn days() -> Vec<Vec<Scene>> {
    let mut scenes: Vec<Scene> = (0..CUSTOMERS).flat_map(life).collect();
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
    use super::*;
    use crate::demo::scene::Step;

    #[test]
    fn the_data_is_as_large_as_promised_and_ends_in_november_2026() {
        let scenes: Vec<Scene> = days().into_iter().flatten().collect();
        assert!((12_000..18_000).contains(&scenes.len()), "{} scenes", scenes.len());
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
        let mut known = std::collections::HashSet::new();
        for scene in days().into_iter().flatten() {
            match scene.step {
                Step::Enter(_) => assert!(known.insert(scene.customer)),
                _ => assert!(known.contains(&scene.customer)),
            }
        }
    }

    #[test]
    fn references_are_unique_and_corrections_name_an_event() {
        let mut references = std::collections::HashSet::new();
        for scene in days().into_iter().flatten() {
            match scene.step {
                Step::Talk(talk) => assert!(references.insert(talk.reference)),
                Step::Own(own) => assert!(references.insert(own.reference)),
                Step::Correct(own) => assert!(references.contains(&own.reference)),
                _ => {}
            }
        }
    }
}
