//! What costs more than one page: asked of the service, and beside it of a floor or of the service's own plain answer.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::load::{CONNECTIONS, Client};
use crate::plan::Plan;
use crate::prepare::{self, Prepared};
use crate::server::Server;
use crate::{Result, Side};

/// Different requests for new orders.
const SAMPLES: usize = 1_000;
/// Lines of a new order.
const LINES: usize = 20;

/// An operation that is compared with something else than the same operation on all floors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Everything about the customer with most events and records.
    Summary,
    /// The newest 50 events of a company and its people.
    RollUp,
    /// A customer with many changes as they were.
    AsOf,
    /// A new order.
    NewOrder,
    /// The chain of the customer with most events.
    Verification,
}

/// What is to be reached.
#[derive(Debug, Clone, Copy)]
pub enum Goal {
    /// At least this share of the rate beside it.
    Share(f64),
    /// At most so many times the cost of what stands beside it.
    Cost(f64),
}

/// What is sent for a comparison.
pub struct Asked {
    /// To the service, and to what stands beside it.
    pub sides: Vec<Side>,
    /// What stands beside it.
    pub beside: Option<&'static str>,
    /// What is to be reached.
    pub goal: Option<Goal>,
    /// Events one answer has looked at, where that is told.
    pub events: Option<f64>,
}

impl Comparison {
    /// All of them; what writes comes behind what reads.
    pub const ALL: [Self; 5] = [Self::Summary, Self::RollUp, Self::AsOf, Self::Verification, Self::NewOrder];

    /// In words.
    pub fn name(self, plan: &Plan) -> String {
        match self {
            Self::Summary => format!("summary of {} events and {} records", plan.biggest, plan.records),
            Self::RollUp => format!("newest 50 of a company and {} people", plan.linked),
            Self::AsOf => format!("customer as of the middle of {} changes", plan.changes),
            Self::NewOrder => format!("new order with {LINES} lines"),
            Self::Verification => format!("verification of {} events", plan.biggest),
        }
    }

    /// What is to be reached.
    fn goal(self) -> Option<Goal> {
        match self {
            Self::Summary => Some(Goal::Share(0.5)),
            Self::RollUp | Self::AsOf => Some(Goal::Cost(2.0)),
            Self::NewOrder | Self::Verification => None,
        }
    }

    /// The requests, once their answers were seen to be what they should be.
    pub async fn asked(self, servers: &[Server], plan: &Plan, prepared: &Prepared) -> Result<Asked> {
        let service = &servers[0];
        let get = |path: &str| vec![service.request("GET", path, "")];
        let side = |server, requests| Side { server, requests, status: 200, connections: CONNECTIONS };
        let biggest = format!("/v1/customers/{}", plan.customer_id(0));
        let mut asked = Asked { sides: Vec::new(), beside: None, goal: self.goal(), events: None };
        match self {
            Self::Summary => {
                let path = format!("{biggest}/summary");
                let mut client = Client::connect(service.address).await?;
                let answer = client.exchange(&get(&path)[0]).await?;
                let bytes = answer.body.len();
                let answer: Value = serde_json::from_slice(answer.body)?;
                let tasks = answer["open"]["tasks"]["count"].as_u64().unwrap_or_default();
                check(tasks == u64::try_from(plan.records / 10)?, "a tenth of the records being open tasks", &answer)?;
                asked.sides = vec![side(0, get(&path)), side(1, get(&format!("{path}?bytes={bytes}")))];
                asked.beside = Some("driver floor");
            }
            Self::RollUp => {
                let alone = format!("/v1/customers/{}/timeline", prepared.company);
                let path = format!("{alone}?include=people");
                let answer = service.ask(&get(&path)[0]).await?;
                let others = |items: &Vec<Value>| items.iter().any(|it| it["customer_id"] != items[0]["customer_id"]);
                check(answer["items"].as_array().is_some_and(others), "events of several customers", &answer)?;
                asked.sides = vec![side(0, get(&path)), side(0, get(&alone))];
                asked.beside = Some("newest 50 of the company alone");
            }
            Self::AsOf => {
                let now = format!("/v1/customers/{}", prepared.changed);
                let path = format!("{now}?as_of={}", prepared.middle);
                let answer = service.ask(&get(&path)[0]).await?;
                let version = u64::try_from(plan.changes / 2 + 2)?;
                check(answer["version"].as_u64() == Some(version), "the version of the middle", &answer)?;
                asked.sides = vec![side(0, get(&path)), side(0, get(&now))];
                asked.beside = Some("the customer as it is");
            }
            Self::Verification => {
                let path = format!("{biggest}/timeline/verification");
                let answer = service.ask(&get(&path)[0]).await?;
                check(answer["verified"] == true, "a chain that verifies", &answer)?;
                // How fast one chain is checked: several at once would wait for each other.
                asked.sides = vec![Side { connections: 1, ..side(0, get(&path)) }];
                asked.events = answer["content_checked"].as_f64();
            }
            Self::NewOrder => {
                let body = prepare::order(LINES).to_string();
                let mut random = StdRng::seed_from_u64(29);
                let customers = (0..SAMPLES).map(|_| plan.customer_id(random.random_range(0..plan.customers)));
                let paths = customers.map(|id| format!("/v1/customers/{id}/orders"));
                let requests = paths.map(|path| service.request("POST", &path, &body)).collect();
                asked.sides = vec![Side { status: 201, ..side(0, requests) }];
            }
        }
        Ok(asked)
    }
}

fn check(holds: bool, expected: &str, answer: &Value) -> Result<()> {
    let told: String = answer.to_string().chars().take(1_000).collect();
    if holds { Ok(()) } else { Err(format!("instead of {expected}: {told}").into()) }
}
