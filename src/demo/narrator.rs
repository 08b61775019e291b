//! How the story of one customer is told: scene by scene, on working days, several strands beside one another.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::calendar::{DAYS, date, instant, working_day};
use super::catalogue::{GOODS, MACHINES, Product};
use super::marketing::Card;
use super::phrases::{self, Phrase};
use super::random::{Random, RngExt, chance, pick};
use super::scene::{Act, Make, Own, Scene, Step, Talk};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::schemas::interaction::InteractionKind;

/// The story of a customer, as far as it is told.
pub struct Story<'a> {
    /// What decides.
    pub random: &'a mut Random,
    /// Number of the customer among the invented ones.
    pub customer: usize,
    /// Whether it is a company.
    pub company: bool,
    /// What the customer is called.
    pub name: String,
    /// Whom one talks to.
    pub contact: String,
    /// Where one writes to.
    pub email: String,
    /// Days since the first one.
    pub day: i64,
    /// The day the customer leaves; none of the invented ones if they stay.
    pub leaves_on: i64,
    /// Their card of the loyalty programme.
    pub card: Option<Card>,
    /// Minutes of working time that have passed on this day.
    minute: i64,
    first_day: i64,
    scenes: Vec<Scene>,
    made: BTreeMap<&'static str, u32>,
}

/// How another scene names it in a body.
pub fn at(name: &str) -> String {
    format!("@{name}")
}

impl<'a> Story<'a> {
    /// A story that begins on a day.
    pub fn new(
        random: &'a mut Random,
        (customer, company): (usize, bool),
        [name, contact, email]: [String; 3],
        day: i64,
    ) -> Self {
        Self {
            random,
            customer,
            company,
            name,
            contact,
            email,
            day,
            leaves_on: DAYS,
            card: None,
            minute: 0,
            first_day: day,
            scenes: Vec::new(),
            made: BTreeMap::new(),
        }
    }

    /// Everything that was told.
    pub fn scenes(self) -> Vec<Scene> {
        self.scenes
    }

    /// The last day something was told of.
    pub fn last_day(&self) -> i64 {
        let last = self.scenes.iter().map(|scene| scene.at).max();
        last.map_or(self.day, |last| super::calendar::day_of(&last.day()))
    }

    /// Tells a scene. Nothing happens after the last day.
    pub fn add(&mut self, step: Step) {
        if self.day < DAYS {
            self.scenes.push(Scene { at: self.moment(), customer: Some(self.customer), step });
            self.minute += self.random.random_range(1..30);
        }
    }

    /// A change of master data.
    pub fn change(&mut self, patch: Value) {
        self.add(Step::Change(patch));
    }

    /// Makes a record. Answers its name.
    pub fn make(&mut self, kind: &'static str, body: Value) -> String {
        let number = self.made.entry(kind).or_default();
        *number += 1;
        let name = format!("{}-{kind}-{number}", self.customer);
        self.add(Step::Make(Make { kind, name: name.clone(), body }));
        name
    }

    /// Something becomes of a record.
    pub fn act(&mut self, kind: &'static str, verb: &'static str, name: &str, body: Value) {
        self.add(Step::Act(Act { kind, verb, name: name.to_owned(), body }));
    }

    /// How many records of a kind were made.
    pub fn count(&self, kind: &'static str) -> u32 {
        self.made.get(kind).copied().unwrap_or_default()
    }

    /// Time passes until some working day.
    pub fn pass(&mut self, shortest: i64, longest: i64) {
        let days = self.random.random_range(shortest..=longest);
        self.go_to(self.day + days);
    }

    /// Time passes until a day, or the next working day.
    pub fn go_to(&mut self, day: i64) {
        self.day = working_day(day);
        self.minute = 0;
    }

    /// Tells a strand that begins so many days later, and comes back.
    pub fn aside(&mut self, (shortest, longest): (i64, i64), tell: impl FnOnce(&mut Self)) {
        let (day, minute) = (self.day, self.minute);
        self.pass(shortest, longest);
        tell(self);
        (self.day, self.minute) = (day, minute);
    }

    /// When the next scene happens.
    pub fn moment(&self) -> Instant {
        // Between eight and four o'clock, at an odd minute that belongs to the customer.
        let start = i64::try_from(self.customer).unwrap_or_default() * 7 % 420;
        instant(self.day, start + self.minute)
    }

    /// Today, as it is written.
    pub fn today(&self) -> String {
        date(self.day)
    }

    /// A day ahead, as it is written.
    pub fn in_days(&self, days: i64) -> String {
        date(self.day + days)
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        pick(self.random, items)
    }

    /// Yes, in so many of a hundred cases.
    pub fn chance(&mut self, percent: u32) -> bool {
        chance(self.random, percent)
    }

    /// A number from a range.
    pub fn number(&mut self, range: std::ops::Range<i64>) -> i64 {
        self.random.random_range(range)
    }

    /// Something such a customer buys.
    pub fn product(&mut self) -> &'static Product {
        let products = if self.company { MACHINES } else { GOODS };
        &products[self.random.random_range(0..products.len())]
    }

    /// People talk about something.
    pub fn talk(&mut self, with_companies: &[Phrase], with_persons: &[Phrase]) {
        let phrases = if self.company { with_companies } else { with_persons };
        let item = self.product().name;
        self.talk_about(phrases, item, "");
    }

    /// People talk about a thing and an order.
    pub fn talk_about(&mut self, phrases: &[Phrase], item: &str, number: &str) {
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
        let late = late.min(self.day - self.first_day);
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

    /// An event of a kind of one's own.
    pub fn own(&mut self, kind: &'static str, payload: Value, amount: Option<Money>) {
        let (occurred_at, reference) = (self.moment(), self.reference());
        self.add(Step::Own(Own { kind, payload, amount, occurred_at, reference }));
    }

    /// As [`Self::own`], but with an amount that turns out to be ten times too high some days later.
    pub fn own_mistaken(&mut self, kind: &'static str, payload: Value, amount: Money) {
        let wrong = Money::from_scaled(amount.amount_scaled * 10, amount.currency);
        let (occurred_at, reference) = (self.moment(), self.reference());
        let own = Own { kind, payload, amount: Some(wrong), occurred_at, reference };
        self.add(Step::Own(own.clone()));
        self.pass(1, 3);
        self.add(Step::Correct(Own { amount: Some(amount), ..own }));
    }

    /// Files a document that is attached to a record of an earlier day.
    pub fn file(&mut self, (title, category): (String, &str), attached_to: Option<(&str, &str)>, content: &str) {
        let attached_to = attached_to.map(|(kind, name)| json!({ "type": kind, "id": at(name) }));
        let body = json!({ "title": title, "category": category, "language": "de", "attached_to": attached_to });
        let document = self.make("document", body);
        self.act("document", "upload", &document, json!(at(content)));
    }

    fn reference(&self) -> String {
        format!("{}-{}", self.customer, self.scenes.len())
    }
}
