//! What customers want to hear from us, what reaches them, their cards, and whom they bring.

use serde_json::json;

use super::campaigns;
use super::kinds;
use super::narrator::{Story, at};
use super::people;
use super::random::RngExt;

/// The card of a loyalty programme.
#[derive(Debug, Clone)]
pub struct Card {
    name: String,
    /// The first day.
    since: i64,
    /// Points by the day they were earned on.
    earned: Vec<(i64, i64)>,
}

const PROGRAM: &str = "Werkstattkarte";
const WORDING: &str = "Ja, ich möchte Kataloge und den Werkstattbrief erhalten. Ich kann das jederzeit widerrufen.";
const RESPONSES: &[&str] =
    &["Bittet um ein Angebot", "Meldet zwei Personen zum Kurs an", "Fragt nach dem neuen Modell", "Bestellt direkt"];

impl Story<'_> {
    /// The customer agrees to be written to, by e-mail and by post.
    pub fn consent(&mut self) {
        let through = self.pick(&["double_opt_in", "web_form", "paper", "in_person"]);
        for channel in ["email", "post"] {
            let body = json!({
                "purpose": "marketing", "channel": channel, "legal_basis": "consent", "obtained_through": through,
                "granted_at": self.moment(), "wording_version": "2021-11", "wording": WORDING,
                "proof": "Bestätigung liegt beim Kundenkonto",
            });
            self.make("consent", body);
        }
    }

    /// The customer gets a card, and spends points after some years.
    pub fn join(&mut self) {
        let level = if self.company { "Silber" } else { "Bronze" };
        let body = json!({ "program": PROGRAM, "level": level, "joined_on": self.today() });
        let name = self.make("loyalty_membership", body);
        self.card = Some(Card { name, since: self.day, earned: Vec::new() });
    }

    /// Points come onto the card, if there is one by now.
    pub fn earn(&mut self, points: i64, reason: &str, order: Option<&str>) {
        let (day, leaves_on, moment) = (self.day, self.leaves_on, self.moment());
        let Some(card) = self.card.as_mut().filter(|card| day > card.since && day < leaves_on) else { return };
        card.earned.push((day, points));
        let name = card.name.clone();
        let body = json!({
            "kind": "earned", "points": points, "reason": reason, "order_id": order.map(at), "occurred_at": moment,
        });
        self.act("loyalty_membership", "book", &name, body);
    }

    /// Points are spent.
    pub fn redeem(&mut self) {
        let Some(card) = self.card.clone().filter(|card| self.day > card.since) else { return };
        let saved: i64 = card.earned.iter().filter(|(day, _)| *day < self.day).map(|(_, points)| points).sum();
        if saved >= 20 && self.day < self.leaves_on {
            let body = json!({
                "kind": "redeemed", "points": saved / 2, "reason": "Gutschein für einen Kurs",
                "occurred_at": self.moment(),
            });
            self.act("loyalty_membership", "book", &card.name, body);
        }
    }

    /// The card ends with the farewell.
    pub fn give_card_back(&mut self) {
        if let Some(card) = self.card.clone().filter(|card| self.day > card.since) {
            let body = json!({ "reason": "Kein Kunde mehr", "ended_at": self.moment() });
            self.act("loyalty_membership", "end", &card.name, body);
        }
    }

    /// What the campaigns of these years are to the customer, from a day on.
    pub fn be_reached(&mut self, since: i64) {
        let running = campaigns::all();
        let running: Vec<_> = running.iter().filter(|it| it.first > since && it.first + 30 < self.leaves_on).collect();
        for (index, campaign) in running.into_iter().enumerate() {
            if index > 0 && self.chance(35) {
                continue;
            }
            self.go_to(campaign.first);
            self.pass(1, 5);
            let by_mail = campaign.channel == "email";
            let recipient = if by_mail { self.email.clone() } else { self.name.clone() };
            let body = json!({
                "campaign_id": at(&campaign.name), "sent_at": self.moment(), "recipient": recipient,
                "subject": campaign.subject,
            });
            let touch = self.make("campaign_touch", body);
            if !self.answer(&touch, by_mail) {
                return;
            }
        }
    }

    /// What the customer makes of it. Answers whether they want to hear more.
    fn answer(&mut self, touch: &str, by_mail: bool) -> bool {
        let luck = self.number(0..100);
        if by_mail && luck < 3 {
            self.act("campaign_touch", "bounce", touch, json!({ "reason": "550 5.1.1", "bounced_at": self.moment() }));
            return true;
        }
        if by_mail && luck < 60 {
            self.act("campaign_touch", "open", touch, json!({ "opened_at": self.moment() }));
        }
        if luck < 20 {
            self.pass(1, 12);
            let response = self.pick(RESPONSES);
            let body = json!({ "response": response, "responded_at": self.moment() });
            self.act("campaign_touch", "respond", touch, body);
        }
        if luck >= 97 {
            self.pass(1, 12);
            let body = json!({ "reason": "Zu viele Nachrichten", "opted_out_at": self.moment() });
            self.act("campaign_touch", "unsubscribe", touch, body);
            return false;
        }
        true
    }

    /// The customer tells somebody of us.
    pub fn refer(&mut self) {
        let gender = people::gender(self.random);
        let given = people::given_name(self.random, gender);
        let family = people::family_name(self.random);
        let address = format!(
            "{}.{}.{}@example.org",
            people::slug(given),
            people::slug(&family),
            self.random.random_range(1_000..10_000)
        );
        let body = json!({
            "referred_name": format!("{given} {family}"), "referred_email": address, "program": "Kunden werben Kunden",
            "channel": self.pick(&["email", "store", "phone"]), "invited_at": self.moment(),
        });
        let referral = self.make("referral", body);
        self.pass(5, 30);
        if self.chance(30) {
            let body = json!({ "reason": "Kein Bedarf", "declined_at": self.moment() });
            self.act("referral", "decline", &referral, body);
            return;
        }
        self.act("referral", "register", &referral, json!({ "registered_at": self.moment() }));
        if self.chance(30) {
            return;
        }
        self.pass(10, 60);
        self.act("referral", "convert", &referral, json!({ "converted_at": self.moment() }));
        self.pass(3, 10);
        let card = self.card.as_ref().filter(|card| self.day > card.since && self.day < self.leaves_on);
        let body = match card {
            Some(card) => {
                json!({ "points": 500, "loyalty_membership_id": at(&card.name), "rewarded_at": self.moment() })
            }
            None => json!({ "amount": { "amount": "25.00", "currency": "EUR" }, "rewarded_at": self.moment() }),
        };
        self.act("referral", "reward", &referral, body);
    }

    /// The customer comes to a course, which has no record but an event of its own kind.
    pub fn attend(&mut self) {
        let course = self.pick(&["Handhobel", "Schwalbenschwanzzinken", "Maschinenkurs TSM 1", "Oberflächen"]);
        let people = self.number(1..4);
        let price = super::companies::euros(170 * people);
        let payload = json!({ "course": course, "participants": people });
        if self.chance(15) {
            self.own_mistaken(kinds::COURSE, payload, price);
        } else {
            self.own(kinds::COURSE, payload, Some(price));
        }
    }
}
