//! What is owed: invoices, payments, reminders.

use serde_json::json;

use super::narrator::{Story, at};
use super::phrases;
use super::sales::Sale;
use crate::domain::money::Money;

/// Reminders there can be of one invoice.
const REMINDERS: i64 = 3;

impl Story<'_> {
    /// What was delivered is charged, and paid: most in time, some in two parts, some only after reminders.
    pub fn invoice(&mut self, sale: &Sale, late: bool) {
        let terms = if self.company { 30 } else { 14 };
        let mut body = sale.basket.body();
        body["order_id"] = json!(at(&sale.order));
        body["payment_terms_days"] = json!(terms);
        body["customer_reference"] = json!(sale.number);
        body["owner_id"] = json!(at("owner"));
        let invoice = self.make("invoice", body);
        let sent_by = self.pick(&["email", "email", "email", "post"]);
        self.act("invoice", "issue", &invoice, json!({ "issued_on": self.today(), "sent_by": sent_by }));
        let due = self.day + terms;
        if late {
            self.go_to(due + 6);
            self.remind(sale, &invoice);
            return;
        }
        let latest = if self.chance(12) { terms + 8 } else { terms - 2 };
        self.pass(3, latest);
        let gross = sale.basket.gross();
        if self.chance(4) {
            let half = Money::from_scaled(gross.amount_scaled / 20_000 * 10_000, gross.currency);
            let rest = Money::from_scaled(gross.amount_scaled - half.amount_scaled, gross.currency);
            if half.amount_scaled > 0 {
                self.pay(sale, &invoice, half);
                self.pass(10, 25);
                self.pay(sale, &invoice, rest);
                return;
            }
        }
        self.pay(sale, &invoice, gross);
    }

    /// Level by level, until the money comes or is given up.
    fn remind(&mut self, sale: &Sale, invoice: &str) {
        let levels = match self.number(0..100) {
            0..60 => 1,
            60..88 => 2,
            _ => REMINDERS,
        };
        for level in 1..=levels {
            if level > 1 {
                self.pass(12, 18);
            }
            let fee = (level > 1).then(|| json!({ "amount": format!("{}.00", 5 * (level - 1)), "currency": "EUR" }));
            let channel = if level == REMINDERS { "registered_post" } else { self.pick(&["email", "post"]) };
            let body = json!({
                "invoice_id": at(invoice), "level": level, "sent_on": self.today(), "due_on": self.in_days(10),
                "channel": channel, "fee": fee,
            });
            self.make("dunning_notice", body);
            if level == 1 {
                self.talk_about(phrases::REMINDERS, sale.basket.main().name, &sale.number);
            }
        }
        if levels == REMINDERS && self.chance(12) {
            self.pass(30, 60);
            let reason = json!({ "reason": "Forderung uneinbringlich, Inkasso ohne Erfolg" });
            self.act("invoice", "write_off", invoice, reason);
            return;
        }
        self.pass(3, 12);
        self.pay(sale, invoice, sale.basket.gross());
    }

    /// Money comes.
    fn pay(&mut self, sale: &Sale, invoice: &str, amount: Money) {
        let methods: &[&str] = if self.company {
            &["bank_transfer", "bank_transfer", "direct_debit"]
        } else {
            &["bank_transfer", "card", "paypal"]
        };
        let body = json!({
            "amount": amount, "method": self.pick(methods), "received_at": self.moment(), "reference": sale.number,
            "payer": self.name, "allocations": [{ "invoice_id": at(invoice), "amount": amount }],
        });
        self.make("payment", body);
        // A point for every ten euros, if they have the card with them.
        if self.chance(60) {
            self.earn((amount.amount_scaled / 100_000).max(1), &format!("Einkauf {}", sale.number), Some(&sale.order));
        }
    }
}
