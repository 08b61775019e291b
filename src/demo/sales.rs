//! From the first interest to the goods: opportunities, quotes, orders, deliveries, and what customers then own.

use serde_json::{Value, json};

use super::basket::Basket;
use super::catalogue::{self, Product};
use super::kinds;
use super::narrator::{Story, at};
use super::phrases;

const CARRIERS: &[(&str, &str)] =
    &[("Spedition Lührs", "LU"), ("Paketdienst Nord", "PN"), ("Eigener Lkw", ""), ("Abholung", "")];
const COMPETITORS: &[&str] = &["Nordbau Maschinen AG", "Holz & Säge Kontor GmbH", "Hübner Werkzeughandel KG"];
const WON: &[&str] = &["Kurze Lieferzeit", "Service vor Ort", "Vorführung hat überzeugt", "Preis und Skonto"];
const LOST: &[&str] = &["Zu teuer", "Liefertermin zu spät", "Investition verschoben", "Hat sich anders entschieden"];
const CANCELLED: &[&str] = &["Doppelt bestellt", "Baustelle verschoben", "Falscher Artikel"];

/// Something that may be bought.
pub struct Interest {
    opportunity: String,
    quote: String,
    basket: Basket,
}

/// What was ordered.
pub struct Sale {
    /// The name of the order.
    pub order: String,
    /// Its number, as people say it.
    pub number: String,
    /// What was bought.
    pub basket: Basket,
}

impl Story<'_> {
    /// Somebody is interested: an opportunity.
    pub fn interest(&mut self) -> (String, Basket) {
        let basket = self.first_basket();
        let competitors: &[&str] = if self.company && self.chance(30) { &[self.pick(COMPETITORS)] } else { &[] };
        let body = json!({
            "name": basket.main().name, "pipeline_id": catalogue::pipeline(self.company), "opened_at": self.moment(),
            "amount": basket.amount(), "expected_close_date": self.in_days(40), "competitors": competitors,
            "product_ids": [basket.main().reference()], "next_step": "Angebot schreiben", "owner_id": at("owner"),
        });
        (self.make("opportunity", body), basket)
    }

    /// A quote goes out, and somebody is to ask about it.
    pub fn offer(&mut self, (opportunity, basket): (String, Basket)) -> Interest {
        for _ in 0..2 {
            self.act("opportunity", "advance", &opportunity, json!({ "changed_at": self.moment() }));
        }
        let mut body = basket.body();
        body["quoted_at"] = json!(self.moment());
        body["valid_until"] = json!(self.in_days(42));
        body["opportunity_id"] = json!(at(&opportunity));
        body["terms"] = json!("14 Tage 2 % Skonto, 30 Tage netto.");
        body["owner_id"] = json!(at("owner"));
        let quote = self.make("quote", body);
        self.act("quote", "send", &quote, json!({ "sent_at": self.moment() }));
        self.follow_up("Angebot nachfassen", "Erreicht, Entscheidung in den nächsten Tagen");
        Interest { opportunity, quote, basket }
    }

    /// The customer buys what was offered.
    pub fn win(&mut self, interest: Interest) -> Sale {
        let Interest { opportunity, quote, basket } = interest;
        let reason = self.pick(WON);
        self.act("opportunity", "win", &opportunity, json!({ "reason": reason, "won_at": self.moment() }));
        self.order(basket, Some(&quote))
    }

    /// The customer does not buy what was offered.
    pub fn lose(&mut self, interest: Interest) {
        let Interest { opportunity, quote, .. } = interest;
        let reason = self.pick(LOST);
        let competitor = self.chance(40).then(|| self.pick(COMPETITORS));
        let why = |at: &str, when: Value| json!({ "reason": reason, "competitor": competitor, at: when });
        // Some just never answer.
        if self.chance(70) {
            self.act("quote", "decline", &quote, why("declined_at", json!(self.moment())));
        }
        self.act("opportunity", "lose", &opportunity, why("lost_at", json!(self.moment())));
    }

    /// Somebody orders.
    pub fn purchase(&mut self) -> Sale {
        let basket = self.basket();
        self.order(basket, None)
    }

    fn order(&mut self, basket: Basket, quote: Option<&str>) -> Sale {
        let number = format!("B-{:03}-{:03}", self.customer, self.count("order") + 1);
        let mut body = match quote {
            Some(quote) => json!({ "quote_id": at(quote) }),
            None => basket.body(),
        };
        let channels: &[&str] =
            if self.company { &["phone", "field_service", "web_shop"] } else { &["web_shop", "store"] };
        let days = if basket.has_machine() { self.number(21..40) } else { self.number(3..9) };
        body["number"] = json!(number);
        body["placed_at"] = json!(self.moment());
        body["requested_delivery_on"] = json!(self.in_days(days));
        body["custom_fields"] = json!({ "sales_channel": self.pick(channels) });
        body["owner_id"] = json!(at("owner"));
        let order = self.make("order", body);
        if self.company {
            self.act("order", "confirm", &order, json!({ "confirmed_at": self.moment() }));
        }
        Sale { order, number, basket }
    }

    /// What follows from an order. `late` tells that it is not paid in time.
    pub fn fulfil(&mut self, sale: &Sale, late: bool) {
        if !late && self.count("order") > 3 && self.chance(3) {
            self.aside((1, 2), |story| {
                let reason = story.pick(CANCELLED);
                let body = json!({ "reason": reason, "cancelled_at": story.moment() });
                story.act("order", "cancel", &sale.order, body);
            });
            return;
        }
        let wait = if sale.basket.has_machine() { (18, 38) } else { (2, 8) };
        self.aside(wait, |story| {
            story.deliver(sale);
            story.pass(1, 3);
            story.invoice(sale, late);
        });
    }

    fn deliver(&mut self, sale: &Sale) {
        let (carrier, prefix) = self.pick(CARRIERS);
        let tracking = (!prefix.is_empty()).then(|| format!("{prefix}{:09}", self.number(0..1_000_000_000)));
        let body = json!({
            "order_id": at(&sale.order), "prepared_at": self.moment(), "carrier": carrier, "tracking_number": tracking,
        });
        let delivery = self.make("delivery", body);
        if tracking.is_some() {
            self.act("delivery", "ship", &delivery, json!({ "shipped_at": self.moment() }));
            self.pass(1, 4);
        }
        let received_by = self.contact.clone();
        let body = json!({ "delivered_at": self.moment(), "received_by": received_by });
        self.act("delivery", "deliver", &delivery, body);
        if sale.basket.main().cents >= 15_000 || self.count("owned_product") == 0 {
            self.own_it(sale);
        }
        if self.chance(7) {
            self.talk_about(phrases::COMPLAINTS, sale.basket.main().name, &sale.number);
            self.complain(sale);
        } else if self.count("feedback") == 0 || self.chance(12) {
            self.rate(sale);
        }
    }

    /// What has arrived is the customer's.
    fn own_it(&mut self, sale: &Sale) {
        let product = sale.basket.main();
        let number = self.number(1_000..100_000);
        let serial = (product.cents >= 10_000).then(|| format!("{}-{}-{number}", product.sku, self.customer));
        let years = if sale.basket.has_machine() { 3 } else { 2 };
        let location =
            if self.company { self.pick(&["Werkstatt", "Halle 1", "Halle 2", "Montage"]) } else { "Werkstatt" };
        let body = json!({
            "product_id": product.reference(), "serial_number": serial, "acquired_on": self.today(),
            "warranty_until": self.in_days(365 * years), "order_id": at(&sale.order), "location": location,
        });
        let owned = self.make("owned_product", body);
        if sale.basket.has_machine() {
            self.aside((200, 420), |story| story.service(product));
        }
        if self.chance(6) {
            self.aside((500, 900), |story| {
                story.act("owned_product", "decommission", &owned, json!({ "reason": "Durch eine neuere ersetzt" }));
            });
        }
    }

    /// A machine is looked after; the price of it is typed in, and sometimes wrongly.
    fn service(&mut self, product: &Product) {
        if self.day >= self.leaves_on {
            return;
        }
        let technician = self.pick(&["J. Weiß", "A. Kowalski", "M. Süß", "S. Yıldız"]);
        let hours = self.number(200..9_000);
        let payload = json!({ "machine": product.name, "technician": technician, "operating_hours": hours });
        let price = super::companies::euros(self.number(180..1_400));
        if self.chance(20) {
            self.own_mistaken(kinds::SERVICE, payload, price);
        } else {
            self.own(kinds::SERVICE, payload, Some(price));
        }
    }
}
