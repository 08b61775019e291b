//! When something does not work: tickets and what is said about them, complaints, and what customers think.

use serde_json::json;

use super::narrator::{Story, at};
use super::phrases::COMMENTS;
use super::sales::Sale;

/// Something customers need help with.
struct Trouble {
    subject: &'static str,
    description: &'static str,
    category: &'static str,
    priority: &'static str,
    on_site: bool,
    answer: &'static str,
    reply: &'static str,
    resolution: &'static str,
}

const OF_COMPANIES: &[Trouble] = &[
    Trouble {
        subject: "Maschine läuft nicht an",
        description: "Nach dem Wochenende springt die Maschine nicht an, die Anzeige bleibt dunkel.",
        category: "Reparatur",
        priority: "urgent",
        on_site: true,
        answer: "Bitte prüfen Sie den Not-Halt und die Sicherung F2. Unser Techniker ist morgen bei Ihnen in der Nähe.",
        reply: "Sicherung ist in Ordnung, Not-Halt ist gezogen. Bitte kommen.",
        resolution: "Schütz getauscht, Probelauf ohne Befund",
    },
    Trouble {
        subject: "Anschlag lässt sich nicht mehr einstellen",
        description: "Die Feineinstellung des Parallelanschlags greift nicht mehr.",
        category: "Reparatur",
        priority: "normal",
        on_site: false,
        answer: "Vermutlich ist der Klemmhebel lose. Eine Anleitung mit Bildern liegt bei.",
        reply: "Danke, das war es nicht ganz, aber die Schraube dahinter.",
        resolution: "Klemmhebel nachgezogen, Anleitung ergänzt",
    },
    Trouble {
        subject: "Ersatzteil gesucht: Keilriemen",
        description: "Der Riemen quietscht und muss bald gewechselt werden. Welche Größe passt?",
        category: "Ersatzteile",
        priority: "low",
        on_site: false,
        answer: "Es ist der SPZ 1250. Er liegt am Lager; sollen wir zwei Stück senden?",
        reply: "Ja bitte, zwei Stück.",
        resolution: "Zwei Riemen SPZ 1250 versandt",
    },
    Trouble {
        subject: "Absaugung zu schwach",
        description: "Seit dem Umbau der Leitungen kommt an der Fräse kaum noch Luft an.",
        category: "Beratung",
        priority: "high",
        on_site: true,
        answer: "Bitte senden Sie uns eine Skizze der Leitungen mit Durchmessern.",
        reply: "Skizze hängt an. Die Leitung zur Fräse hat jetzt drei Bögen.",
        resolution: "Leitung mit zwei Bögen weniger verlegt, Luftmenge gemessen",
    },
];

const OF_PERSONS: &[Trouble] = &[
    Trouble {
        subject: "Akku lädt nicht",
        description: "Das Ladegerät blinkt rot, der Akku bleibt leer.",
        category: "Garantie",
        priority: "normal",
        on_site: false,
        answer: "Bitte senden Sie uns ein Foto des Typenschilds und der Rechnung.",
        reply: "Beides hängt an.",
        resolution: "Akku auf Garantie getauscht",
    },
    Trouble {
        subject: "Frage zur Einstellung der Oberfräse",
        description: "Wie stelle ich die Frästiefe auf den halben Millimeter genau ein?",
        category: "Beratung",
        priority: "low",
        on_site: false,
        answer: "Am Revolveranschlag entspricht eine Umdrehung einem Millimeter. Ein kurzer Film dazu ist verlinkt.",
        reply: "Der Film war genau richtig, danke!",
        resolution: "Film zur Frästiefe gesendet",
    },
    Trouble {
        subject: "Falscher Artikel im Paket",
        description: "Bestellt war Körnung 120, geliefert wurde 240.",
        category: "Lieferung",
        priority: "high",
        on_site: false,
        answer: "Das tut uns leid. Die richtige Körnung geht heute noch hinaus, das andere dürfen Sie behalten.",
        reply: "Das ist sehr freundlich, vielen Dank.",
        resolution: "Richtige Körnung nachgesendet",
    },
];

/// Something customers are not content with: what, why, what was done.
const COMPLAINTS: &[(&str, &str, &str)] = &[
    ("Lieferung beschädigt", "Der Karton war eingedrückt, ein Griff ist gebrochen.", "Ersatz per Express gesendet"),
    ("Lieferung zu spät", "Zugesagt war Freitag, gekommen ist sie am Mittwoch.", "Versandkosten erlassen"),
    ("Rechnung ohne vereinbarten Rabatt", "Die zehn Prozent fehlen.", "Betrag gutgeschrieben"),
    ("Oberfläche mit Kratzern", "Die Tischplatte hat zwei tiefe Kratzer.", "Nachlass vereinbart"),
];
const REFUSALS: &[&str] = &["Schaden durch falsche Lagerung, siehe Fotos", "Ware wie bestellt geliefert"];

impl Story<'_> {
    /// The customer needs help. `sale` is what it is about.
    pub fn ask_for_help(&mut self, sale: &Sale) {
        let troubles = if self.company { OF_COMPANIES } else { OF_PERSONS };
        let trouble = &troubles[usize::try_from(self.number(0..100)).unwrap_or_default() % troubles.len()];
        let channel = self.pick(&["phone", "email", "email", "website"]);
        let body = json!({
            "subject": trouble.subject, "description": trouble.description, "channel": channel,
            "category": trouble.category, "priority": trouble.priority, "incident": trouble.category == "Reparatur",
            "product_id": sale.basket.main().reference(), "order_id": at(&sale.order), "opened_at": self.moment(),
            "assignee_id": at("owner"), "owner_id": at("owner"), "custom_fields": { "on_site": trouble.on_site },
        });
        let ticket = self.make("ticket", body);
        self.act("ticket", "accept", &ticket, json!({ "occurred_at": self.moment() }));
        self.comment(&ticket, trouble.answer, "us");
        if self.chance(45) {
            self.act("ticket", "wait", &ticket, json!({ "occurred_at": self.moment() }));
            self.pass(1, 3);
            self.comment(&ticket, trouble.reply, "customer");
        }
        if trouble.priority == "urgent" && self.chance(30) {
            let body = json!({ "reason": "Produktion steht", "occurred_at": self.moment() });
            self.act("ticket", "escalate", &ticket, body);
        }
        self.pass(1, 4);
        self.resolve(&ticket, trouble);
        if self.chance(8) {
            self.pass(1, 6);
            let body = json!({ "reason": "Tritt wieder auf", "occurred_at": self.moment() });
            self.act("ticket", "reopen", &ticket, body);
            self.pass(1, 3);
            self.resolve(&ticket, trouble);
        }
        self.pass(1, 7);
        self.act("ticket", "close", &ticket, json!({ "occurred_at": self.moment() }));
        if self.count("ticket") == 1 || self.chance(60) {
            self.judge(&ticket);
        }
    }

    fn comment(&mut self, ticket: &str, text: &str, side: &str) {
        let name = (side == "customer").then(|| self.contact.clone());
        let body = json!({ "text": text, "author_side": side, "author_name": name, "written_at": self.moment() });
        self.act("ticket", "comment", ticket, body);
    }

    fn resolve(&mut self, ticket: &str, trouble: &Trouble) {
        let body = json!({ "resolution": trouble.resolution, "occurred_at": self.moment() });
        self.act("ticket", "resolve", ticket, body);
    }

    /// The customer says how content they are with the help.
    fn judge(&mut self, ticket: &str) {
        let kind = self.pick(&["csat", "csat", "ces"]);
        let score = self.pick(&[3, 4, 4, 5, 5]);
        let body = json!({
            "kind": kind, "score": score, "channel": "email", "given_at": self.moment(), "ticket_id": at(ticket),
            "question": "Wie zufrieden waren Sie mit unserer Hilfe?",
        });
        self.make("feedback", body);
    }

    /// The customer says whether they would recommend us, or gives stars.
    pub fn rate(&mut self, sale: &Sale) {
        let text = self.pick(COMMENTS);
        let body = if self.chance(65) {
            json!({
                "kind": "nps", "score": self.pick(&[4, 6, 7, 8, 8, 9, 9, 9, 10, 10]), "text": text, "channel": "email",
                "question": "Würden Sie uns weiterempfehlen?", "campaign": "Nach der Lieferung",
                "given_at": self.moment(), "order_id": at(&sale.order),
            })
        } else {
            json!({
                "kind": "rating", "score": self.pick(&[2, 3, 4, 4, 5, 5, 5]), "subject": sale.basket.main().name,
                "text": text, "channel": "website", "given_at": self.moment(), "order_id": at(&sale.order),
            })
        };
        self.make("feedback", body);
    }

    /// The customer complains about a delivery.
    pub fn complain(&mut self, sale: &Sale) {
        let (subject, text, resolution) = self.pick(COMPLAINTS);
        let body = json!({
            "kind": "complaint", "subject": subject, "text": text, "channel": "phone",
            "severity": self.pick(&["low", "medium", "medium", "high"]), "given_at": self.moment(),
            "order_id": at(&sale.order),
        });
        let complaint = self.make("feedback", body);
        self.aside((1, 2), |story| {
            story.act("feedback", "acknowledge", &complaint, json!({ "acknowledged_at": story.moment() }));
            story.pass(1, 9);
            let when = json!(story.moment());
            if story.chance(12) {
                let reason = story.pick(REFUSALS);
                story.act("feedback", "reject", &complaint, json!({ "reason": reason, "rejected_at": when }));
                return;
            }
            let amount = story.pick(&["15.00", "25.00", "50.00"]);
            let compensation = story.chance(40).then(|| json!({ "amount": amount, "currency": "EUR" }));
            let body = json!({ "resolution": resolution, "compensation": compensation, "resolved_at": when });
            story.act("feedback", "resolve", &complaint, body);
        });
    }
}
