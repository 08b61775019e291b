//! How much data there is, and whose: fixed by a seed, so that every process knows ids and counts without asking.

use kundenhistorie::domain::instant::Instant;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::{Builder, Uuid};

use crate::Result;

/// When the first customer came.
const BEGIN: i64 = 1_610_000_000_000_000;
/// Five years, in microseconds.
const PERIOD: i64 = 5 * 365 * 24 * 3_600 * 1_000_000;
/// Exponent of the distribution of events over customers: with a million customers and five million events the second one
/// still has fewer than the first.
const ZIPF: f64 = 0.75;

/// The size of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// Customers.
    pub customers: usize,
    /// Events of all customers.
    pub events: usize,
    /// Events of the first customer.
    pub biggest: usize,
    /// How far back the deep page of the first customer lies.
    pub deep: usize,
    /// Records of the first customer.
    pub records: usize,
    /// People linked with one company.
    pub linked: usize,
    /// Changes of one customer.
    pub changes: usize,
}

impl Plan {
    /// This many customers with this many events. The first customer has a twentieth of them and at most 50,000, which is
    /// what the other numbers go by.
    pub fn of(customers: usize, events: usize) -> Result<Self> {
        let biggest = (events / 20).min(50_000);
        if customers < 2_000 || events < 20_000 {
            return Err("at least 2,000 customers and 20,000 events".into());
        }
        Ok(Self {
            customers,
            events,
            biggest,
            deep: biggest * 9 / 10,
            records: biggest / 10,
            linked: biggest / 250,
            changes: biggest / 5,
        })
    }

    /// When the customer of this number was created.
    pub fn customer_since(&self, number: usize) -> Instant {
        Instant::from_micros(BEGIN - 1_000_000 * signed(self.customers - number))
    }

    /// When the event at this place of the log happened; later ones are newer.
    pub fn occurred_at(&self, place: usize) -> Instant {
        Instant::from_micros(BEGIN + PERIOD / signed(self.events) * signed(place))
    }

    /// The id of a customer.
    pub fn customer_id(&self, number: usize) -> Uuid {
        version_7(self.customer_since(number), 1, number)
    }

    /// The id of an event.
    pub fn event_id(&self, place: usize) -> Uuid {
        version_7(self.occurred_at(place), 2, place)
    }

    /// Whose event stands at each place of the log: the first customer has [`Self::biggest`], the others by Zipf.
    pub fn owners(&self) -> Vec<u32> {
        let mut random = StdRng::seed_from_u64(7);
        let mut sums = Vec::with_capacity(self.customers);
        let mut sum = 0.0;
        for rank in 1..self.customers {
            sum += (rank as f64).powf(-ZIPF);
            sums.push(sum);
        }
        let mut owners: Vec<u32> = (0..self.events)
            .map(|place| {
                if place < self.biggest {
                    return 0;
                }
                let point = random.random::<f64>() * sum;
                u32::try_from(sums.partition_point(|sum| *sum < point) + 1).unwrap_or_default()
            })
            .collect();
        for last in (1..owners.len()).rev() {
            owners.swap(last, random.random_range(0..=last));
        }
        owners
    }
}

/// UUIDv7 of a time, with a number instead of randomness.
fn version_7(at: Instant, kind: u64, number: usize) -> Uuid {
    let millis = u64::try_from(at.micros() / 1_000).unwrap_or_default();
    let mut mixed = (kind << 56) ^ u64::try_from(number).unwrap_or_default();
    // splitmix64: different numbers stay different.
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let mut rest = [0; 10];
    // The version takes the first half byte, the variant two bits of the number: with the time in front, ids differ.
    rest[2..].copy_from_slice(&mixed.to_be_bytes());
    Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

/// Counts are far below the limit.
pub fn signed(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
