//! Consents: what customers have agreed to, and what they have withdrawn.

mod expiry;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use serde_json::{Map, json};
use uuid::Uuid;

pub use expiry::expire;

use self::expiry::{EXPIRED, lasts};
use super::moments::happened;
use super::records::{self, Kind, Move, MoveFacts, State, This};
use super::sentences::sentence;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::entities::cells::{Locks, Reads};
use crate::entities::consent::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::Checked;
use crate::schemas::consent::{
    ConsentFacts, ConsentFields, ConsentFilter, ConsentStatus, OutreachChannel, RenewConsent, WithdrawConsent,
};
use crate::schemas::record::Exactly;

/// Consents.
pub struct Consents;

impl Kind for Consents {
    type Row = Model;
    type Fields = ConsentFields;

    const CATEGORY: Category = Category::Consent;
    const READ: Permission = Permission::ConsentsRead;
    const WRITE: Permission = Permission::ConsentsWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("granted_at", Column::GrantedAt),
        ("valid_until", Column::ValidUntil),
        ("purpose", Column::Purpose),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("granted", "erteilt");
    const MOVES: &'static [MoveFacts] = &[Withdraw::FACTS, Renew::FACTS];

    fn label(state: &State<Self>) -> String {
        let ConsentFields { purpose, channel, .. } = &state.fields;
        channel.map_or_else(|| purpose.clone(), |channel| format!("{purpose} ({})", channel.as_str()))
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: ConsentFields) -> Result<State<Self>> {
        let granted_at = fields.granted_at.or(before.and_then(|before| before.fields.granted_at));
        let granted_at = happened("/granted_at", granted_at, None, this.change.now())?;
        fields.granted_at = Some(granted_at);
        fields.check()?;
        let withdrawn_at = before.and_then(|before| before.facts.withdrawn_at);
        if withdrawn_at.is_some_and(|at| at < granted_at) {
            // Then it could never have been withdrawn.
            return Err(Error::invalid_at("/granted_at", FaultCode::Unfitting));
        }
        let new = ConsentFacts { status: ConsentStatus::Granted, withdrawn_at: None, withdrawal_reason: None };
        let mut facts = before.map_or(new, |before| before.facts.clone());
        if facts.status == ConsentStatus::Expired && lasts(&fields, this.change.now()) {
            facts.status = ConsentStatus::Granted;
        }
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "granted" | "renewed" => state.fields.granted_at,
            "withdrawn" => state.facts.withdrawn_at,
            EXPIRED => state.fields.valid_until,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.purpose.clone_from(&state.fields.purpose);
        row.channel = state.fields.channel.map(|channel| channel.as_str().to_owned());
        row.legal_basis = state.fields.legal_basis.as_str().to_owned();
        row.status = state.facts.status.as_str().to_owned();
        row.granted_at = state.fields.granted_at;
        row.valid_until = state.fields.valid_until;
        row.withdrawn_at = state.facts.withdrawn_at;
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        let Some(after) = after else { return Ok(()) };
        let ConsentFields { purpose, channel, .. } = &after.fields;
        let in_force = effective(this, purpose, *channel).filter(Column::Id.ne(this.id));
        let excluded = match after.facts.withdrawn_at {
            // It was archived, and something older has taken its place meanwhile.
            Some(at) if before.is_none() => in_force.filter(Column::GrantedAt.lt(at)),
            None if is_effective(after, this.change.now()) => {
                not_withdrawn_since(this, &after.fields).await?;
                in_force
            }
            _ => return Ok(()),
        };
        match this.change.one(excluded).await? {
            Some(other) => Err(Error::already_exists(["/purpose", "/channel"], Some(other.id))),
            None => Ok(()),
        }
    }

    fn condition(cx: &Context, filter: &ConsentFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(wanted) = filter.effective {
            let effective = effective_at(cx.clock.now());
            all = all.add(if wanted { effective } else { effective.not() });
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.purpose.is_empty() {
            all = all.add(Column::Purpose.is_in(Exactly::texts(&filter.purpose)));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|channel| channel.as_str())));
        }
        if !filter.legal_basis.is_empty() {
            all = all.add(Column::LegalBasis.is_in(filter.legal_basis.iter().map(|basis| basis.as_str())));
        }
        all.add_option(filter.granted_after.map(|at| Column::GrantedAt.gte(at)))
            .add_option(filter.granted_before.map(|at| Column::GrantedAt.lt(at)))
            .add_option(filter.valid_until_after.map(|at| Column::ValidUntil.gte(at)))
            .add_option(filter.valid_until_before.map(|at| Column::ValidUntil.lt(at)))
    }
}

fn is_effective(state: &State<Consents>, now: Instant) -> bool {
    state.facts.status == ConsentStatus::Granted && lasts(&state.fields, now)
}

/// What [`is_effective`] says, of rows. It is never unknown, so that its opposite holds for all others.
pub(super) fn effective_at(now: Instant) -> Condition {
    let lasting = Condition::any()
        .add(Column::ValidUntil.is_null())
        .add(Condition::all().add(Column::ValidUntil.is_not_null()).add(Column::ValidUntil.gt(now)));
    Condition::all().add(Column::Status.eq(ConsentStatus::Granted.as_str())).add(lasting)
}

/// The customer's consents for a purpose and a channel.
fn same(this: &This<'_>, purpose: &str, channel: Option<OutreachChannel>) -> Select<Entity> {
    let channel = match channel {
        Some(channel) => Column::Channel.eq(channel.as_str()),
        None => Column::Channel.is_null(),
    };
    Entity::find()
        .filter(Column::CustomerId.eq(this.customer_id))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Purpose.eq(purpose))
        .filter(channel)
}

/// The one of them that is effective.
fn effective(this: &This<'_>, purpose: &str, channel: Option<OutreachChannel>) -> Select<Entity> {
    same(this, purpose, channel).filter(effective_at(this.change.now())).order_by_asc(Column::Id).limit(1)
}

/// Refuses what would have effect again although the customer has withdrawn it since it was given (Article 7(3) GDPR).
async fn not_withdrawn_since(this: &This<'_>, fields: &ConsentFields) -> Result<()> {
    let later = same(this, &fields.purpose, fields.channel).filter(Column::WithdrawnAt.gt(fields.granted_at));
    match this.change.exists(later).await? {
        true => Err(Error::invalid_at("/granted_at", Fault::new(FaultCode::Before).with("other", "withdrawn_at"))),
        false => Ok(()),
    }
}

/// Withdraws the customer's effective consent for a purpose and a channel within a larger change, if there is one.
/// Answers which one it was. A consent that is told to have been given later stays as it is.
pub(super) async fn withdraw_in(
    this: &This<'_>,
    (purpose, channel): (&str, OutreachChannel),
    at: Instant,
    reason: Option<String>,
) -> Result<Option<Uuid>> {
    let given_before = effective(this, purpose, Some(channel)).filter(Column::GrantedAt.lte(at));
    let Some(row) = this.change.one(given_before.lock_for_change()).await? else { return Ok(None) };
    let mut state = State::<Consents>::of(&row)?;
    let facts = Map::from_iter([("reason".to_owned(), json!(reason)), ("withdrawn_at".to_owned(), json!(at))]);
    state.facts = ConsentFacts { status: ConsentStatus::Withdrawn, withdrawn_at: Some(at), withdrawal_reason: reason };
    let told = sentence(Withdraw::FACTS.happened, Withdraw::FACTS.happened_german);
    let id = row.id;
    records::lead_in(this.change, &row, &state, (Withdraw::FACTS.happened, told), facts).await?;
    Ok(Some(id))
}

/// The customer does not want it any more.
pub struct Withdraw;

impl Move for Withdraw {
    type Kind = Consents;
    type Input = WithdrawConsent;

    const FACTS: MoveFacts = MoveFacts {
        verb: "withdraw",
        segment: "withdrawal",
        summary: "The customer does not want it any more (Article 7(3) GDPR), or objects (Article 21). It can be given \
                  again: as a new consent.",
        happened: "withdrawn",
        happened_german: "widerrufen",
        from: &["granted", "expired"],
    };

    async fn make(this: &This<'_>, state: &mut State<Consents>, input: WithdrawConsent) -> Result<()> {
        let granted = state.fields.granted_at.map(|at| ("granted_at", at));
        let at = happened("/withdrawn_at", input.withdrawn_at, granted, this.change.now())?;
        state.facts =
            ConsentFacts { status: ConsentStatus::Withdrawn, withdrawn_at: Some(at), withdrawal_reason: input.reason };
        Ok(())
    }
}

/// The customer has given it anew.
pub struct Renew;

impl Move for Renew {
    type Kind = Consents;
    type Input = RenewConsent;

    const FACTS: MoveFacts = MoveFacts {
        verb: "renew",
        segment: "renewal",
        summary: "The customer has given it anew, before or after its time was over: for longer, or with another \
                  wording. What was sent takes the place of what was there; how it was before stays in its history.",
        happened: "renewed",
        happened_german: "erneuert",
        from: &["granted", "expired"],
    };

    async fn make(this: &This<'_>, state: &mut State<Consents>, input: RenewConsent) -> Result<()> {
        let RenewConsent { granted_at, valid_until, obtained_through, wording_version, wording, proof } = input;
        let granted = state.fields.granted_at.map(|at| ("granted_at", at));
        let granted_at = Some(happened("/granted_at", granted_at, granted, this.change.now())?);
        let ConsentFields { purpose, channel, legal_basis, .. } = state.fields.clone();
        state.fields = ConsentFields {
            purpose,
            channel,
            legal_basis,
            obtained_through,
            granted_at,
            valid_until,
            wording_version,
            wording,
            proof,
        };
        state.facts.status = ConsentStatus::Granted;
        state.fields.check()
    }
}
