//! Who belongs to whom: employees and contact persons of companies, households, groups of companies, and customers who
//! came through others.

use serde_json::{Value, json};

use super::calendar::{DAYS, date, day_of, instant, working_day};
use super::narrator::at;
use super::random::{Random, RngExt, chance, pick};
use super::scene::{Act, Make, Scene, Step};
use super::story;

/// What somebody is at a company, and their part in the decision to buy.
const ROLES: &[(&str, &str)] = &[
    ("Einkaufsleitung", "decision_maker"),
    ("Geschäftsführung", "management"),
    ("Meister", "influencer"),
    ("Werkstattleitung", "key_person"),
    ("Maschinenführung", "user"),
    ("Sekretariat", "gatekeeper"),
];
const PARTNERSHIPS: &[&str] = &["Gemeinsame Montagen", "Teilen sich eine Halle", "Bietergemeinschaft"];

/// When somebody is a customer of ours: from their first day to the one they are put away on.
#[derive(Debug)]
struct Life {
    name: String,
    first: i64,
    end: i64,
}

impl Life {
    fn of(scenes: &[Scene]) -> Self {
        let day = |scene: &Scene| day_of(&scene.at.day());
        let first = scenes.first().map_or(DAYS, day);
        let name = scenes.iter().find_map(|scene| match &scene.step {
            Step::Enter(profile) => Some(story::name(profile)),
            _ => None,
        });
        let put_away = scenes.iter().find(|scene| matches!(scene.step, Step::Archive));
        Self { name: name.unwrap_or_default(), first, end: put_away.map_or(DAYS, day) }
    }
}

/// The links between all of them, told once everybody's life is known.
pub fn scenes(random: &mut Random, lives: &[Vec<Scene>]) -> Vec<Scene> {
    let lives = lives.iter().map(|scenes| Life::of(scenes)).collect();
    let mut circles = Circles { random, lives, scenes: Vec::new() };
    circles.employees();
    circles.households();
    circles.groups();
    circles.neighbours();
    circles.referrals();
    circles.scenes
}

struct Circles<'a> {
    random: &'a mut Random,
    lives: Vec<Life>,
    scenes: Vec<Scene>,
}

impl Circles<'_> {
    fn customer(&mut self, companies: bool) -> usize {
        let half = self.random.random_range(0..self.lives.len() / 2);
        half * 2 + usize::from(!companies)
    }

    /// The first working day on which both are known, some time later, if both still are then.
    fn both(&mut self, one: usize, other: usize) -> Option<i64> {
        let (one, other) = (self.lives.get(one)?, self.lives.get(other)?);
        let day = working_day(one.first.max(other.first) + self.random.random_range(2..60));
        (day + 1 < one.end.min(other.end)).then_some(day)
    }

    fn make(&mut self, day: i64, customer: usize, kind: &'static str, body: Value) -> String {
        let name = format!("circle-{}", self.scenes.len());
        let step = Step::Make(Make { kind, name: name.clone(), body });
        self.add(day, customer, step);
        name
    }

    fn act(&mut self, day: i64, customer: usize, (kind, verb): (&'static str, &'static str), name: &str, body: Value) {
        self.add(day, customer, Step::Act(Act { kind, verb, name: name.to_owned(), body }));
    }

    fn add(&mut self, day: i64, customer: usize, step: Step) {
        if day < DAYS {
            self.scenes.push(Scene { at: noon(day), customer: Some(customer), step });
        }
    }

    /// Links two customers once both are known.
    fn link(&mut self, kind: &str, ends: (usize, usize), facts: Value) -> Option<(i64, String)> {
        let day = self.both(ends.0, ends.1)?;
        Some((day, self.link_on(day, kind, ends, facts)))
    }

    fn link_on(&mut self, day: i64, kind: &str, (from, to): (usize, usize), facts: Value) -> String {
        let mut body = json!({ "type": kind, "from_customer_id": customer(from), "to_customer_id": customer(to) });
        if let (Some(body), Value::Object(facts)) = (body.as_object_mut(), facts) {
            body.extend(facts);
        }
        self.make(day, from, "relationship", body)
    }

    /// Many persons work for companies who are customers as well; some change to another one.
    fn employees(&mut self) {
        let mut led = vec![false; self.lives.len()];
        for person in (1..self.lives.len()).step_by(2) {
            if !chance(self.random, 45) {
                continue;
            }
            let company = self.customer(true);
            let (role, part) = pick(self.random, ROLES);
            let since = format!("{}-0{}-01", self.random.random_range(2012..2021), self.random.random_range(1..10));
            let facts = json!({ "role": role, "buying_role": part, "valid_from": since });
            let Some((day, name)) = self.link("employee_of", (person, company), facts) else { continue };
            if chance(self.random, 60) {
                let primary = !std::mem::replace(&mut led[company], true);
                let facts = json!({ "role": role, "buying_role": part, "primary": primary });
                self.link_on(day, "contact_person_of", (person, company), facts);
            }
            let next = working_day(day + self.random.random_range(200..900));
            let other = self.customer(true);
            let ends = self.lives[person].end.min(self.lives[company].end).min(self.lives[other].end);
            let knows = next > self.lives[other].first && next + 15 < ends;
            if other != company && knows && chance(self.random, 30) {
                let reason = json!({ "ended_on": date(next), "reason": "Wechsel zu einem anderen Betrieb" });
                self.act(next, person, ("relationship", "end"), &name, reason);
                let (role, part) = pick(self.random, ROLES);
                let facts = json!({ "role": role, "buying_role": part, "valid_from": date(next + 1) });
                self.link_on(working_day(next + 10), "employee_of", (person, other), facts);
            }
        }
    }

    /// Some persons live together.
    fn households(&mut self) {
        for person in (1..self.lives.len()).step_by(8) {
            if person + 2 < self.lives.len() && chance(self.random, 70) {
                self.link("household_member_of", (person + 2, person), json!({ "role": "Partnerin oder Partner" }));
            }
        }
    }

    /// Some companies belong to others.
    fn groups(&mut self) {
        for parent in (0..self.lives.len()).step_by(50) {
            for child in [parent + 10, parent + 20, parent + 30] {
                if child < self.lives.len() && chance(self.random, 75) {
                    self.link("subsidiary_of", (child, parent), json!({ "valid_from": "2019-01-01" }));
                }
            }
            if parent + 34 < self.lives.len() {
                // A level below.
                self.link("subsidiary_of", (parent + 34, parent + 10), json!({ "valid_from": "2020-07-01" }));
            }
        }
    }

    /// Some companies work together, others compete.
    fn neighbours(&mut self) {
        for company in (4..self.lives.len()).step_by(24) {
            let other = company + 8;
            if other < self.lives.len() {
                if chance(self.random, 60) {
                    let note = pick(self.random, PARTNERSHIPS);
                    self.link("partner_of", (company, other), json!({ "note": note }));
                } else {
                    self.link("competitor_of", (company, other), json!({}));
                }
            }
        }
    }

    /// Some customers came through others.
    fn referrals(&mut self) {
        for referred in (3..self.lives.len()).step_by(7) {
            let companies = referred % 2 == 0;
            let by = self.customer(companies);
            let (old, new) = (&self.lives[by], &self.lives[referred]);
            let came = working_day(new.first + 1);
            let invited = working_day(new.first - self.random.random_range(6..25));
            let bought = working_day(new.first + self.random.random_range(50..90));
            if by == referred || invited <= old.first || invited >= new.first || bought >= old.end.min(new.end) {
                continue;
            }
            let body = json!({
                "referred_name": new.name, "program": "Kunden werben Kunden", "channel": "store",
                "invited_at": noon(invited),
            });
            let referral = self.make(invited, by, "referral", body);
            let body = json!({ "referred_customer_id": customer(referred), "registered_at": noon(came) });
            self.act(came, by, ("referral", "register"), &referral, body);
            self.act(bought, by, ("referral", "convert"), &referral, json!({ "converted_at": noon(bought) }));
            self.link("referred_by", (referred, by), json!({}));
        }
    }
}

fn customer(number: usize) -> String {
    at(&format!("customer-{number}"))
}

fn noon(day: i64) -> crate::domain::instant::Instant {
    instant(day, 300)
}
