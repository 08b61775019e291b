//! The points of a membership: a ledger that is only ever added to, and whose sum is never less than nothing.

use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::LoyaltyMemberships;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::entities::cells::Reads;
use crate::entities::loyalty_membership::Model as Membership;
use crate::entities::loyalty_transaction::{Column, Entity, Model, visible_to};
use crate::entities::record::Record;
use crate::error::{Code, Error, Result};
use crate::history::beside::{self, Beside, Telling};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::history::entry::Source;
use crate::history::outcome::Outcome;
use crate::schemas::loyalty::{
    AllLoyaltyTransactionsQuery, CreateLoyaltyTransaction, LoyaltyMembershipFacts, LoyaltyStatus, LoyaltyTransaction,
    LoyaltyTransactionKind, LoyaltyTransactionQuery, MembershipTransactionsQuery,
};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{Both, CustomQuery, must_suit_the_past};
use crate::services::custom_fields::{self, Definitions, Demand, Target};
use crate::services::moments::happened;
use crate::services::orders::Orders;
use crate::services::records::{self, Kind, State, This};
use crate::services::sentences::sentence;
use crate::services::{order, pages};

const SORTS: &[(&str, Column)] = &[("occurred_at", Column::OccurredAt), ("created_at", Column::CreatedAt)];
/// What custom fields call a transaction.
pub const SUBJECT: &str = "loyalty_transaction";
/// The largest whole number JSON passes on exactly everywhere (RFC 8259, section 6).
const BALANCE_MAX: i64 = 9_007_199_254_740_991;

/// One page of the transactions of a membership.
pub async fn of_membership(
    cx: &Context,
    membership_id: Uuid,
    Both(query, past): &MembershipTransactionsQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<LoyaltyTransaction>> {
    let past = past.past()?;
    if past.is_some() {
        must_suit_the_past(custom.names())?;
    }
    records::read::<LoyaltyMemberships>(cx, membership_id, past).await?;
    let of_past = pages::of_past(past, Column::OccurredAt, Column::CreatedAt);
    find(cx, of_past.add(Column::LoyaltyMembershipId.eq(membership_id)), query, custom, page).await
}

/// One page of the transactions of every customer the caller may know of.
pub async fn of_all(
    cx: &Context,
    Both(customers, query): &AllLoyaltyTransactionsQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<LoyaltyTransaction>> {
    let mut seen = visible_to(&cx.actor);
    if !customers.customer_id.is_empty() {
        seen = seen.add(Column::CustomerId.is_in(customers.customer_id.iter().copied()));
    }
    find(cx, seen, query, custom, page).await
}

async fn find(
    cx: &Context,
    seen: Condition,
    query: &LoyaltyTransactionQuery,
    custom: &CustomQuery,
    page: &PageRequest,
) -> Result<Found<LoyaltyTransaction>> {
    let mut all = Condition::all();
    if !query.kind.is_empty() {
        all = all.add(Column::Kind.is_in(query.kind.iter().map(|kind| kind.as_str())));
    }
    if !query.order_id.is_empty() {
        all = all.add(Column::OrderId.is_in(query.order_id.iter().copied()));
    }
    all = all
        .add_option(query.occurred_from.map(|at| Column::OccurredAt.gte(at)))
        .add_option(query.occurred_to.map(|at| Column::OccurredAt.lt(at)));
    let order = order::by(query.sort.as_deref(), "-occurred_at", SORTS, Column::Id);
    let asked = custom_fields::asked(cx, SUBJECT, Column::Id, custom).await?;
    let select = Entity::find().filter(seen).filter(all);
    custom_fields::find(cx, select, Column::Id, (asked, &order), page, LoyaltyTransaction::from).await
}

/// Reads one transaction.
pub async fn read(cx: &Context, membership_id: Uuid, id: Uuid) -> Result<LoyaltyTransaction> {
    let this = Entity::find_by_id(id).filter(Column::LoyaltyMembershipId.eq(membership_id));
    let found = cx.store.rows.one(this.filter(visible_to(&cx.actor))).await?;
    found.map(LoyaltyTransaction::from).ok_or_else(|| Error::new(Code::NotFound))
}

/// Books points. The same reference of the same system again answers with what was booked first.
pub async fn book(
    cx: &Context,
    membership_id: Uuid,
    input: CreateLoyaltyTransaction,
) -> Result<Outcome<LoyaltyTransaction>> {
    let change = Change::begin(cx).await?;
    // Customer and membership stay locked until the commit: of two who redeem at once, the second sees what is left.
    let locked = records::lock_in::<LoyaltyMemberships>(&change, membership_id);
    let (locked, definitions) = tokio::join!(locked, custom_fields::of(&change, SUBJECT));
    let ((customer, membership), definitions) = (locked?, definitions?);
    if let Some(first) = find_by_reference(&change, membership_id, &input).await? {
        let outcome = Outcome::ok(&LoyaltyTransaction::from(first), Some(LoyaltyTransaction::ETAG.to_owned()))?;
        return change.commit(outcome).await;
    }
    records::not_archived(customer.as_ref(), &membership)?;
    let transaction = write(&change, &membership, &input, (&definitions, Demand::Complete)).await?;
    let etag = Some(LoyaltyTransaction::ETAG.to_owned());
    let outcome = Outcome::created(&transaction, transaction.location(), etag)?;
    change.commit(outcome).await
}

/// Books points on a membership that is locked, within a larger change.
pub async fn book_in(
    change: &Change,
    membership: &Membership,
    input: &CreateLoyaltyTransaction,
) -> Result<LoyaltyTransaction> {
    let definitions = custom_fields::of(change, SUBJECT).await?;
    write(change, membership, input, (&definitions, Demand::AsItIs)).await
}

async fn write(
    change: &Change,
    membership: &Membership,
    input: &CreateLoyaltyTransaction,
    (definitions, demand): (&Definitions, Demand),
) -> Result<LoyaltyTransaction> {
    let mut state = State::<LoyaltyMemberships>::of(membership)?;
    must_be_bookable(&state, input.kind)?;
    // What came before stays as it is, and so does every balance that was told.
    let last = state.facts.last_transaction_at.map(|at| ("last_transaction_at", at));
    let occurred_at = happened("/occurred_at", input.occurred_at, last, change.now())?;
    if let Some(order_id) = input.order_id {
        let this = This { change, id: membership.id, customer_id: membership.customer_id };
        records::named::<Orders>(&this, "/order_id", order_id).await?;
    }
    let balance_change = add(&mut state.facts, input.kind, input.points)?;
    state.facts.last_transaction_at = Some(occurred_at);
    let mut row = row(change, membership, input, (balance_change, state.facts.balance), occurred_at)?;
    let target = Target { id: row.id, before: None, demand };
    let visible = |id| Entity::find_by_id(id).filter(visible_to(&change.cx().actor));
    let own_fields = custom_fields::settle(change, definitions, target, input.custom_fields.clone(), visible).await?;
    row.custom_fields = own_fields.kept();
    let transaction = LoyaltyTransaction::from(row.clone());
    let facts = Map::from_iter([("transaction".to_owned(), json!(transaction))]);
    records::lead_in::<LoyaltyMemberships>(change, membership, &state, told(input), facts).await?;
    own_fields.write(change, row.id);
    insert(change, row);
    Ok(transaction)
}

/// Points are earned and redeemed while the membership is active; what is left may expire or be adjusted at any time.
fn must_be_bookable(state: &State<LoyaltyMemberships>, kind: LoyaltyTransactionKind) -> Result<()> {
    let moves_on = matches!(kind, LoyaltyTransactionKind::Earned | LoyaltyTransactionKind::Redeemed);
    if moves_on && state.facts.status != LoyaltyStatus::Active {
        return Err(records::wrong_state::<LoyaltyMemberships>(LoyaltyMemberships::stage(state)));
    }
    Ok(())
}

/// Adds points to the sums. Answers what the balance grew by.
fn add(facts: &mut LoyaltyMembershipFacts, kind: LoyaltyTransactionKind, points: i64) -> Result<i64> {
    let balance_change = match kind {
        LoyaltyTransactionKind::Earned | LoyaltyTransactionKind::Adjusted => points,
        LoyaltyTransactionKind::Redeemed | LoyaltyTransactionKind::Expired => -points,
    };
    let refused = |code: FaultCode, limit: i64| {
        Err(Error::invalid_at("/points", Fault::new(code).with("limit", limit.to_string())))
    };
    let balance = facts.balance + balance_change;
    if balance < 0 {
        // The most that can go is what is there.
        return match kind {
            LoyaltyTransactionKind::Adjusted => refused(FaultCode::TooSmall, -facts.balance),
            _ => refused(FaultCode::TooLarge, facts.balance),
        };
    }
    let sum = match kind {
        LoyaltyTransactionKind::Earned => &mut facts.earned_points,
        LoyaltyTransactionKind::Redeemed => &mut facts.redeemed_points,
        LoyaltyTransactionKind::Expired => &mut facts.expired_points,
        LoyaltyTransactionKind::Adjusted => &mut facts.adjusted_points,
    };
    if balance > BALANCE_MAX || (*sum + points).abs() > BALANCE_MAX {
        return refused(FaultCode::TooLarge, (BALANCE_MAX - facts.balance).min(BALANCE_MAX - sum.abs()));
    }
    *sum += points;
    facts.balance = balance;
    facts.transaction_count += 1;
    Ok(balance_change)
}

fn told(input: &CreateLoyaltyTransaction) -> (&'static str, Sentence) {
    let points = input.points;
    match input.kind {
        LoyaltyTransactionKind::Earned => {
            ("points_earned", sentence(format!("{points} points earned"), format!("{points} Punkte gesammelt")))
        }
        LoyaltyTransactionKind::Redeemed => {
            ("points_redeemed", sentence(format!("{points} points redeemed"), format!("{points} Punkte eingelöst")))
        }
        LoyaltyTransactionKind::Expired => {
            ("points_expired", sentence(format!("{points} points expired"), format!("{points} Punkte verfallen")))
        }
        LoyaltyTransactionKind::Adjusted => (
            "points_adjusted",
            sentence(format!("{points:+} points adjusted"), format!("{points:+} Punkte berichtigt")),
        ),
    }
}

/// What a system already booked under this reference. The membership is locked: nobody books it meanwhile.
async fn find_by_reference(
    change: &Change,
    membership_id: Uuid,
    input: &CreateLoyaltyTransaction,
) -> Result<Option<Model>> {
    let Some((system, reference)) = input.source.as_ref().and_then(|it| Some((&it.system, it.reference.as_ref()?)))
    else {
        return Ok(None);
    };
    let same = Condition::all().add(Column::SourceSystem.eq(system)).add(Column::SourceReference.eq(reference));
    match change.one(Entity::find().filter(same)).await? {
        Some(other) if other.loyalty_membership_id != membership_id => {
            Err(Error::already_exists(["/source/reference"], None))
        }
        found => Ok(found),
    }
}

fn row(
    change: &Change,
    membership: &Membership,
    input: &CreateLoyaltyTransaction,
    (balance_change, balance_after): (i64, i64),
    occurred_at: Instant,
) -> Result<Model> {
    let customer_id = membership.common().customer_id;
    let customer_id = customer_id.ok_or_else(|| Error::internal("a membership without a customer"))?;
    let source = input.source.clone();
    let source = source.map(|it| Source { system: it.system, reference: it.reference }).unwrap_or_default();
    Ok(Model {
        id: change.new_id(),
        loyalty_membership_id: membership.id,
        customer_id,
        kind: input.kind.as_str().to_owned(),
        balance_change,
        balance_after,
        reason: input.reason.clone(),
        order_id: input.order_id,
        custom_fields: None,
        occurred_at,
        source_system: source.system,
        source_reference: source.reference,
        created_at: change.now(),
        created_by: change.actor_json()?,
    })
}

fn insert(change: &Change, row: Model) {
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::Id,
            Column::LoyaltyMembershipId,
            Column::CustomerId,
            Column::Kind,
            Column::BalanceChange,
            Column::BalanceAfter,
            Column::Reason,
            Column::OrderId,
            Column::CustomFields,
            Column::OccurredAt,
            Column::SourceSystem,
            Column::SourceReference,
            Column::CreatedAt,
            Column::CreatedBy,
        ])
        .values_panic([
            Expr::value(row.id),
            Expr::value(row.loyalty_membership_id),
            Expr::value(row.customer_id),
            Expr::value(row.kind),
            Expr::value(row.balance_change),
            Expr::value(row.balance_after),
            Expr::value(row.reason),
            Expr::value(row.order_id),
            Expr::value(row.custom_fields),
            Expr::value(row.occurred_at),
            Expr::value(row.source_system),
            Expr::value(row.source_reference),
            Expr::value(row.created_at),
            Expr::value(row.created_by),
        ]);
    change.defer(insert);
}

impl Beside for Model {
    const KINDS: &'static [&'static str] = &[
        "loyalty_membership.points_earned",
        "loyalty_membership.points_redeemed",
        "loyalty_membership.points_expired",
        "loyalty_membership.points_adjusted",
    ];
    const KEY: &'static [&'static str] = &["id"];
    const RECORD: Column = Column::LoyaltyMembershipId;

    fn keyed(told: &Value) -> Option<Condition> {
        beside::id_told(told).map(|id| Condition::all().add(Column::Id.eq(id)))
    }

    fn id(&self) -> Uuid {
        self.id
    }

    fn says(self) -> Result<Value> {
        serde_json::to_value(LoyaltyTransaction::from(self)).map_err(Error::internal)
    }

    fn told(event: &Telling) -> Option<Value> {
        let mut told = event.payload.get("transaction")?.clone();
        // Transactions had none before.
        if let Some(members) = told.as_object_mut() {
            members.entry("custom_fields").or_insert_with(|| json!({}));
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_booked_before_there_were_custom_fields_has_none() {
        let booked = |transaction: Value| Telling {
            record_id: Uuid::nil(),
            payload: json!({ "transaction": transaction }),
            state: Value::Null,
        };
        assert_eq!(Model::told(&booked(json!({"points": 5}))), Some(json!({"points": 5, "custom_fields": {}})));
        let own = json!({"points": 5, "custom_fields": {"ramp": "3"}});
        assert_eq!(Model::told(&booked(own.clone())), Some(own));
        assert_eq!(Model::told(&booked(json!("5"))), Some(json!("5")));
    }
}
