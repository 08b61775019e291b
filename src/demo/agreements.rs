//! What lasts longer: contracts and projects.

use serde_json::json;

use super::catalogue::SERVICES;
use super::narrator::{Story, at};

/// Days of the two years a contract lasts each time.
const TERM_DAYS: i64 = 730;
/// So many days before its end it is renewed: there are ninety to give notice.
const RENEWED_BEFORE: i64 = 120;

/// What is undertaken: its name, what it is about, and its budget in euros.
const OF_COMPANIES: &[(&str, &str, i64)] = &[
    ("Umbau der Maschinenhalle", "Neue Aufstellung, Leitungen und Absaugung.", 48_000),
    ("Einrichtung der Lehrwerkstatt", "Sechs Plätze mit Hobelbank und Absaugung.", 27_500),
    ("Erweiterung der Absaugung", "Zweiter Filter und neue Leitungen.", 16_200),
    ("Umstellung auf CNC", "Bearbeitungszentrum, Einweisung, Daten aus der Zeichnung.", 92_000),
];
const OF_PERSONS: &[(&str, &str, i64)] = &[
    ("Einrichtung der Hobbywerkstatt", "Hobelbank, Licht, Ordnung für das Werkzeug.", 3_800),
    ("Esstisch aus Eiche", "Begleitetes Möbelprojekt in sechs Abenden.", 1_450),
    ("Gartenhaus selbst gebaut", "Beratung, Zuschnitt, Ausleihe von Maschinen.", 4_900),
];
const NOTICES: &[&str] = &["Werkstatt wird verkleinert", "Wartung wird selbst gemacht", "Günstigeres Angebot"];

impl Story<'_> {
    /// A contract: signed, filed, renewed every two years, and sometimes given notice of.
    pub fn agree(&mut self) {
        let company = self.company;
        let (title, service) = match company {
            true => ("Wartungsvertrag", &SERVICES[0]),
            false => ("Schärfdienst im Abonnement", &SERVICES[2]),
        };
        let (interval, notice) = if company { ("yearly", 3) } else { ("monthly", 1) };
        let center = company.then(|| format!("K-{}", self.number(1_000..10_000)));
        let custom = center.map_or_else(|| json!({}), |center| json!({ "cost_center": center }));
        let body = json!({
            "title": title, "items": [{ "product_id": service.reference(), "quantity": "1" }],
            "starts_on": self.today(), "term_months": 24, "renewal": "automatic", "renewal_months": 12,
            "notice_period": { "count": notice, "unit": "months" }, "billing_interval": interval,
            "value": { "amount": service.price(), "currency": "EUR" }, "owner_id": at("owner"), "custom_fields": custom,
        });
        let signed_on = self.day;
        let contract = self.make("contract", body);
        self.act("contract", "activate", &contract, json!({ "signed_on": self.today() }));
        self.aside((1, 4), |story| {
            let content = if company { "file-maintenance" } else { "file-subscription" };
            story.file((format!("{title}, unterschrieben"), "contract"), Some(("contract", &contract)), content);
        });
        let notice_on = match self.chance(8) {
            true => signed_on + self.number(200..900),
            // Notice is given with the farewell.
            false => self.leaves_on,
        };
        let mut ends_on = signed_on + TERM_DAYS;
        while ends_on - RENEWED_BEFORE < notice_on {
            self.go_to(ends_on - RENEWED_BEFORE);
            self.act("contract", "renew", &contract, json!({ "months": 24 }));
            ends_on += TERM_DAYS;
        }
        self.go_to(notice_on + 7);
        let reason = self.pick(NOTICES);
        self.act("contract", "cancel", &contract, json!({ "reason": reason, "by": "customer" }));
    }

    /// Something is undertaken together over a longer time.
    pub fn undertake(&mut self) {
        let (name, description, euros) = self.pick(if self.company { OF_COMPANIES } else { OF_PERSONS });
        let days = self.number(40..160);
        let body = json!({
            "name": name, "description": description, "starts_on": self.in_days(14), "ends_on": self.in_days(14 + days),
            "budget": { "amount": format!("{euros}.00"), "currency": "EUR" }, "owner_id": at("owner"),
        });
        let project = self.make("project", body);
        self.pass(12, 20);
        self.act("project", "start", &project, json!({ "at": self.moment() }));
        self.aside((2, 9), |story| {
            story.file((format!("Aufmaß: {name}"), "drawing"), Some(("project", &project)), "file-measurement");
        });
        if self.chance(25) {
            self.pass(10, 25);
            let body = json!({ "reason": "Warten auf den Elektriker", "at": self.moment() });
            self.act("project", "pause", &project, body);
            self.pass(10, 30);
            self.act("project", "resume", &project, json!({ "at": self.moment() }));
        }
        self.pass(days / 2, days);
        let body = json!({ "reason": "Abgenommen, ohne Mängel", "at": self.moment() });
        self.act("project", "complete", &project, body);
    }
}
