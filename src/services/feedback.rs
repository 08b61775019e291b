//! Feedback: ratings, complaints and the answers to surveys.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::moments::happened;
use super::orders::Orders;
use super::records::{self, Kind, Move, MoveFacts, State, This};
use super::tickets::Tickets;
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::feedback::{FeedbackKind, NpsGroup};
use crate::domain::instant::Instant;
use crate::domain::money::Money;
use crate::domain::permission::Permission;
use crate::entities::cells::Reads;
use crate::entities::feedback::{Column, Model};
use crate::entities::interaction;
use crate::entities::record::ColumnOf;
use crate::entities::words;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::Checked;
use crate::schemas::feedback::{
    AcknowledgeFeedback, FeedbackFacts, FeedbackFields, FeedbackFilter, FeedbackStatus, RejectFeedback,
    ResolveFeedback, Severity,
};
use crate::schemas::record::Exactly;

/// Feedback.
pub struct Feedback;

impl Kind for Feedback {
    type Row = Model;
    type Fields = FeedbackFields;

    const CATEGORY: Category = Category::Feedback;
    const READ: Permission = Permission::SupportRead;
    const WRITE: Permission = Permission::SupportWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("given_at", Column::GivenAt),
        ("score", Column::Score),
        ("severity", Column::Severity),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];
    const CREATED: (&'static str, &'static str) = ("given", "erhalten");
    const MOVES: &'static [MoveFacts] = &[Acknowledge::FACTS, Resolve::FACTS, Reject::FACTS];

    fn label(state: &State<Self>) -> String {
        let FeedbackFields { kind, score, subject, .. } = &state.fields;
        let score = score.unwrap_or_default();
        let scored = match kind {
            FeedbackKind::Complaint => return subject.clone().unwrap_or_default(),
            FeedbackKind::Rating => format!("{score}/5"),
            FeedbackKind::Nps => format!("NPS {score}/10"),
            FeedbackKind::Csat => format!("CSAT {score}/5"),
            FeedbackKind::Ces => format!("CES {score}/7"),
        };
        match subject {
            Some(subject) => format!("{scored}, {subject}"),
            None => scored,
        }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: FeedbackFields) -> Result<State<Self>> {
        // Of a patch only the shape of the parts was checked.
        fields.check()?;
        refer(this, before, &fields).await?;
        let given_at = fields.given_at.or(before.and_then(|before| before.fields.given_at));
        fields.given_at = Some(happened("/given_at", given_at, None, this.change.now())?);
        let is_complaint = fields.kind == FeedbackKind::Complaint;
        if is_complaint {
            fields.severity.get_or_insert(Severity::Medium);
        }
        let mut facts = before.map_or_else(|| new_facts(is_complaint), |before| before.facts.clone());
        if first_step(&facts).is_some_and(|first| fields.given_at.is_some_and(|given| given > first)) {
            return Err(Error::invalid_at("/given_at", FaultCode::Unfitting));
        }
        facts.nps_group = fields.score.filter(|_| fields.kind == FeedbackKind::Nps).map(NpsGroup::of);
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn amount(state: &State<Self>) -> Option<Money> {
        state.facts.compensation
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "given" => state.fields.given_at,
            "acknowledged" => state.facts.acknowledged_at,
            "resolved" => state.facts.resolved_at,
            "rejected" => state.facts.rejected_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        let State { fields, facts } = state;
        row.kind = fields.kind.as_str().to_owned();
        row.status = facts.status.as_str().to_owned();
        row.score = fields.score;
        row.nps_group = facts.nps_group.map(|group| group.as_str().to_owned());
        row.severity = fields.severity.map(Severity::rank);
        row.channel.clone_from(&fields.channel);
        row.campaign.clone_from(&fields.campaign);
        row.ticket_id = fields.ticket_id;
        row.order_id = fields.order_id;
        row.interaction_id = fields.interaction_id;
        row.given_at = fields.given_at;
        row.search_text = Some(words::kept([&fields.subject, &fields.text].into_iter().flatten()));
    }

    fn condition(_cx: &Context, filter: &FeedbackFilter) -> Condition {
        let mut all = words::asked(Column::SearchText, filter.q.as_deref());
        if !filter.kind.is_empty() {
            all = all.add(Column::Kind.is_in(filter.kind.iter().map(|kind| kind.as_str())));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.nps_group.is_empty() {
            all = all.add(Column::NpsGroup.is_in(filter.nps_group.iter().map(|group| group.as_str())));
        }
        if !filter.severity.is_empty() {
            all = all.add(Column::Severity.is_in(filter.severity.iter().copied().map(Severity::rank)));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|word| word.0.as_str())));
        }
        if !filter.campaign.is_empty() {
            all = all.add(Column::Campaign.is_in(Exactly::texts(&filter.campaign)));
        }
        for (column, ids) in [(Column::TicketId, &filter.ticket_id), (Column::OrderId, &filter.order_id)] {
            if !ids.is_empty() {
                all = all.add(column.is_in(ids.iter().copied()));
            }
        }
        all.add_option(filter.score_min.map(|score| Column::Score.gte(score)))
            .add_option(filter.score_max.map(|score| Column::Score.lte(score)))
            .add_option(filter.given_after.map(|at| Column::GivenAt.gte(at)))
            .add_option(filter.given_before.map(|at| Column::GivenAt.lt(at)))
    }
}

/// Refuses what is not there. What feedback named before may be archived meanwhile.
async fn refer(this: &This<'_>, before: Option<&State<Feedback>>, fields: &FeedbackFields) -> Result<()> {
    let had = |of: fn(&FeedbackFields) -> Option<Uuid>| before.and_then(|before| of(&before.fields));
    let new = |of: fn(&FeedbackFields) -> Option<Uuid>| of(fields).filter(|id| had(of) != Some(*id));
    if let Some(id) = new(|fields| fields.ticket_id) {
        records::named::<Tickets>(this, "/ticket_id", id).await?;
    }
    if let Some(id) = new(|fields| fields.order_id) {
        records::named::<Orders>(this, "/order_id", id).await?;
    }
    if let Some(id) = new(|fields| fields.interaction_id) {
        let of_customer = interaction::Entity::find_by_id(id)
            .filter(interaction::Column::ArchivedAt.is_null())
            .filter(interaction::Column::CustomerId.eq(this.customer_id));
        if !this.change.exists(of_customer).await? {
            let fault = Fault::new(FaultCode::Reference).with("type", "interaction");
            return Err(Error::invalid_at("/interaction_id", fault));
        }
    }
    Ok(())
}

fn new_facts(is_complaint: bool) -> FeedbackFacts {
    FeedbackFacts {
        status: if is_complaint { FeedbackStatus::Open } else { FeedbackStatus::Recorded },
        nps_group: None,
        acknowledged_at: None,
        resolved_at: None,
        resolution: None,
        compensation: None,
        rejected_at: None,
        rejection_reason: None,
    }
}

/// When we first did something about a complaint.
fn first_step(facts: &FeedbackFacts) -> Option<Instant> {
    facts.acknowledged_at.or(facts.resolved_at).or(facts.rejected_at)
}

/// What came before the step at hand.
fn before(state: &State<Feedback>) -> Option<(&'static str, Instant)> {
    let acknowledged = state.facts.acknowledged_at.map(|at| ("acknowledged_at", at));
    acknowledged.or(state.fields.given_at.map(|at| ("given_at", at)))
}

/// We deal with it.
pub struct Acknowledge;

impl Move for Acknowledge {
    type Kind = Feedback;
    type Input = AcknowledgeFeedback;

    const FACTS: MoveFacts = MoveFacts {
        verb: "acknowledge",
        segment: "acknowledgement",
        summary: "We have told the customer that we deal with the complaint.",
        happened: "acknowledged",
        happened_german: "in Bearbeitung",
        from: &["open"],
    };

    async fn make(this: &This<'_>, state: &mut State<Feedback>, input: AcknowledgeFeedback) -> Result<()> {
        let at = happened("/acknowledged_at", input.acknowledged_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.acknowledged_at) = (FeedbackStatus::Acknowledged, Some(at));
        Ok(())
    }
}

/// Something was done.
pub struct Resolve;

impl Move for Resolve {
    type Kind = Feedback;
    type Input = ResolveFeedback;

    const FACTS: MoveFacts = MoveFacts {
        verb: "resolve",
        segment: "resolution",
        summary: "The complaint was justified: what was done, and what the customer got for the trouble.",
        happened: "resolved",
        happened_german: "gelöst",
        from: &["open", "acknowledged"],
    };

    async fn make(this: &This<'_>, state: &mut State<Feedback>, input: ResolveFeedback) -> Result<()> {
        let at = happened("/resolved_at", input.resolved_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.resolved_at) = (FeedbackStatus::Resolved, Some(at));
        (state.facts.resolution, state.facts.compensation) = (Some(input.resolution), input.compensation);
        Ok(())
    }
}

/// It was not justified.
pub struct Reject;

impl Move for Reject {
    type Kind = Feedback;
    type Input = RejectFeedback;

    const FACTS: MoveFacts = MoveFacts {
        verb: "reject",
        segment: "rejection",
        summary: "The complaint was not justified, and why.",
        happened: "rejected",
        happened_german: "abgelehnt",
        from: &["open", "acknowledged"],
    };

    async fn make(this: &This<'_>, state: &mut State<Feedback>, input: RejectFeedback) -> Result<()> {
        let at = happened("/rejected_at", input.rejected_at, before(state), this.change.now())?;
        (state.facts.status, state.facts.rejected_at) = (FeedbackStatus::Rejected, Some(at));
        state.facts.rejection_reason = Some(input.reason);
        Ok(())
    }
}
