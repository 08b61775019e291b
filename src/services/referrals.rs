//! Referrals: whom customers have recommended us to, what came of it, and what they got for it.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QuerySelect};
use uuid::Uuid;

use super::loyalty::{self, LoyaltyMemberships};
use super::moments::happened;
use super::records::{self, Kind, Move, MoveFacts, State, This};
use super::references::References;
use crate::domain::email;
use crate::domain::event_kind::Category;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::customer;
use crate::entities::record::ColumnOf;
use crate::entities::referral::{Column, Model};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::Checked;
use crate::schemas::custom_field::CustomFields;
use crate::schemas::loyalty::{CreateLoyaltyTransaction, LoyaltyTransactionKind};
use crate::schemas::record::Exactly;
use crate::schemas::referral::{
    ConvertReferral, DeclineReferral, ReferralFacts, ReferralFields, ReferralFilter, ReferralStatus, RegisterReferral,
    RewardReferral,
};

/// Referrals.
pub struct Referrals;

impl Kind for Referrals {
    type Row = Model;
    type Fields = ReferralFields;

    const CATEGORY: Category = Category::Marketing;
    const READ: Permission = Permission::MarketingRead;
    const WRITE: Permission = Permission::MarketingWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("invited_at", Column::InvitedAt),
        ("converted_at", Column::ConvertedAt),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("invited", "ausgesprochen");
    const MOVES: &'static [MoveFacts] = &[Register::FACTS, Convert::FACTS, Reward::FACTS, Decline::FACTS];

    fn label(state: &State<Self>) -> String {
        let ReferralFields { referred_name, referred_email, .. } = &state.fields;
        // Not their name: whoever reads this may not be allowed to know of them.
        let number = state.facts.referred_customer_number.as_ref();
        let known = referred_name.as_ref().or(referred_email.as_ref()).or(number);
        known.cloned().unwrap_or_default()
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: ReferralFields) -> Result<State<Self>> {
        // Of a patch only the shape of the parts was checked.
        fields.check()?;
        if let Some(address) = &fields.referred_email {
            let address = email::normalize(address).map_err(|fault| Error::invalid_at("/referred_email", fault))?;
            fields.referred_email = Some(address);
        }
        let had = before.and_then(|before| before.fields.referred_customer_id);
        let mut facts = before.map_or_else(new_facts, |before| before.facts.clone());
        if fields.referred_customer_id != had {
            facts.referred_customer_number = refer_to(this, fields.referred_customer_id).await?;
        }
        let invited_at = fields.invited_at.or(before.and_then(|before| before.fields.invited_at));
        let invited_at = happened("/invited_at", invited_at, None, this.change.now())?;
        fields.invited_at = Some(invited_at);
        if first_step(&facts).is_some_and(|first| invited_at > first) {
            return Err(Error::invalid_at("/invited_at", FaultCode::Unfitting));
        }
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        state.facts.reward_amount
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "invited" => state.fields.invited_at,
            "registered" => state.facts.registered_at,
            "converted" => state.facts.converted_at,
            "rewarded" => state.facts.rewarded_at,
            "declined" => state.facts.declined_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.status = facts.status.as_str().to_owned();
        row.referred_customer_id = fields.referred_customer_id;
        row.program.clone_from(&fields.program);
        row.channel.clone_from(&fields.channel);
        row.invited_at = fields.invited_at;
        row.converted_at = facts.converted_at;
    }

    fn condition(_cx: &Context, filter: &ReferralFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.referred_customer_id.is_empty() {
            all = all.add(Column::ReferredCustomerId.is_in(filter.referred_customer_id.iter().copied()));
        }
        if !filter.program.is_empty() {
            all = all.add(Column::Program.is_in(Exactly::texts(&filter.program)));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|word| word.0.as_str())));
        }
        all.add_option(filter.invited_after.map(|at| Column::InvitedAt.gte(at)))
            .add_option(filter.invited_before.map(|at| Column::InvitedAt.lt(at)))
            .add_option(filter.converted_after.map(|at| Column::ConvertedAt.gte(at)))
            .add_option(filter.converted_before.map(|at| Column::ConvertedAt.lt(at)))
    }
}

/// Refuses a customer who is not there, whom the caller may not know of, or who would refer themselves. Answers their
/// number.
async fn refer_to(this: &This<'_>, referred: Option<Uuid>) -> Result<Option<String>> {
    let Some(referred) = referred else { return Ok(None) };
    if this.customer_id == Some(referred) {
        return Err(Error::invalid_at("/referred_customer_id", FaultCode::WithItself));
    }
    References::new().customer("/referred_customer_id", Some(referred)).exist(this.change).await?;
    let number = customer::Entity::find_by_id(referred).select_only().column(customer::Column::CustomerNumber);
    let numbers: Vec<(String,)> = this.change.tuples(number).await?;
    Ok(numbers.into_iter().next().map(|(number,)| number))
}

fn new_facts() -> ReferralFacts {
    ReferralFacts {
        status: ReferralStatus::Invited,
        referred_customer_number: None,
        registered_at: None,
        converted_at: None,
        rewarded_at: None,
        reward_points: None,
        reward_amount: None,
        loyalty_membership_id: None,
        loyalty_transaction_id: None,
        declined_at: None,
        decline_reason: None,
    }
}

/// When the first thing came of it.
fn first_step(facts: &ReferralFacts) -> Option<Instant> {
    facts.registered_at.or(facts.converted_at).or(facts.declined_at)
}

/// What came before the step at hand.
fn before(state: &State<Referrals>) -> Option<(&'static str, Instant)> {
    let all = [
        ("converted_at", state.facts.converted_at),
        ("registered_at", state.facts.registered_at),
        ("invited_at", state.fields.invited_at),
    ];
    all.into_iter().find_map(|(name, at)| Some((name, at?)))
}

/// Whoever was referred has become a customer.
async fn is_now(this: &This<'_>, state: &mut State<Referrals>, customer_id: Option<Uuid>) -> Result<()> {
    if customer_id.is_none() {
        return Ok(());
    }
    state.facts.referred_customer_number = refer_to(this, customer_id).await?;
    state.fields.referred_customer_id = customer_id;
    Ok(())
}

/// They have come to us.
pub struct Register;

impl Move for Register {
    type Kind = Referrals;
    type Input = RegisterReferral;

    const FACTS: MoveFacts = MoveFacts {
        verb: "register",
        segment: "registration",
        summary: "Whoever was referred has come to us.",
        happened: "registered",
        happened_german: "angekommen",
        from: &["invited"],
    };

    async fn make(this: &This<'_>, state: &mut State<Referrals>, input: RegisterReferral) -> Result<()> {
        is_now(this, state, input.referred_customer_id).await?;
        let at = happened("/registered_at", input.registered_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.registered_at) = (ReferralStatus::Registered, Some(at));
        Ok(())
    }
}

/// They have bought.
pub struct Convert;

impl Move for Convert {
    type Kind = Referrals;
    type Input = ConvertReferral;

    const FACTS: MoveFacts = MoveFacts {
        verb: "convert",
        segment: "conversion",
        summary: "Whoever was referred has bought.",
        happened: "converted",
        happened_german: "erfolgreich",
        from: &["invited", "registered"],
    };

    async fn make(this: &This<'_>, state: &mut State<Referrals>, input: ConvertReferral) -> Result<()> {
        is_now(this, state, input.referred_customer_id).await?;
        let at = happened("/converted_at", input.converted_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.converted_at) = (ReferralStatus::Converted, Some(at));
        Ok(())
    }
}

/// The customer has got the reward.
pub struct Reward;

impl Move for Reward {
    type Kind = Referrals;
    type Input = RewardReferral;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reward",
        segment: "reward",
        summary: "The customer got points or money for it. Points are booked on a loyalty membership, if one is named.",
        happened: "rewarded",
        happened_german: "belohnt",
        from: &["converted"],
    };

    async fn make(this: &This<'_>, state: &mut State<Referrals>, input: RewardReferral) -> Result<()> {
        let at = happened("/rewarded_at", input.rewarded_at, before(state), this.change.now())?;
        if let (Some(id), Some(points)) = (input.loyalty_membership_id, input.points) {
            let membership = records::named::<LoyaltyMemberships>(this, "/loyalty_membership_id", id).await?;
            // A reward that is recorded late is booked behind what was booked meanwhile.
            let last = State::<LoyaltyMemberships>::of(&membership)?.facts.last_transaction_at;
            let earned = CreateLoyaltyTransaction {
                kind: LoyaltyTransactionKind::Earned,
                points,
                reason: Some(Referrals::label(state)),
                order_id: None,
                custom_fields: CustomFields::default(),
                occurred_at: Some(last.map_or(at, |last| last.max(at))),
                source: None,
            };
            let booked = loyalty::book_in(this.change, &membership, &earned).await?;
            state.facts.loyalty_membership_id = Some(booked.loyalty_membership_id);
            state.facts.loyalty_transaction_id = Some(booked.id);
        }
        (state.facts.status, state.facts.rewarded_at) = (ReferralStatus::Rewarded, Some(at));
        (state.facts.reward_points, state.facts.reward_amount) = (input.points, input.amount);
        Ok(())
    }
}

/// Nothing comes of it.
pub struct Decline;

impl Move for Decline {
    type Kind = Referrals;
    type Input = DeclineReferral;

    const FACTS: MoveFacts = MoveFacts {
        verb: "decline",
        segment: "decline",
        summary: "Nothing comes of it, and why.",
        happened: "declined",
        happened_german: "ohne Erfolg",
        from: &["invited", "registered"],
    };

    async fn make(this: &This<'_>, state: &mut State<Referrals>, input: DeclineReferral) -> Result<()> {
        let at = happened("/declined_at", input.declined_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.declined_at) = (ReferralStatus::Declined, Some(at));
        state.facts.decline_reason = input.reason;
        Ok(())
    }
}
