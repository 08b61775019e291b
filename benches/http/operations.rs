//! What is asked of every server.

use kundenhistorie::domain::instant::Instant;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::Result;
use crate::plan::{Plan, signed};
use crate::rows;
use crate::server::{Server, Which};

/// Different requests of one operation.
const SAMPLES: usize = 5_000;
/// The largest page: the way to the deep one.
const STRIDE: usize = 200;

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// A customer by id.
    ById,
    /// The newest 50 events of any customer.
    Newest,
    /// The newest 50 events of the customer who has most.
    NewestOfBiggest,
    /// 50 events of that customer, deep in the past.
    Deep,
    /// The first 50 customers by name.
    List,
    /// Customers with two words.
    Search,
    /// A new interaction.
    Log,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::ById, Self::Newest, Self::NewestOfBiggest, Self::Deep, Self::List, Self::Search, Self::Log];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ById => "customer by id",
            Self::Newest => "newest 50, any customer",
            Self::NewestOfBiggest => "newest 50, biggest customer",
            Self::Deep => "page deep in the past",
            Self::List => "list of 50 customers",
            Self::Search => "search `q`",
            Self::Log => "new interaction",
        }
    }

    /// The status of its answer.
    pub fn status(self) -> u16 {
        if self == Self::Log { 201 } else { 200 }
    }

    /// The requests to one server.
    pub fn requests(self, server: &Server, plan: &Plan, deep: &DeepPage) -> Vec<Vec<u8>> {
        let mut random = StdRng::seed_from_u64(23);
        let count = if matches!(self, Self::NewestOfBiggest | Self::Deep | Self::List) { 1 } else { SAMPLES };
        let mut request = || {
            let number = random.random_range(0..plan.customers);
            let id = plan.customer_id(number);
            let biggest = plan.customer_id(0);
            match self {
                Self::ById => server.request("GET", &format!("/v1/customers/{id}"), ""),
                Self::Newest => server.request("GET", &format!("/v1/customers/{id}/timeline"), ""),
                Self::NewestOfBiggest => server.request("GET", &format!("/v1/customers/{biggest}/timeline"), ""),
                Self::Deep => {
                    let query = deep.query(server.which);
                    server.request("GET", &format!("/v1/customers/{biggest}/timeline?{query}"), "")
                }
                Self::List => server.request("GET", "/v1/customers", ""),
                Self::Search => {
                    let mut query = form_urlencoded::Serializer::new(String::new());
                    let query = query.append_pair("q", &rows::query(number)).finish();
                    server.request("GET", &format!("/v1/customers?{query}"), "")
                }
                Self::Log => server.request("POST", &format!("/v1/customers/{id}/interactions"), &call()),
            }
        };
        (0..count).map(|_| request()).collect()
    }
}

fn call() -> String {
    json!({
        "kind": "call", "direction": "inbound", "channel": "phone", "subject": "Rückfrage Lieferung",
        "body": "Fragt nach dem Termin für Auftrag 4711.", "outcome": "resolved",
        "participants": [{"name": "Änne Öztürk", "phone": "+491711234567", "role": "caller"}],
    })
    .to_string()
}

/// Where the deep page begins.
pub struct DeepPage {
    cursor: String,
    occurred_at: i64,
    sequence: i64,
}

impl DeepPage {
    /// Walks there, page by page, as a caller would.
    pub async fn find(service: &Server, plan: &Plan) -> Result<Self> {
        let path = format!("/v1/customers/{}/timeline?limit={STRIDE}", plan.customer_id(0));
        let mut page = service.ask(&service.request("GET", &path, "")).await?;
        for _ in 1..plan.deep / STRIDE {
            let cursor = text(&page["next_cursor"])?;
            page = service.ask(&service.request("GET", &format!("{path}&cursor={cursor}"), "")).await?;
        }
        let last = &page["items"][STRIDE - 1];
        let sequence = last["sequence"].as_i64().ok_or("an event without sequence")?;
        let expected = signed(plan.biggest - plan.deep / STRIDE * STRIDE + 1);
        // Earlier runs on kept data may have added events.
        if sequence < expected {
            return Err(format!("the deep page begins behind event {sequence}, not {expected}").into());
        }
        let occurred_at = Instant::parse(&text(&last["occurred_at"])?).ok_or("an event without time")?.micros();
        Ok(Self { cursor: text(&page["next_cursor"])?, occurred_at, sequence })
    }

    fn query(&self, which: Which) -> String {
        match which {
            Which::Service => format!("cursor={}", self.cursor),
            Which::Floor(_) => format!("occurred_at={}&sequence={}", self.occurred_at, self.sequence),
        }
    }
}

fn text(value: &Value) -> Result<String> {
    Ok(value.as_str().ok_or("a text is missing")?.to_owned())
}

/// Makes sure that the servers answer alike: all but cursors, and what is new in a new interaction.
pub async fn compare(servers: &[Server], plan: &Plan, deep: &DeepPage) -> Result<()> {
    for operation in Operation::ALL {
        let mut answers = Vec::new();
        for server in servers {
            let requests = operation.requests(server, plan, deep);
            let mut answer = server.ask(&requests[0]).await?;
            forget_what_differs(&mut answer, operation);
            answers.push(answer);
        }
        for (server, answer) in servers.iter().zip(&answers).skip(1) {
            if answer != &answers[0] {
                let name = server.which.name();
                return Err(format!("{}: the {name} answers {answer}, not {}", operation.name(), answers[0]).into());
            }
        }
    }
    Ok(())
}

fn forget_what_differs(answer: &mut Value, operation: Operation) {
    let Some(members) = answer.as_object_mut() else { return };
    let differing: &[&str] = match operation {
        Operation::Log => {
            &["id", "event_id", "occurred_at", "recorded_at", "created_at", "updated_at", "created_by", "updated_by"]
        }
        _ => &["next_cursor", "prev_cursor"],
    };
    for name in differing {
        members.insert((*name).to_owned(), Value::Null);
    }
}
