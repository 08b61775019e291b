//! What is to be done, and what is filed.

use serde_json::json;

use super::calendar::DAYS;
use super::catalogue::ONBOARDING_STEPS;
use super::narrator::{Story, at};

const DONE: &[&str] = &["Erledigt", "Telefonisch besprochen", "Unterlagen geschickt", "Termin vereinbart"];
/// What is still open at the end.
const OPEN: &[(&str, &str)] = &[
    ("Jahresgespräch vereinbaren", "Rückblick, Preise für das nächste Jahr, neue Maschinen."),
    ("Angebot für Ersatzteile schreiben", "Keilriemen und Laufrollen, wie am Telefon besprochen."),
    ("Einladung zum Winterkurs", "Hat im letzten Jahr gefragt."),
    ("Kreditlimit prüfen", "Größere Bestellung ist angekündigt."),
];

impl Story<'_> {
    /// Every new customer is introduced, step by step.
    pub fn introduce(&mut self) {
        let body = json!({ "template_id": at("template-onboarding"), "starts_at": self.moment() });
        let set = self.make("task_set", body);
        for wait in [(1, 2), (2, 4), (3, 7), (16, 24)].into_iter().take(ONBOARDING_STEPS) {
            self.pass(wait.0, wait.1);
            let outcome = self.pick(DONE);
            self.act("task_set", "complete_next", &set, json!({ "outcome": outcome }));
        }
    }

    /// A machine is put into operation, step by step.
    pub fn install(&mut self) {
        let body = json!({ "template_id": at("template-installation"), "starts_at": self.moment() });
        let set = self.make("task_set", body);
        for _ in 0..3 {
            self.pass(2, 9);
            self.act("task_set", "complete_next", &set, json!({}));
        }
    }

    /// Something is to be done within days, and is.
    pub fn follow_up(&mut self, subject: &str, outcome: &str) {
        let due_at = self.moment().plus_seconds(7 * 86_400);
        let body = json!({ "subject": subject, "due_at": due_at, "assignee_id": at("owner"), "owner_id": at("owner") });
        let task = self.make("task", body);
        self.aside((3, 9), |story| {
            let (verb, outcome) =
                if story.chance(93) { ("complete", outcome) } else { ("cancel", "Hat sich erledigt") };
            story.act("task", verb, &task, json!({ "outcome": outcome }));
        });
    }

    /// Something is still to be done when the invented time ends.
    pub fn leave_open(&mut self) {
        let back = self.number(1..21);
        self.go_to(DAYS - back);
        let (subject, text) = self.pick(OPEN);
        let days = self.number(3..30);
        let body = json!({
            "subject": subject, "body": text, "due_at": self.moment().plus_seconds(days * 86_400),
            "priority": self.pick(&["low", "normal", "normal", "high"]), "assignee_id": at("owner"),
            "owner_id": at("owner"),
        });
        self.make("task", body);
    }
}
