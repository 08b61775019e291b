//! Kinds of records that are made of the same parts: what the gates and the tests of all kinds need to know of each.

mod campaign;
mod campaign_touch;
mod consent;
mod contract;
mod custom_field_definition;
mod delivery;
mod document;
mod dunning_notice;
mod feedback;
mod invoice;
mod loyalty_membership;
mod opportunity;
mod order;
mod owned_product;
mod payment;
mod pipeline;
mod product;
mod project;
mod quote;
mod referral;
mod task;
mod task_set;
mod task_template;
mod ticket;

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};

use kundenhistorie::domain::permission::Permission;
use serde_json::{Value, json};

use super::client::Client;

/// All of them, each behind those it needs.
pub const KINDS: &[Kind] = &[
    order::KIND,
    product::KIND,
    task::KIND,
    consent::KIND,
    project::KIND,
    campaign::KIND,
    campaign_touch::KIND,
    ticket::KIND,
    pipeline::KIND,
    opportunity::KIND,
    quote::KIND,
    delivery::KIND,
    invoice::KIND,
    payment::KIND,
    dunning_notice::KIND,
    contract::KIND,
    owned_product::KIND,
    feedback::KIND,
    loyalty_membership::KIND,
    referral::KIND,
    document::KIND,
    task_template::KIND,
    task_set::KIND,
    custom_field_definition::KIND,
];

/// One kind of record.
pub struct Kind {
    /// `task`.
    pub one: &'static str,
    /// `tasks`.
    pub many: &'static str,
    /// What it takes to read it.
    pub read: Permission,
    /// What it takes to write it.
    pub write: Permission,
    /// Whether its records belong to no customer.
    pub catalogue: bool,
    /// Whether what was led on is kept: it cannot be archived any more.
    pub kept: bool,
    /// How its first event is called: `placed`.
    pub created: &'static str,
    /// The kinds of events of other records that its creation leaves besides, in their order.
    pub also: &'static [&'static str],
    /// The records of other kinds that must be there first.
    pub needs: &'static [Need],
    /// A new one without them, each time with other values where no two records may have the same.
    pub create: fn() -> Value,
    /// A change of it.
    pub change: fn() -> Value,
    /// Its moves, each possible in the state the one before leads to; the first, and those behind one that leads to an
    /// end, in the state of a new record.
    pub moves: &'static [Move],
}

/// A record another one names.
pub struct Need {
    /// The field that names it.
    pub field: &'static str,
    /// Its kind: `invoice`.
    pub kind: &'static str,
    /// The verbs of the moves it has to make first.
    pub moves: &'static [&'static str],
}

/// A move.
pub struct Move {
    /// `complete`.
    pub verb: &'static str,
    /// `completion`.
    pub segment: &'static str,
    /// `completed`.
    pub happened: &'static str,
    /// The kinds of events of other records that it leaves besides, in their order.
    pub also: &'static [&'static str],
    /// Whether nothing is possible afterwards.
    pub ends: bool,
    /// Whether it is possible again at once.
    pub repeats: bool,
    /// The facts sent with it.
    pub body: fn() -> Value,
}

/// A text that is used once only.
fn once(prefix: &str) -> String {
    static USED: AtomicU64 = AtomicU64::new(1);
    format!("{prefix}-{}", USED.fetch_add(1, Ordering::Relaxed))
}

impl Move {
    /// What most moves have in common.
    const PLAIN: Self =
        Self { verb: "", segment: "", happened: "", also: &[], ends: false, repeats: false, body: || json!({}) };
}

impl Kind {
    /// What most kinds have in common.
    const PLAIN: Self = Self {
        one: "",
        many: "",
        read: Permission::CustomersRead,
        write: Permission::CustomersWrite,
        catalogue: false,
        kept: false,
        created: "created",
        also: &[],
        needs: &[],
        create: || json!({}),
        change: || json!({}),
        moves: &[],
    };

    /// The kind of this name.
    pub fn named(one: &str) -> &'static Self {
        KINDS.iter().find(|kind| kind.one == one).unwrap_or_else(|| panic!("{one} is no kind"))
    }

    /// A body that makes one for a customer, the records it needs being made first.
    pub fn body<'a>(
        &'a self,
        client: &'a Client,
        customer: &'a str,
    ) -> Pin<Box<dyn Future<Output = Value> + Send + 'a>> {
        Box::pin(async move {
            let mut body = (self.create)();
            for need in self.needs {
                let kind = Self::named(need.kind);
                let made = client.post(&kind.creation(customer), kind.body(client, customer).await).send().await;
                let made = made.expect(201);
                for verb in need.moves {
                    let step = kind.moves.iter().find(|step| step.verb == *verb).expect("a move of this kind");
                    let to = format!("/v1/{}/{}/{}", kind.segment(), made.id(), step.segment);
                    client.post(&to, (step.body)()).send().await.expect(200);
                }
                body[need.field] = json!(made.id());
            }
            body
        })
    }

    /// The part of addresses.
    pub fn segment(&self) -> String {
        self.many.replace('_', "-")
    }

    /// Where one is made, for a customer if it belongs to one.
    pub fn creation(&self, customer: &str) -> String {
        match self.catalogue {
            true => format!("/v1/{}", self.segment()),
            false => format!("{customer}/{}", self.segment()),
        }
    }

    /// Where the one another system knows under an id is made, or changed.
    pub fn by_external_id(&self, customer: &str, system: &str, id: &str) -> String {
        format!("{}-by-external-id/{system}/{id}", self.creation(customer))
    }

    /// Every operation, and what it takes to call it.
    pub fn policy(&self) -> Vec<(String, Option<Permission>)> {
        let Self { one, many, read, write, .. } = self;
        let mut policy = vec![(format!("list_{many}"), Some(*read)), (format!("get_{one}"), Some(*read))];
        policy.push((format!("list_{one}_changes"), Some(*read)));
        if !self.catalogue {
            policy.push((format!("list_customer_{many}"), Some(*read)));
        }
        policy.extend(self.events().into_iter().map(|(operation, _)| (operation, Some(*write))));
        policy
    }

    /// Every operation that changes something, and the event it leaves.
    pub fn events(&self) -> Vec<(String, String)> {
        let one = self.one;
        let created = [("create", self.created), ("upsert", self.created)];
        let common =
            created.into_iter().chain([("update", "updated"), ("archive", "archived"), ("restore", "restored")]);
        let moves = self.moves.iter().map(|step| (step.verb, step.happened));
        let all = common.chain(moves);
        all.map(|(verb, happened)| (format!("{verb}_{one}"), format!("{one}.{happened}"))).collect()
    }
}
