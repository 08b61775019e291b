//! The campaigns of the invented years: a printed catalogue in spring, a letter by e-mail in autumn.

use serde_json::json;

use super::calendar::{DAYS, day_of, working_day};
use super::catalogue::scene;
use super::scene::{Act, Make, Scene, Step};

/// A campaign.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// How scenes name it.
    pub name: String,
    /// What it is about.
    pub subject: &'static str,
    /// How it reaches customers.
    pub channel: &'static str,
    /// Its first day.
    pub first: i64,
    last: i64,
    title: String,
    starts_on: String,
    ends_on: String,
    euros: i64,
    inquiries: i64,
}

/// All of them, in their order; the last one has not begun when the invented time ends.
pub fn all() -> Vec<Campaign> {
    (2022..=2027).flat_map(|year| [spring(year), autumn(year)]).take(11).collect()
}

fn spring(year: i64) -> Campaign {
    let dates = (format!("{year}-02-14"), format!("{year}-04-29"));
    let title = format!("Frühjahrskatalog {year}");
    campaign((format!("campaign-{year}-spring"), title), ("post", "Der neue Katalog ist da"), dates, 7_800)
}

fn autumn(year: i64) -> Campaign {
    let dates = (format!("{year}-10-04"), format!("{year}-12-16"));
    let title = format!("Werkstattbrief Herbst {year}");
    campaign((format!("campaign-{year}-autumn"), title), ("email", "Werkstattbrief: Kurse im Winter"), dates, 1_450)
}

fn campaign(
    (name, title): (String, String),
    (channel, subject): (&'static str, &'static str),
    (starts_on, ends_on): (String, String),
    euros: i64,
) -> Campaign {
    let (first, last) = (working_day(day_of(&starts_on)), day_of(&ends_on));
    let inquiries = 20 + first % 37;
    Campaign { name, subject, channel, first, last, title, starts_on, ends_on, euros, inquiries }
}

/// How campaigns are planned, begin and end.
pub fn scenes() -> Vec<Scene> {
    all().iter().flat_map(told).filter(|(day, _)| *day < DAYS).map(|(day, step)| scene(day, 0, step)).collect()
}

fn told(campaign: &Campaign) -> [(i64, Step); 3] {
    let Campaign { name, title, channel, starts_on, ends_on, euros, first, last, inquiries, .. } = campaign;
    let body = json!({
        "name": title, "channel": channel, "audience": "Alle Kunden mit Einwilligung", "consent_purpose": "marketing",
        "starts_on": starts_on, "ends_on": ends_on, "budget": { "amount": format!("{euros}.00"), "currency": "EUR" },
    });
    let make = Step::Make(Make { kind: "campaign", name: name.clone(), body });
    let act = |verb, body| Step::Act(Act { kind: "campaign", verb, name: name.clone(), body });
    let result = json!({ "result": format!("{inquiries} Anfragen, {} Bestellungen", inquiries / 3) });
    // The spring of 2027 is planned before the invented time ends.
    let planned = working_day(*first - 91);
    [(planned, make), (*first, act("start", json!({}))), (working_day(*last), act("finish", result))]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_planned_and_one_is_running_at_the_end() {
        let all = all();
        assert_eq!(all.len(), 11);
        let begun = all.iter().filter(|campaign| campaign.first < DAYS).count();
        let over = all.iter().filter(|campaign| campaign.last < DAYS).count();
        assert_eq!((begun, over), (10, 9));
        let planned = scenes().iter().filter(|scene| matches!(scene.step, Step::Make(_))).count();
        assert_eq!(planned, 11);
    }
}
