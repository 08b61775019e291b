//! Chance that is the same on every machine.

pub use fake::rand::RngExt;
use fake::rand::SeedableRng;
use fake::rand::rngs::ChaCha12Rng;

/// Source of all decisions of the demo data. ChaCha keeps its sequence over versions, unlike the library's default.
pub type Random = ChaCha12Rng;

/// The same number gives the same sequence.
pub fn seeded(seed: u64) -> Random {
    Random::seed_from_u64(seed)
}

/// One of several, each as likely as the others.
///
/// # Panics
/// If there is nothing to pick from; all lists are constants with entries.
pub fn pick<T: Copy>(random: &mut Random, items: &[T]) -> T {
    items[random.random_range(0..items.len())]
}

/// Yes, in so many of a hundred cases.
pub fn chance(random: &mut Random, percent: u32) -> bool {
    random.random_range(0..100) < percent
}
