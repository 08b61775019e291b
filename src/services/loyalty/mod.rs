//! Loyalty memberships: a customer's card in a programme, and the points on it.

mod ledger;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

pub use ledger::{SUBJECT as TRANSACTION, book, book_in, of_all, of_membership, read};

use super::moments::happened;
use super::numbers;
use super::records::{Kind, Move, MoveFacts, State, This};
use super::sentences::sentence;
use crate::domain::event_kind::Category;
use crate::domain::instant::Instant;
use crate::domain::language::Sentence;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::loyalty_membership::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::loyalty::{
    EndLoyaltyMembership, LoyaltyMembershipFacts, LoyaltyMembershipFields, LoyaltyMembershipFilter, LoyaltyStatus,
    PauseLoyaltyMembership,
};
use crate::schemas::record::Exactly;

/// Counter and first letter of the numbers we give: "M" as in Mitglied.
const NUMBERS: (&str, &str) = ("loyalty_membership_number", "M");

/// Loyalty memberships.
pub struct LoyaltyMemberships;

impl Kind for LoyaltyMemberships {
    type Row = Model;
    type Fields = LoyaltyMembershipFields;

    const CATEGORY: Category = Category::Loyalty;
    const READ: Permission = Permission::MarketingRead;
    const WRITE: Permission = Permission::MarketingWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("joined_on", Column::JoinedOn),
        ("number", Column::Number),
        ("program", Column::Program),
        ("level", Column::Level),
        ("balance", Column::Balance),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("begun", "begonnen");
    const MOVES: &'static [MoveFacts] = &[Pause::FACTS, Resume::FACTS, End::FACTS];

    fn label(state: &State<Self>) -> String {
        format!("{} {}", state.fields.program, state.fields.number.as_deref().unwrap_or_default())
    }

    fn title(_state: &State<Self>, (happened, told): (&str, &Sentence), label: &str) -> Sentence {
        match happened.strip_prefix("points_") {
            Some(_) => sentence(format!("{}: {label}", told.en), format!("{}: {label}", told.de)),
            None => Self::words().sentence(told, label),
        }
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: LoyaltyMembershipFields,
    ) -> Result<State<Self>> {
        let kept = before.and_then(|before| before.fields.joined_on.clone());
        let joined_on = fields.joined_on.or(kept).unwrap_or_else(|| this.change.now().day());
        fields.joined_on = Some(joined_on);
        let facts = match before {
            Some(before) => before.facts.clone(),
            None => {
                let number = numbers::given_or_next::<Entity>(this.change, fields.number, NUMBERS, Column::Number);
                fields.number = Some(number.await?);
                new_facts()
            }
        };
        if facts.status != LoyaltyStatus::Ended {
            must_be_only(this, &fields.program).await?;
        }
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "ended" => state.facts.ended_at,
            "points_earned" | "points_redeemed" | "points_expired" | "points_adjusted" => {
                state.facts.last_transaction_at
            }
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.program.clone_from(&fields.program);
        row.number = fields.number.clone().unwrap_or_default();
        row.level.clone_from(&fields.level);
        row.joined_on = fields.joined_on.clone().unwrap_or_default();
        row.status = facts.status.as_str().to_owned();
        row.balance = facts.balance;
    }

    fn condition(_cx: &Context, filter: &LoyaltyMembershipFilter) -> Condition {
        let mut all = Condition::all();
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        let texts =
            [(Column::Program, &filter.program), (Column::Level, &filter.level), (Column::Number, &filter.number)];
        for (column, texts) in texts {
            if !texts.is_empty() {
                all = all.add(column.is_in(Exactly::texts(texts)));
            }
        }
        all.add_option(filter.balance_min.map(|points| Column::Balance.gte(points)))
            .add_option(filter.balance_max.map(|points| Column::Balance.lte(points)))
            .add_option(filter.joined_after.as_ref().map(|day| Column::JoinedOn.gte(day)))
            .add_option(filter.joined_before.as_ref().map(|day| Column::JoinedOn.lt(day)))
    }
}

/// A customer has one membership at a time in each programme. Whoever writes one may see all of the customer's.
async fn must_be_only(this: &This<'_>, program: &str) -> Result<()> {
    let others = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CustomerId.eq(this.customer_id))
        .filter(Column::Program.eq(program))
        .filter(Column::Status.ne(LoyaltyStatus::Ended.as_str()))
        .filter(Column::ArchivedAt.is_null())
        .filter(Column::Id.ne(this.id));
    let others: Vec<(Uuid,)> = this.change.tuples(others).await?;
    match others.first() {
        Some((other,)) => Err(Error::already_exists(["/program"], Some(*other))),
        None => Ok(()),
    }
}

fn new_facts() -> LoyaltyMembershipFacts {
    LoyaltyMembershipFacts {
        status: LoyaltyStatus::Active,
        balance: 0,
        earned_points: 0,
        redeemed_points: 0,
        expired_points: 0,
        adjusted_points: 0,
        transaction_count: 0,
        last_transaction_at: None,
        paused_at: None,
        ended_at: None,
        end_reason: None,
    }
}

/// It rests.
pub struct Pause;

impl Move for Pause {
    type Kind = LoyaltyMemberships;
    type Input = PauseLoyaltyMembership;

    const FACTS: MoveFacts = MoveFacts {
        verb: "pause",
        segment: "pause",
        summary: "Points can be neither earned nor redeemed until it is resumed.",
        happened: "paused",
        happened_german: "pausiert",
        from: &["active"],
    };

    async fn make(
        this: &This<'_>,
        state: &mut State<LoyaltyMemberships>,
        _input: PauseLoyaltyMembership,
    ) -> Result<()> {
        (state.facts.status, state.facts.paused_at) = (LoyaltyStatus::Paused, Some(this.change.now()));
        Ok(())
    }
}

/// It goes on.
pub struct Resume;

impl Move for Resume {
    type Kind = LoyaltyMemberships;
    type Input = PauseLoyaltyMembership;

    const FACTS: MoveFacts = MoveFacts {
        verb: "resume",
        segment: "resumption",
        summary: "Points can be earned and redeemed again.",
        happened: "resumed",
        happened_german: "fortgesetzt",
        from: &["paused"],
    };

    async fn make(
        _this: &This<'_>,
        state: &mut State<LoyaltyMemberships>,
        _input: PauseLoyaltyMembership,
    ) -> Result<()> {
        (state.facts.status, state.facts.paused_at) = (LoyaltyStatus::Active, None);
        Ok(())
    }
}

/// It is over.
pub struct End;

impl Move for End {
    type Kind = LoyaltyMemberships;
    type Input = EndLoyaltyMembership;

    const FACTS: MoveFacts = MoveFacts {
        verb: "end",
        segment: "ending",
        summary: "It is over, and why. Points that are left may still expire or be adjusted.",
        happened: "ended",
        happened_german: "beendet",
        from: &["active", "paused"],
    };

    async fn make(this: &This<'_>, state: &mut State<LoyaltyMemberships>, input: EndLoyaltyMembership) -> Result<()> {
        let at = happened("/ended_at", input.ended_at, None, this.change.now())?;
        (state.facts.status, state.facts.paused_at) = (LoyaltyStatus::Ended, None);
        (state.facts.ended_at, state.facts.end_reason) = (Some(at), Some(input.reason));
        Ok(())
    }
}
