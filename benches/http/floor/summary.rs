//! The summary of a customer by hand: the questions of the service, one after the other, on the driver's pool.

use std::sync::LazyLock;

use actix_web::{HttpResponse, web};
use kundenhistorie::domain::clock::Clock;
use kundenhistorie::domain::language::Language;
use kundenhistorie::entities::{customer, timeline_event};
use kundenhistorie::schemas::customer::Customer;
use kundenhistorie::schemas::timeline::TimelineEvent;
use sea_orm::Value;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::Driver;
use super::columns::{Columns, FromRow, There, required};
use super::http::{Reply, failed};
use super::sql::{EVENT_SHOWN, Sql};
use crate::Result;

/// Records of a kind that are shown.
const SHOWN: usize = 10;
const YEAR_IN_MICROS: i64 = 365 * 24 * 3_600 * 1_000_000;

/// What is shown of each kind: its table, which of them, and what comes first.
const SECTIONS: [(&str, &str, &str); 12] = [
    ("tasks", "status = 'open'", "due_at"),
    ("tickets", "status NOT IN ('resolved', 'closed')", "resolution_due_at"),
    ("feedback", "status IN ('open', 'acknowledged')", "given_at"),
    ("opportunities", "status = 'open'", "expected_close_date"),
    ("quotes", "status IN ('draft', 'sent')", "valid_until"),
    ("orders", "status NOT IN ('fulfilled', 'cancelled')", "placed_at"),
    ("deliveries", "status IN ('prepared', 'shipped')", "due_on"),
    ("invoices", "status IN ('issued', 'partially_paid') AND kind = 'invoice'", "due_on"),
    ("projects", "status NOT IN ('completed', 'cancelled')", "ends_on"),
    ("owned_products", "status = 'in_use'", "warranty_until"),
    ("contracts", "status IN ('active', 'cancelled')", "notice_by"),
    ("loyalty_memberships", "status <> 'ended'", "joined_on"),
];

/// The statements.
struct Statements {
    /// Rows and count of each kind.
    sections: Vec<(&'static str, &'static str)>,
    length: &'static str,
    consents: &'static str,
    persons: &'static str,
    orders: &'static str,
    invoices: &'static str,
    last_nps: &'static str,
    csat: &'static str,
    newest: &'static str,
}

static SQLITE: LazyLock<Statements> = LazyLock::new(|| Statements::new(|day| format!("unixepoch({day}) / 86400")));
static POSTGRES: LazyLock<Statements> =
    LazyLock::new(|| Statements::new(|day| format!("CAST({day} AS date) - DATE '1970-01-01'")));

impl Statements {
    /// With the number of a day since 1970 as the database says it.
    fn new(days: fn(&str) -> String) -> Self {
        let kept = |sql: String| -> &'static str { sql.leak() };
        let sections = SECTIONS.map(|(table, which, by)| {
            let from = format!("FROM {table} WHERE customer_id = $1 AND archived_at IS NULL AND {which}");
            let rows =
                format!("SELECT id, status, fields, facts {from} ORDER BY {by} NULLS LAST, id LIMIT {}", SHOWN + 1);
            (kept(rows), kept(format!("SELECT CAST(count(*) AS bigint) {from}")))
        });
        let owed = "kind = 'invoice' AND status IN ('issued', 'partially_paid')";
        let paid = "kind = 'invoice' AND status = 'paid' AND paid_at IS NOT NULL";
        let signed = "CASE kind WHEN 'credit_note' THEN -gross ELSE gross END";
        let sum = |which: &str, value: &str| format!("CAST(sum(CASE WHEN {which} THEN {value} ELSE 0 END) AS bigint)");
        let waited = |day: &str| {
            let paid = format!("{paid} AND {day} IS NOT NULL");
            format!("CAST(sum(CASE WHEN {paid} THEN paid_at / 86400000000 - ({}) END) AS bigint)", days(day))
        };
        let invoice_sums = [
            sum("1 = 1", signed),
            sum("issued_on > $2", signed),
            sum(owed, "open_amount"),
            sum(&format!("{owed} AND due_on < $3"), "open_amount"),
            sum(&format!("{owed} AND due_on < $4"), "1"),
            sum(paid, "1"),
            waited("issued_on"),
            waited("due_on"),
        ];
        Self {
            sections: sections.into(),
            length: "SELECT sequence FROM timeline_heads WHERE root_id = $1",
            consents: "SELECT id, purpose, coalesce(channel, ''), fields FROM consents WHERE customer_id = $1 \
                AND archived_at IS NULL AND status = 'granted' AND (valid_until IS NULL OR valid_until > $2) \
                ORDER BY granted_at NULLS LAST, id LIMIT 50",
            persons: "SELECT r.id, r.kind, c.display_name, coalesce(r.role, '') FROM relationships AS r \
                JOIN customers AS c ON c.id = r.from_id WHERE r.to_id = $1 AND r.archived_at IS NULL \
                AND r.kind IN ('contact_person_of', 'employee_of') AND (r.valid_from IS NULL OR r.valid_from <= $2) \
                AND (r.valid_to IS NULL OR r.valid_to >= $3) ORDER BY r.created_at DESC, r.id LIMIT 21",
            orders: kept(format!(
                "SELECT currency, {}, {}, CAST(count(*) AS bigint), min(placed_at), max(placed_at) FROM orders \
                 WHERE customer_id = $1 AND archived_at IS NULL AND status <> 'cancelled' GROUP BY currency",
                sum("1 = 1", "gross"),
                sum("placed_at > $2", "gross"),
            )),
            invoices: kept(format!(
                "SELECT currency, {} FROM invoices WHERE customer_id = $1 AND archived_at IS NULL AND status <> 'draft' \
                 AND (status <> 'cancelled' OR ledger = 'own' AND issued_on IS NOT NULL) GROUP BY currency",
                invoice_sums.join(", "),
            )),
            last_nps: "SELECT 'nps', score, given_at FROM feedback WHERE customer_id = $1 AND archived_at IS NULL \
                AND kind = 'nps' AND score IS NOT NULL ORDER BY given_at DESC, id DESC LIMIT 1",
            csat: "SELECT 'csat', CAST(sum(score) AS bigint), CAST(count(*) AS bigint) FROM feedback \
                WHERE customer_id = $1 AND archived_at IS NULL AND kind = 'csat' AND score IS NOT NULL",
            newest: kept(format!(
                "SELECT {EVENT_SHOWN} FROM timeline_events AS e WHERE root_id = $1 AND NOT EXISTS \
                 (SELECT 1 FROM timeline_events AS c WHERE c.supersedes = e.id) \
                 ORDER BY occurred_at DESC, sequence DESC LIMIT {}",
                SHOWN + 1
            )),
        }
    }
}

/// A record in few words.
#[derive(Serialize)]
struct Item {
    id: Uuid,
    texts: [String; 3],
}

impl FromRow for Item {
    fn from_row(row: &impl Columns) -> Result<Self> {
        let text = |at| required(row.text(at)?);
        Ok(Self { id: required(row.id(0)?)?, texts: [text(1)?, text(2)?, text(3)?] })
    }
}

/// A currency and so many sums.
#[derive(Serialize)]
struct Totals<const N: usize>(String, Vec<Option<i64>>);

impl<const N: usize> FromRow for Totals<N> {
    fn from_row(row: &impl Columns) -> Result<Self> {
        let numbers = (1..=N).map(|at| row.number(at)).collect::<Result<_>>()?;
        Ok(Self(required(row.text(0)?)?, numbers))
    }
}

struct Number(i64);

impl FromRow for Number {
    fn from_row(row: &impl Columns) -> Result<Self> {
        Ok(Self(required(row.number(0)?)?))
    }
}

/// How large the answer is to be: that of the service.
#[derive(Deserialize)]
pub struct Size {
    bytes: usize,
}

/// Answers with what the service would say, filled up to its size.
pub async fn summary<D: Driver>(driver: web::Data<D>, id: web::Path<Uuid>, size: web::Query<Size>) -> Reply {
    let mut body = read(&**driver, id.into_inner()).await.map_err(failed)?;
    let missing = size.bytes.saturating_sub(body.len());
    body.push_str(&" ".repeat(missing));
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

async fn read<D: Driver>(driver: &D, id: Uuid) -> Result<String> {
    let sql: &Statements = if D::SQLITE { &SQLITE } else { &POSTGRES };
    let own: Value = id.into();
    let this = || vec![own.clone()];
    let now = Clock::system().now();
    let (today, a_year_ago) = (now.day(), now.plus_seconds(-YEAR_IN_MICROS / 1_000_000));
    driver.rows::<There>(Sql::Customer.text(), this()).await?.pop().ok_or("no such customer")?;
    let before = driver.rows::<Number>(sql.length, this()).await?;
    let customer = driver.rows::<customer::Model>(Sql::Customer.text(), this()).await?.pop().map(Customer::from);
    let mut sections = Vec::with_capacity(SECTIONS.len());
    for (rows, count) in &sql.sections {
        let mut items = driver.rows::<Item>(rows, this()).await?;
        let mut all = i64::try_from(items.len())?;
        if items.len() > SHOWN {
            all = driver.rows::<Number>(count, this()).await?.first().map_or(0, |count| count.0);
            items.truncate(SHOWN);
        }
        sections.push(json!({"count": all, "items": items.iter().map(|item| &item.texts[0]).collect::<Vec<_>>()}));
    }
    let consents = driver.rows::<Item>(sql.consents, vec![own.clone(), now.into()]).await?;
    let persons = vec![own.clone(), today.clone().into(), today.clone().into()];
    let persons = driver.rows::<Item>(sql.persons, persons).await?;
    let orders = driver.rows::<Totals<5>>(sql.orders, vec![own.clone(), a_year_ago.into()]).await?;
    let days = vec![own.clone(), a_year_ago.day().into(), today.clone().into(), today.into()];
    let invoices = driver.rows::<Totals<8>>(sql.invoices, days).await?;
    let last_nps = driver.rows::<Totals<2>>(sql.last_nps, this()).await?;
    let csat = driver.rows::<Totals<2>>(sql.csat, this()).await?;
    let events = driver.rows::<timeline_event::Model>(sql.newest, this()).await?;
    let events: Vec<_> =
        events.into_iter().take(SHOWN).map(|row| TimelineEvent::new(row, None, Language::En)).collect();
    let after = driver.rows::<Number>(sql.length, this()).await?;
    let unchanged = before.first().map(|head| head.0) == after.first().map(|head| head.0);
    let consents: Vec<_> = consents.iter().map(|consent| (consent.id, &consent.texts[0], &consent.texts[1])).collect();
    Ok(json!({
        "customer": customer, "sections": sections, "consents": consents, "persons": persons, "orders": orders,
        "invoices": invoices, "last_nps": last_nps, "csat": csat, "events": events, "unchanged": unchanged,
    })
    .to_string())
}
