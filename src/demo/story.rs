//! One customer's years, from the first contact on.

use serde_json::{Value, json};

use super::calendar::DAYS;
use super::kinds;
use super::narrator::Story;
use super::people;
use super::phrases;
use super::places;
use super::random::{Random, RngExt};
use super::sales::Sale;
use super::scene::{Scene, Step};
use crate::schemas::custom_field::CustomFields;
use crate::schemas::customer::{AddressType, ContactPointType, CreateCustomer, CustomerKind, LifecycleStage};

const CHANNELS: &[&str] = &["trade_fair", "referral", "website", "catalogue", "walk_in"];
const WINDOWS: &[&str] = &["morning", "afternoon", "any"];

/// Tells the story of a customer.
pub fn tell(random: &mut Random, customer: usize, mut profile: CreateCustomer) -> Vec<Scene> {
    let company = profile.kind == CustomerKind::Company;
    // Most have been with us for long.
    let day = random.random_range(0..DAYS - 60).min(random.random_range(0..DAYS - 60));
    let who = who(random, &profile);
    let mut story = Story::new(random, (customer, company), who, day);
    profile.acquisition_channel = Some(story.pick(CHANNELS).to_owned());
    profile.lifecycle_stage = Some(story.pick(&[LifecycleStage::Lead, LifecycleStage::Prospect]));
    profile.custom_fields = own_fields(&mut story);
    story.add(Step::Enter(Box::new(profile)));
    story.meet();
    story.scenes()
}

/// What the customer is called, whom one talks to, and where one writes to.
fn who(random: &mut Random, profile: &CreateCustomer) -> [String; 3] {
    let email = profile.contact_points.iter().find(|point| point.kind == ContactPointType::Email);
    let email = email.map(|point| point.value.clone()).unwrap_or_default();
    let name = name(profile);
    if profile.person.is_some() {
        return [name.clone(), name, email];
    }
    let gender = people::gender(random);
    let contact = format!("{} {}", people::given_name(random, gender), people::family_name(random));
    [name, contact, email]
}

/// What the customer is called at first.
pub fn name(profile: &CreateCustomer) -> String {
    let person = profile.person.iter().flat_map(|person| [&person.given_name, &person.family_name]);
    let company = profile.company.iter().map(|company| &company.legal_name);
    let words: Vec<&str> = person.chain(company).flatten().map(String::as_str).collect();
    words.join(" ")
}

fn own_fields(story: &mut Story<'_>) -> CustomFields {
    let mut fields = CustomFields::default();
    fields.0.insert("delivery_window".to_owned(), json!(story.pick(WINDOWS)));
    if story.chance(60) {
        let area = if story.company { story.number(80..1_800) } else { story.number(8..45) };
        fields.0.insert("workshop_area".to_owned(), json!(area));
    }
    fields
}

impl Story<'_> {
    /// From the first contact to the decision.
    fn meet(&mut self) {
        self.talk(phrases::FIRST_BY_COMPANIES, phrases::FIRST_BY_PERSONS);
        let consents = self.chance(88);
        if consents {
            self.consent();
        }
        let first = self.interest();
        if self.company && self.chance(35) {
            let payload = json!({ "machine": first.1.main().name, "options": self.number(0..9) });
            self.own(kinds::CONFIGURATION, payload, None);
        }
        for _ in 0..self.number(1..3) {
            self.pass(2, 14);
            self.talk(phrases::COURTING_COMPANIES, phrases::COURTING_PERSONS);
        }
        self.pass(1, 5);
        let interest = self.offer(first);
        self.pass(6, 24);
        let met_on = self.day;
        if self.chance(66) {
            let sale = self.win(interest);
            self.stay(&sale);
        } else {
            self.lose(interest);
            self.change(json!({ "lifecycle_stage": "inactive" }));
        }
        if consents {
            self.be_reached(met_on);
        }
        if self.leaves_on < DAYS {
            self.leave();
        }
    }

    /// The years as a customer.
    fn stay(&mut self, first: &Sale) {
        let begun = self.day;
        let (category, shortest, longest) = match self.number(0..100) {
            0..10 => ("A", 60, 140),
            10..40 => ("B", 140, 280),
            _ => ("C", 240, 480),
        };
        let years = json!({ "lifecycle_stage": "customer", "customer_since": self.today(), "category": category });
        self.change(years);
        // Whoever leaves has been with us for a while.
        if begun + 300 < DAYS && self.chance(10) {
            self.leaves_on = self.number(begun + 300..DAYS);
        }
        self.begin(first);
        // Once in all those years money is late; sometimes more often.
        let orders = if begun + 900 < DAYS { 3 } else { 1 };
        let late = self.number(1..orders + 1);
        self.fulfil(first, late == 1);
        let mut number = 1;
        loop {
            self.between(first);
            self.pass(shortest, longest);
            if self.day >= self.leaves_on {
                break;
            }
            number += 1;
            let sale = self.purchase();
            let is_recent = (DAYS - 100..DAYS - 40).contains(&self.day);
            let is_late = number == late || self.chance(if is_recent { 35 } else { 3 });
            self.fulfil(&sale, is_late);
            if self.chance(14) {
                self.aside((10, 60), |story| story.ask_for_help(&sale));
            }
        }
        self.go_to(begun + 600);
        self.redeem();
        if self.leaves_on == DAYS && self.chance(40) {
            self.leave_open();
        }
    }

    /// What begins with the first order.
    fn begin(&mut self, first: &Sale) {
        self.aside((1, 2), Self::introduce);
        self.aside((4, 25), Self::join);
        self.aside((20, 80), Self::agree);
        self.aside((40, 150), Self::undertake);
        self.aside((40, 200), Self::refer);
        self.aside((45, 200), |story| story.ask_for_help(first));
        if first.basket.has_machine() {
            self.aside((3, 9), Self::install);
        }
    }

    /// What happens between two purchases.
    fn between(&mut self, first: &Sale) {
        for _ in 0..self.number(0..3) {
            self.pass(3, 20);
            if self.day < self.leaves_on {
                self.talk(phrases::DAILY_OF_COMPANIES, phrases::DAILY_OF_PERSONS);
            }
        }
        if self.day >= self.leaves_on {
            return;
        }
        if self.chance(10) {
            self.attend();
        }
        if self.chance(9) {
            let patch = self.new_facts();
            self.change(patch);
        }
        if self.chance(8) {
            self.follow_up("Zurückrufen", "Erreicht, Frage geklärt");
        }
        if self.chance(5) {
            self.ask_for_help(first);
        }
    }

    /// What changes in the life of a customer.
    fn new_facts(&mut self) -> Value {
        let from = self.today();
        match (self.number(0..4), self.company) {
            (0, company) => {
                let kind = if company { AddressType::Business } else { AddressType::Private };
                let town = places::town(self.random);
                json!({ "addresses": [places::address(self.random, town, kind, Some(from))] })
            }
            (1, _) => json!({ "tier": self.pick(&["gold", "silver", "bronze"]) }),
            (2, true) => json!({ "company": { "employee_count": self.number(3..90) } }),
            (2, false) => {
                json!({ "person": { "family_name": people::family_name(self.random), "marital_status": "married" } })
            }
            (_, true) => json!({ "purchase_criteria": ["Ersatzteile über zehn Jahre"] }),
            (_, false) => json!({ "preferences": ["Liefertermine bitte vormittags"] }),
        }
    }

    fn leave(&mut self) {
        self.go_to(self.leaves_on);
        self.talk(phrases::FAREWELLS_OF_COMPANIES, phrases::FAREWELLS_OF_PERSONS);
        let stage = self.pick(&["inactive", "former"]);
        self.change(json!({ "lifecycle_stage": stage }));
        self.give_card_back();
        if stage == "former" && self.chance(60) {
            // When everything is settled.
            self.go_to(self.last_day());
            self.pass(20, 90);
            self.add(Step::Archive);
        }
    }
}
