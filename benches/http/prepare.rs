//! What a bulk of events does not have: records of many kinds, links, changes. Made once per data folder, through the
//! service's own API.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Instant;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::database::Database;
use crate::load::Client;
use crate::plan::Plan;
use crate::server::{Server, Which};
use crate::{Result, rows};

/// Requests under way at the same time.
const CONNECTIONS: usize = 8;
/// Where the search for a company begins: around here customers have some hundreds of events.
const COMPANY_FROM: usize = 100;

/// Whom to ask for what was prepared.
#[derive(Debug, Serialize, Deserialize)]
pub struct Prepared {
    /// The plan it was prepared by.
    plan: String,
    /// A company with many people.
    pub company: Uuid,
    /// Somebody with many changes.
    pub changed: Uuid,
    /// A moment in the middle of them.
    pub middle: String,
}

/// Prepares the data, unless it was kept from an earlier run.
pub async fn once(database: &Database, plan: &Plan, folder: &Path) -> Result<Prepared> {
    let marker = folder.join("prepared.json");
    if let Ok(found) = std::fs::read_to_string(&marker) {
        let found: Prepared = serde_json::from_str(&found)?;
        return if found.plan == format!("{plan:?}") { Ok(found) } else { Err("prepared by another plan".into()) };
    }
    let begun = Instant::now();
    let mut service = Server::start(Which::Service, database, folder)?;
    service.first_answer(&service.request("GET", "/health/live", "")).await?;
    service.sign_in().await?;
    let (company, people) = company_and_people(plan);
    let all = tokio::try_join!(records(&service, plan), links(&service, company, &people), changes(&service, plan));
    let ((), (), (changed, middle)) = all.map_err(|error| format!("{} is to be removed: {error}", folder.display()))?;
    drop(service);
    database.settle().await?;
    let prepared = Prepared { plan: format!("{plan:?}"), company, changed, middle };
    std::fs::write(marker, serde_json::to_string(&prepared)?)?;
    crate::say(&format!("{} prepared in {:.0} s.", database.name(), begun.elapsed().as_secs_f64()));
    Ok(prepared)
}

/// One connection to the service.
struct Caller<'a> {
    service: &'a Server,
    client: Client,
}

impl<'a> Caller<'a> {
    async fn new(service: &'a Server) -> Result<Self> {
        Ok(Self { service, client: Client::connect(service.address).await? })
    }

    /// Sends a request that has to succeed.
    async fn send(&mut self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let request = self.service.request(method, path, &body.to_string());
        let answer = self.client.exchange(&request).await?;
        if !matches!(answer.status, 200 | 201) {
            let body = String::from_utf8_lossy(answer.body);
            return Err(format!("{method} {path}: {} {body}", answer.status).into());
        }
        Ok(serde_json::from_slice(answer.body)?)
    }

    async fn post(&mut self, path: &str, body: Value) -> Result<Value> {
        self.send("POST", path, &body).await
    }
}

/// Does something so many times, over several connections.
async fn times(service: &Server, count: usize, each: impl AsyncFn(&mut Caller, usize) -> Result<()>) -> Result<()> {
    let next = Cell::new(0);
    let connections = (0..CONNECTIONS).map(async |_| {
        let mut caller = Caller::new(service).await?;
        loop {
            match next.replace(next.get() + 1) {
                number if number < count => each(&mut caller, number).await?,
                _ => return Ok::<_, crate::Failure>(()),
            }
        }
    });
    try_join_all(connections).await?;
    Ok(())
}

fn id(answer: &Value) -> Result<Uuid> {
    Ok(answer["id"].as_str().ok_or("an answer without an id")?.parse()?)
}

/// A company, and persons who are linked with nobody so far; all of them have events.
fn company_and_people(plan: &Plan) -> (Uuid, Vec<Uuid>) {
    let is_company = |number: &usize| rows::customer(plan, *number).row.company.is_some();
    let company = (COMPANY_FROM..plan.customers).find(is_company).unwrap_or_default();
    let people = (company + 1..plan.customers).filter(|number| !is_company(number)).take(plan.linked);
    (plan.customer_id(company), people.map(|number| plan.customer_id(number)).collect())
}

async fn links(service: &Server, company: Uuid, people: &[Uuid]) -> Result<()> {
    times(service, people.len(), async |caller, number| {
        let link = json!({"type": "employee_of", "from_customer_id": people[number], "to_customer_id": company});
        caller.post("/v1/relationships", link).await?;
        Ok(())
    })
    .await
}

/// A new customer who is changed again and again, and a moment in the middle.
async fn changes(service: &Server, plan: &Plan) -> Result<(Uuid, String)> {
    let mut caller = Caller::new(service).await?;
    let person = json!({"kind": "person", "person": {"given_name": "Änne", "family_name": "Wechsel"}, "tier": "gold"});
    let customer = id(&caller.post("/v1/customers", person).await?)?;
    let path = format!("/v1/customers/{customer}");
    let call = json!({"kind": "call", "direction": "inbound", "subject": "Rückfrage Lieferung"});
    caller.post(&format!("{path}/interactions"), call).await?;
    let mut middle = String::new();
    for number in 0..plan.changes {
        let tier = if number % 2 == 0 { "silver" } else { "gold" };
        let changed = caller.send("PATCH", &path, &json!({"tier": tier})).await?;
        if number == plan.changes / 2 {
            changed["updated_at"].as_str().ok_or("a change without a time")?.clone_into(&mut middle);
        }
    }
    Ok((customer, middle))
}

/// Records of the first customer, of every kind a summary shows or adds up.
async fn records(service: &Server, plan: &Plan) -> Result<()> {
    let name = json!({"de": "Neugeschäft", "en": "New business"});
    let stages = json!([{"key": "qualified", "name": name, "default_probability": 20}]);
    let pipeline = json!({"key": "new_business", "name": name, "stages": stages});
    let pipeline = id(&Caller::new(service).await?.post("/v1/pipelines", pipeline).await?)?;
    let customer = format!("/v1/customers/{}", plan.customer_id(0));
    let unpaid = RefCell::new(Vec::new());
    times(service, plan.records, async |caller, number| {
        let (kind, body) = match number % 20 {
            0..=2 => ("tasks", json!({"subject": "Angebot nachfassen", "due_at": "2026-12-01T09:00:00Z"})),
            3..=4 => ("tickets", json!({"subject": "Säge läuft nicht an", "channel": "phone", "priority": "high"})),
            5..=8 => ("orders", order(3)),
            9..=12 => ("invoices", json!({"currency": "EUR", "payment_terms_days": 14, "lines": lines(3)})),
            13..=14 => ("payments", payment(unpaid.borrow_mut().pop())),
            15 => ("quotes", json!({"currency": "EUR", "valid_until": "2099-06-30", "lines": lines(3)})),
            16 => ("contracts", json!({"title": "Wartungsvertrag Werkstatt", "starts_on": "2026-01-01"})),
            17 => ("owned-products", json!({"name": "Tischkreissäge TK-200", "warranty_until": "2028-11-20"})),
            18 => ("feedback", feedback(number / 20)),
            _ => match number / 20 % 3 {
                0 => ("projects", json!({"name": "Umbau der Lackiererei", "ends_on": "2027-03-31"})),
                1 => ("opportunities", json!({"name": "Ausbau Halle 3", "pipeline_id": pipeline})),
                _ => ("consents", json!({"purpose": format!("purpose_{number}"), "channel": "email"})),
            },
        };
        let made = caller.post(&format!("{customer}/{kind}"), body).await?;
        let made_id = id(&made)?;
        let steps: &[(&str, Value)] = match number % 20 {
            0 => &[("completion", json!({}))],
            3 => &[("resolution", json!({"resolution": "Kondensator getauscht"}))],
            5 => &[("confirmation", json!({})), ("fulfilment", json!({}))],
            9..=12 => &[("issuance", json!({}))],
            15 => &[("dispatch", json!({}))],
            16 => &[("activation", json!({}))],
            _ => &[],
        };
        for (step, facts) in steps {
            caller.send("POST", &format!("/v1/{kind}/{made_id}/{step}"), facts).await?;
        }
        if kind == "invoices" {
            unpaid.borrow_mut().push((made_id, made["totals"]["gross"].clone()));
        }
        Ok(())
    })
    .await
}

/// A new order with so many lines.
pub fn order(count: usize) -> Value {
    json!({"currency": "EUR", "lines": lines(count)})
}

fn lines(count: usize) -> Vec<Value> {
    let line = json!({
        "sku": "M-1", "description": "Montage", "quantity": "2.5", "unit": "Stunde", "unit_price": "68.00", "tax_rate": "19",
    });
    vec![line; count]
}

/// The payment of an invoice, or one on account.
fn payment(invoice: Option<(Uuid, Value)>) -> Value {
    match invoice {
        Some((invoice_id, gross)) => json!({
            "method": "bank_transfer", "amount": gross, "allocations": [{"invoice_id": invoice_id, "amount": gross}],
        }),
        None => json!({"method": "bank_transfer", "amount": {"amount": "100.00", "currency": "EUR"}}),
    }
}

fn feedback(number: usize) -> Value {
    match number % 3 {
        0 => json!({"kind": "complaint", "subject": "Falsches Ersatzteil geliefert", "severity": "high"}),
        1 => json!({"kind": "nps", "score": number % 11}),
        _ => json!({"kind": "csat", "score": number % 5 + 1}),
    }
}
