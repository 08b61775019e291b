//! What must be true of the invented customers, asked in SQL that both databases understand.

use super::kinds::KINDS;

/// Half of the invented customers.
const EVERY_SECOND: i64 = 300;

/// A number, and between which bounds it must be.
pub struct Rule {
    /// What is counted.
    pub counts: String,
    /// The query.
    pub sql: String,
    /// The least it may be.
    pub least: i64,
    /// The most it may be.
    pub most: i64,
}

/// What must not be, and the query that counts it.
const NEVER: &[(&str, &str)] = &[
    ("invoices of nothing that was ordered", "SELECT count(*) FROM invoices WHERE order_id IS NULL"),
    (
        "invoices issued before their order was placed",
        "SELECT count(*) FROM invoices JOIN orders ON orders.id = invoices.order_id \
         JOIN timeline_events issued ON issued.subject_id = invoices.id AND issued.kind = 'invoice.issued' \
         WHERE issued.occurred_at <= orders.placed_at",
    ),
    (
        "deliveries prepared before their order was placed",
        "SELECT count(*) FROM deliveries JOIN orders ON orders.id = deliveries.order_id \
         WHERE deliveries.prepared_at <= orders.placed_at",
    ),
    (
        "payments for nothing",
        "SELECT count(*) FROM payments WHERE unallocated <> 0 \
         OR NOT EXISTS (SELECT 1 FROM payment_invoices WHERE payment_id = payments.id)",
    ),
    (
        "payments before their invoice",
        "SELECT count(*) FROM payments JOIN payment_invoices ON payment_invoices.payment_id = payments.id \
         JOIN timeline_events issued ON issued.subject_id = payment_invoices.invoice_id \
         AND issued.kind = 'invoice.issued' WHERE payments.received_at <= issued.occurred_at",
    ),
    (
        "reminders of what was not overdue",
        "SELECT count(*) FROM dunning_notices JOIN invoices ON invoices.id = dunning_notices.invoice_id \
         WHERE dunning_notices.sent_on <= invoices.due_on",
    ),
    (
        "reminders of what was paid",
        "SELECT count(*) FROM dunning_notices JOIN invoices ON invoices.id = dunning_notices.invoice_id \
         JOIN timeline_events sent ON sent.subject_id = dunning_notices.id AND sent.kind = 'dunning_notice.sent' \
         WHERE invoices.paid_at <= sent.occurred_at",
    ),
    (
        "events before the first contact with their customer",
        "SELECT count(*) FROM timeline_events JOIN (SELECT root_id, min(occurred_at) AS met_at FROM timeline_events \
         WHERE subject_type IN ('interaction', 'customer') GROUP BY root_id) first ON first.root_id = \
         timeline_events.root_id WHERE occurred_at < met_at",
    ),
    ("documents without content", "SELECT count(*) FROM documents WHERE sha256 IS NULL"),
    (
        "contracts in force whose notice was due in the invented time",
        "SELECT count(*) FROM contracts WHERE status = 'active' AND notice_by < '2026-11-20'",
    ),
];

/// Shares of the whole in percent, between bounds.
const SHARES: &[(&str, &str, i64, i64)] = &[
    (
        "invoices that are paid",
        "SELECT 100 * sum(CASE status WHEN 'paid' THEN 1 ELSE 0 END) / count(*) FROM invoices",
        90,
        99,
    ),
    (
        "tickets that are closed",
        "SELECT 100 * sum(CASE status WHEN 'closed' THEN 1 ELSE 0 END) / count(*) FROM tickets",
        90,
        99,
    ),
    (
        "quotes that became orders",
        "SELECT 100 * count(orders.id) / count(*) FROM quotes LEFT JOIN orders ON orders.quote_id = quotes.id",
        50,
        80,
    ),
    ("tasks that are open", "SELECT 100 * sum(CASE status WHEN 'open' THEN 1 ELSE 0 END) / count(*) FROM tasks", 2, 15),
];

/// All of them.
pub fn rules() -> Vec<Rule> {
    let rule = |counts: &str, sql: &str, least, most| Rule { counts: counts.into(), sql: sql.into(), least, most };
    let mut rules: Vec<Rule> = NEVER.iter().map(|(counts, sql)| rule(counts, sql, 0, 0)).collect();
    rules.extend(SHARES.iter().map(|(counts, sql, least, most)| rule(counts, sql, *least, *most)));
    for kind in KINDS {
        let many = kind.many;
        let (sql, least) = match kind.catalogue {
            true => (format!("SELECT count(*) FROM {many}"), 2),
            false => (format!("SELECT count(DISTINCT customer_id) FROM {many}"), EVERY_SECOND),
        };
        rules.push(rule(&format!("customers with {many}"), &sql, least, i64::MAX));
    }
    let related = "SELECT count(DISTINCT kind) FROM relationships";
    rules.push(rule("types of relationships", related, 7, 7));
    let overdue = "SELECT count(*) FROM invoices WHERE open_amount > 0 AND due_on < '2026-11-20' AND dunning_level > 0";
    rules.push(rule("overdue invoices customers were reminded of", overdue, 3, 60));
    rules
}
