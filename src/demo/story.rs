//! One customer's years, from the first contact on.

use serde_json::{Value, json};

use super::companies::euros;
use super::kinds;
use super::people;
use super::phrases::{self, COMMENTS, GOODS, MACHINES, Phrase};
use super::places;
use super::random::{Random, RngExt, chance, pick};
use super::scene::{Own, Scene, Step, Talk};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::schemas::customer::{AddressType, CreateCustomer, CustomerKind, LifecycleStage};
use crate::schemas::interaction::InteractionKind;

/// Days of the invented time.
pub const DAYS: i64 = 1825;
/// 2021-11-22, the first day.
const FIRST_DAY: i64 = 18_953;
const CARRIERS: &[&str] = &["Spedition Lührs", "Paketdienst", "eigenen Lkw"];
const TECHNICIANS: &[&str] = &["J. Weiß", "A. Kowalski", "M. Süß", "S. Yıldız"];
const CHANNELS: &[&str] = &["trade_fair", "referral", "website", "catalogue", "walk_in"];

/// Tells the story of a customer.
pub fn tell(random: &mut Random, customer: usize, mut profile: CreateCustomer) -> Vec<Scene> {
    let company = profile.kind == CustomerKind::Company;
    let day = random.random_range(0..DAYS - 60);
    let mut story = Story { random, customer, company, day, minute: 0, scenes: Vec::new(), orders: 0 };
    profile.acquisition_channel = Some(pick(story.random, CHANNELS).to_owned());
    profile.lifecycle_stage = Some(pick(story.random, &[LifecycleStage::Lead, LifecycleStage::Prospect]));
    story.add(Step::Enter(Box::new(profile)));
    story.courtship();
    if chance(story.random, 76) {
        story.customer_years();
    } else {
        story.change(json!({ "lifecycle_stage": "inactive" }));
    }
    story.scenes
}

struct Story<'a> {
    random: &'a mut Random,
    customer: usize,
    company: bool,
    /// Days since the first one.
    day: i64,
    /// Minutes of working time that have passed on this day.
    minute: i64,
    scenes: Vec<Scene>,
    orders: u32,
}

impl Story<'_> {
    fn courtship(&mut self) {
        self.talk(phrases::FIRST_BY_COMPANIES, phrases::FIRST_BY_PERSONS);
        for _ in 0..self.random.random_range(1..4) {
            self.pass(2, 18);
            self.talk(phrases::COURTING_COMPANIES, phrases::COURTING_PERSONS);
        }
        if chance(self.random, 20) {
            self.own(kinds::NEWSLETTER, json!({ "list": "Werkstattbrief" }), None);
        }
        self.pass(1, 15);
    }

    fn customer_years(&mut self) {
        let (category, shortest, longest) = match self.random.random_range(0..100) {
            0..15 => ("A", 20, 70),
            15..50 => ("B", 55, 150),
            _ => ("C", 110, 320),
        };
        let since = instant(self.day, 0).day();
        let years = json!({ "lifecycle_stage": "customer", "customer_since": since, "category": category });
        self.change(years);
        let leaves_on =
            if chance(self.random, 10) { self.random.random_range(self.day.min(DAYS - 1)..DAYS) } else { DAYS };
        while self.day < leaves_on {
            self.purchase();
            self.in_between();
            self.pass(shortest, longest);
        }
        if leaves_on < DAYS {
            self.day = leaves_on;
            self.leave();
        }
    }

    fn purchase(&mut self) {
        self.orders += 1;
        let number = format!("A-{:03}-{:03}", self.customer, self.orders);
        let (item, amount) = self.basket();
        let quantity = self.random.random_range(1..4);
        let payload = json!({ "number": number, "item": item, "quantity": quantity });
        if chance(self.random, 4) {
            // Two digits change places; the next day somebody notices.
            let wrong = Money::from_scaled(amount.amount_scaled * 10, amount.currency);
            self.own(kinds::PURCHASE, payload.clone(), Some(wrong));
            self.correct(payload, amount);
        } else {
            self.own(kinds::PURCHASE, payload, Some(amount));
        }
        self.pass(2, 9);
        let carrier = pick(self.random, CARRIERS);
        let parcels = self.random.random_range(1..5);
        self.own(kinds::DELIVERY, json!({ "number": number, "carrier": carrier, "parcels": parcels }), None);
        if chance(self.random, 7) {
            self.talk_about(phrases::COMPLAINTS, item, &number);
        }
        self.pass(5, 25);
        if chance(self.random, 8) {
            self.talk_about(phrases::REMINDERS, item, &number);
            self.pass(5, 12);
        }
        self.own(kinds::TRANSFER, json!({ "number": number }), Some(amount));
    }

    /// What is bought and for how much, to the cent.
    fn basket(&mut self) -> (&'static str, Money) {
        let (item, cents) = if self.company && chance(self.random, 25) {
            (pick(self.random, MACHINES), self.random.random_range(300_000..4_800_000))
        } else if self.company {
            (pick(self.random, GOODS), self.random.random_range(8_000..250_000))
        } else {
            (pick(self.random, GOODS), self.random.random_range(1_500..90_000))
        };
        (item, Money::from_scaled(cents * 100, euros(0).currency))
    }

    fn in_between(&mut self) {
        for _ in 0..self.random.random_range(0..3) {
            self.pass(3, 20);
            self.talk(phrases::DAILY_OF_COMPANIES, phrases::DAILY_OF_PERSONS);
        }
        if self.company && chance(self.random, 22) {
            self.pass(2, 20);
            let machine = pick(self.random, MACHINES);
            let technician = pick(self.random, TECHNICIANS);
            let hours = self.random.random_range(200..9_000);
            let payload = json!({ "machine": machine, "technician": technician, "operating_hours": hours });
            let price = euros(self.random.random_range(180..1_400));
            self.own(kinds::SERVICE, payload, Some(price));
        }
        if chance(self.random, 8) {
            let payload = json!({ "score": self.random.random_range(3..11), "comment": pick(self.random, COMMENTS) });
            self.own(kinds::QUESTIONNAIRE, payload, None);
        }
        if chance(self.random, 9) {
            let patch = self.new_facts();
            self.change(patch);
        }
    }

    /// What changes in the life of a customer.
    fn new_facts(&mut self) -> Value {
        let from = instant(self.day, 0).day();
        match (self.random.random_range(0..4), self.company) {
            (0, company) => {
                let kind = if company { AddressType::Business } else { AddressType::Private };
                let town = places::town(self.random);
                json!({ "addresses": [places::address(self.random, town, kind, Some(from))] })
            }
            (1, _) => json!({ "tier": pick(self.random, &["gold", "silver", "bronze"]) }),
            (2, true) => json!({ "company": { "employee_count": self.random.random_range(3..90) } }),
            (2, false) => {
                json!({ "person": { "family_name": people::family_name(self.random), "marital_status": "married" } })
            }
            (_, true) => json!({ "purchase_criteria": ["Ersatzteile über zehn Jahre"] }),
            (_, false) => json!({ "preferences": ["Liefertermine bitte vormittags"] }),
        }
    }

    fn leave(&mut self) {
        self.talk(phrases::FAREWELLS_OF_COMPANIES, phrases::FAREWELLS_OF_PERSONS);
        let stage = pick(self.random, &["inactive", "former"]);
        self.change(json!({ "lifecycle_stage": stage }));
        if stage == "former" && chance(self.random, 60) {
            self.pass(20, 90);
            self.add(Step::Archive);
        }
    }

    fn talk(&mut self, with_companies: &[Phrase], with_persons: &[Phrase]) {
        let (phrases, items) = if self.company { (with_companies, MACHINES) } else { (with_persons, GOODS) };
        let item = pick(self.random, items);
        self.talk_about(phrases, item, "");
    }

    fn talk_about(&mut self, phrases: &[Phrase], item: &str, number: &str) {
        let phrase = &phrases[self.random.random_range(0..phrases.len())];
        let (subject, body) = phrases::fill(self.random, phrase, item, number);
        let way = self.way(phrase.inbound);
        // Nobody begins a note, and a meeting needs two.
        let one_sided = !matches!(way, InteractionKind::Note | InteractionKind::Meeting);
        let minutes = match way {
            InteractionKind::Call | InteractionKind::Chat => Some(self.random.random_range(3..25)),
            InteractionKind::Meeting | InteractionKind::Visit => Some(self.random.random_range(30..150)),
            _ => None,
        };
        // Some of a week are entered later.
        let late = if chance(self.random, 4) { self.random.random_range(1..5) } else { 0 };
        let occurred_at = self.moment().plus_seconds(-86_400 * late);
        let (inbound, reference) = (one_sided.then_some(phrase.inbound), self.reference());
        self.add(Step::Talk(Talk { way, inbound, subject, body, occurred_at, minutes, reference }));
    }

    fn way(&mut self, inbound: bool) -> InteractionKind {
        match self.random.random_range(0..100) {
            0..40 => InteractionKind::Email,
            40..70 => InteractionKind::Call,
            70..77 => InteractionKind::Note,
            77..83 => InteractionKind::Meeting,
            83..88 => InteractionKind::Visit,
            88..92 => InteractionKind::Letter,
            92..98 if inbound => InteractionKind::Chat,
            _ if inbound => InteractionKind::SocialPost,
            _ => InteractionKind::Email,
        }
    }

    fn own(&mut self, kind: &'static str, payload: Value, amount: Option<Money>) {
        let (occurred_at, reference) = (self.moment(), self.reference());
        self.add(Step::Own(Own { kind, payload, amount, occurred_at, reference }));
    }

    /// The next day the event before turns out to have been wrong.
    fn correct(&mut self, payload: Value, amount: Money) {
        let Some(Scene { step: Step::Own(wrong), .. }) = self.scenes.last().cloned() else { return };
        self.pass(1, 3);
        self.add(Step::Correct(Own { payload, amount: Some(amount), ..wrong }));
    }

    fn change(&mut self, patch: Value) {
        self.add(Step::Change(patch));
    }

    /// Nothing happens after the last day.
    fn add(&mut self, step: Step) {
        if self.day < DAYS {
            let at = self.moment();
            self.scenes.push(Scene { at, customer: self.customer, step });
            self.minute += self.random.random_range(1..30);
        }
    }

    /// Time passes until some working day.
    fn pass(&mut self, shortest: i64, longest: i64) {
        self.day += self.random.random_range(shortest..=longest);
        self.minute = 0;
        // 1970-01-01 was a Thursday.
        let weekday = (FIRST_DAY + self.day + 3) % 7;
        if weekday > 4 {
            self.day += 7 - weekday;
        }
    }

    fn moment(&self) -> Instant {
        // Between eight and four o'clock, at an odd minute that belongs to the customer.
        let start = i64::try_from(self.customer).unwrap_or_default() * 7 % 420;
        instant(self.day, start + self.minute)
    }

    fn reference(&self) -> String {
        format!("{}-{}", self.customer, self.scenes.len())
    }
}

/// A minute of a working day that begins at seven o'clock UTC.
fn instant(day: i64, minute: i64) -> Instant {
    Instant::from_micros(((FIRST_DAY + day) * 86_400 + 7 * 3_600 + minute * 60) * 1_000_000)
}
