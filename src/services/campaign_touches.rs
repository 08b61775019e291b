//! Whom campaigns reached, and what they said to it.

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::campaigns::Campaigns;
use super::consents;
use super::moments::happened;
use super::records::{Kind, Move, MoveFacts, State, This, named};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::domain::permission::Permission;
use crate::entities::campaign_touch::{Column, Entity, Model};
use crate::entities::cells::Reads;
use crate::entities::record::{ColumnOf, is_told};
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::campaign::CampaignStatus;
use crate::schemas::campaign_touch::{
    BounceTouch, CampaignTouchFacts, CampaignTouchFields, CampaignTouchFilter, OpenTouch, OptOut, RespondToTouch,
    TouchStatus,
};

/// Whom campaigns reached.
pub struct CampaignTouches;

impl Kind for CampaignTouches {
    type Row = Model;
    type Fields = CampaignTouchFields;

    const CATEGORY: Category = Category::Marketing;
    const READ: Permission = Permission::MarketingRead;
    const WRITE: Permission = Permission::MarketingWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] =
        &[("sent_at", Column::SentAt), ("created_at", Column::CreatedAt), ("updated_at", Column::UpdatedAt)];
    const CREATED: (&'static str, &'static str) = ("sent", "versandt");
    const MOVES: &'static [MoveFacts] = &[Open::FACTS, Respond::FACTS, Bounce::FACTS, Unsubscribe::FACTS];

    fn label(state: &State<Self>) -> String {
        match &state.fields.subject {
            Some(subject) => format!("{} ({subject})", state.facts.campaign_name),
            None => state.facts.campaign_name.clone(),
        }
    }

    async fn settle(
        this: &This<'_>,
        before: Option<&State<Self>>,
        mut fields: CampaignTouchFields,
    ) -> Result<State<Self>> {
        let sent_at = fields.sent_at.or(before.and_then(|before| before.fields.sent_at));
        let sent_at = happened("/sent_at", sent_at, None, this.change.now())?;
        fields.sent_at = Some(sent_at);
        let facts = match before {
            Some(before) => before.facts.clone(),
            None => {
                let facts = new_facts(this, &fields).await?;
                not_opted_out(this, fields.campaign_id, sent_at).await?;
                facts
            }
        };
        let steps = [facts.opened_at, facts.responded_at, facts.bounced_at, facts.opted_out_at];
        if steps.into_iter().flatten().any(|at| at < sent_at) {
            // Then it could never have come so far.
            return Err(Error::invalid_at("/sent_at", FaultCode::Unfitting));
        }
        Ok(State { fields, facts })
    }

    fn stage(state: &State<Self>) -> &'static str {
        state.facts.status.as_str()
    }

    fn occurred_at(state: &State<Self>, happened: &str) -> Option<Instant> {
        match happened {
            "sent" => state.fields.sent_at,
            "opened" => state.facts.opened_at,
            "responded" => state.facts.responded_at,
            "bounced" => state.facts.bounced_at,
            "opted_out" => state.facts.opted_out_at,
            _ => None,
        }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.campaign_id = state.fields.campaign_id;
        row.channel = state.facts.channel.as_str().to_owned();
        row.status = state.facts.status.as_str().to_owned();
        row.sent_at = state.fields.sent_at;
    }

    fn condition(cx: &Context, filter: &CampaignTouchFilter) -> Condition {
        let mut all = Condition::all();
        for (fact, wanted) in [("opened_at", filter.opened), ("responded_at", filter.responded)] {
            all = all.add_option(wanted.map(|wanted| is_told(Column::Facts, fact, wanted, cx.store.rows.backend())));
        }
        if !filter.campaign_id.is_empty() {
            all = all.add(Column::CampaignId.is_in(filter.campaign_id.iter().copied()));
        }
        if !filter.status.is_empty() {
            all = all.add(Column::Status.is_in(filter.status.iter().map(|status| status.as_str())));
        }
        if !filter.channel.is_empty() {
            all = all.add(Column::Channel.is_in(filter.channel.iter().map(|channel| channel.as_str())));
        }
        all.add_option(filter.sent_after.map(|at| Column::SentAt.gte(at)))
            .add_option(filter.sent_before.map(|at| Column::SentAt.lt(at)))
    }
}

/// What is copied from the campaign, so that it stays what it was when it reached the customer.
async fn new_facts(this: &This<'_>, fields: &CampaignTouchFields) -> Result<CampaignTouchFacts> {
    let campaign = named::<Campaigns>(this, "/campaign_id", fields.campaign_id).await?;
    let campaign = State::<Campaigns>::of(&campaign)?;
    let status = campaign.facts.status;
    if !matches!(status, CampaignStatus::Running | CampaignStatus::Finished) {
        let fault = Fault::new(FaultCode::ReferenceState).with("type", "campaign").with("state", status.as_str());
        return Err(Error::invalid_at("/campaign_id", fault));
    }
    Ok(CampaignTouchFacts {
        status: TouchStatus::Sent,
        campaign_name: campaign.fields.name,
        channel: campaign.fields.channel,
        consent_purpose: campaign.fields.consent_purpose,
        opened_at: None,
        responded_at: None,
        response: None,
        bounced_at: None,
        bounce_reason: None,
        opted_out_at: None,
        opt_out_reason: None,
        withdrawn_consent_id: None,
    })
}

/// Refuses to reach a customer again who wants no more of the campaign.
async fn not_opted_out(this: &This<'_>, campaign_id: Uuid, sent_at: Instant) -> Result<()> {
    let out = Entity::find()
        .filter(Column::CustomerId.eq(this.customer_id))
        .filter(Column::CampaignId.eq(campaign_id))
        .filter(Column::Status.eq(TouchStatus::OptedOut.as_str()))
        .filter(Column::ArchivedAt.is_null());
    for row in this.change.all(out).await? {
        let opted_out_at = State::<CampaignTouches>::of(&row)?.facts.opted_out_at;
        if opted_out_at.is_some_and(|at| at <= sent_at) {
            return Err(Error::invalid_at("/campaign_id", FaultCode::OptedOut));
        }
    }
    Ok(())
}

/// The step before, which the next one cannot precede.
fn last_step(state: &State<CampaignTouches>) -> Option<(&'static str, Instant)> {
    let responded = state.facts.responded_at.map(|at| ("responded_at", at));
    let opened = state.facts.opened_at.map(|at| ("opened_at", at));
    responded.or(opened).or(state.fields.sent_at.map(|at| ("sent_at", at)))
}

/// The customer has opened it.
pub struct Open;

impl Move for Open {
    type Kind = CampaignTouches;
    type Input = OpenTouch;

    const FACTS: MoveFacts = MoveFacts {
        verb: "open",
        segment: "opening",
        summary: "The customer has opened it: read it, or followed a link in it.",
        happened: "opened",
        happened_german: "geöffnet",
        from: &["sent"],
    };

    async fn make(this: &This<'_>, state: &mut State<CampaignTouches>, input: OpenTouch) -> Result<()> {
        let at = happened("/opened_at", input.opened_at, last_step(state), this.change.now())?;
        (state.facts.status, state.facts.opened_at) = (TouchStatus::Opened, Some(at));
        Ok(())
    }
}

/// The customer has responded.
pub struct Respond;

impl Move for Respond {
    type Kind = CampaignTouches;
    type Input = RespondToTouch;

    const FACTS: MoveFacts = MoveFacts {
        verb: "respond",
        segment: "response",
        summary: "The customer has responded, and what.",
        happened: "responded",
        happened_german: "beantwortet",
        from: &["sent", "opened"],
    };

    async fn make(this: &This<'_>, state: &mut State<CampaignTouches>, input: RespondToTouch) -> Result<()> {
        let at = happened("/responded_at", input.responded_at, last_step(state), this.change.now())?;
        state.facts.status = TouchStatus::Responded;
        (state.facts.responded_at, state.facts.response) = (Some(at), Some(input.response));
        Ok(())
    }
}

/// It could not be delivered.
pub struct Bounce;

impl Move for Bounce {
    type Kind = CampaignTouches;
    type Input = BounceTouch;

    const FACTS: MoveFacts = MoveFacts {
        verb: "bounce",
        segment: "bounce",
        summary: "It came back: it could not be delivered.",
        happened: "bounced",
        happened_german: "unzustellbar",
        from: &["sent"],
    };

    async fn make(this: &This<'_>, state: &mut State<CampaignTouches>, input: BounceTouch) -> Result<()> {
        let at = happened("/bounced_at", input.bounced_at, last_step(state), this.change.now())?;
        state.facts.status = TouchStatus::Bounced;
        (state.facts.bounced_at, state.facts.bounce_reason) = (Some(at), input.reason);
        Ok(())
    }
}

/// The customer wants no more of it.
pub struct Unsubscribe;

impl Move for Unsubscribe {
    type Kind = CampaignTouches;
    type Input = OptOut;

    const FACTS: MoveFacts = MoveFacts {
        verb: "unsubscribe",
        segment: "opt-out",
        summary: "The customer wants no more of it. If the customer has a consent in force for the purpose of the campaign \
                  and its channel, it is withdrawn with it, in the same change and with an event of its own; \
                  `withdrawn_consent_id` names it. This needs no permission beyond `marketing:write`: withdrawing is as \
                  easy as granting.",
        happened: "opted_out",
        happened_german: "abbestellt",
        from: &["sent", "opened", "responded"],
    };

    async fn make(this: &This<'_>, state: &mut State<CampaignTouches>, input: OptOut) -> Result<()> {
        let at = happened("/opted_out_at", input.opted_out_at, last_step(state), this.change.now())?;
        let CampaignTouchFacts { consent_purpose, channel, .. } = &state.facts;
        let withdrawn = consents::withdraw_in(this, (consent_purpose, *channel), at, input.reason.clone()).await?;
        state.facts = CampaignTouchFacts {
            status: TouchStatus::OptedOut,
            opted_out_at: Some(at),
            opt_out_reason: input.reason,
            withdrawn_consent_id: withdrawn,
            ..state.facts.clone()
        };
        Ok(())
    }
}
