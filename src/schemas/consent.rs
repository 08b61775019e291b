//! Consents on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::Checked;
use super::record::{Exactly, Fields, Words};
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::instant::Instant;
use crate::error::{Error, Result};

/// What makes the processing lawful: Article 6(1) GDPR (DSGVO).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// Article 6(1)(a): the person has consented.
    #[default]
    Consent,
    /// Article 6(1)(b): needed for a contract with the person.
    Contract,
    /// Article 6(1)(c): needed to comply with a legal obligation.
    LegalObligation,
    /// Article 6(1)(d): needed to protect somebody's vital interests.
    VitalInterests,
    /// Article 6(1)(e): needed for a task in the public interest.
    PublicTask,
    /// Article 6(1)(f): needed for legitimate interests that are not overridden by those of the person.
    LegitimateInterests,
}

impl LegalBasis {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal_obligation",
            Self::VitalInterests => "vital_interests",
            Self::PublicTask => "public_task",
            Self::LegitimateInterests => "legitimate_interests",
        }
    }
}

/// The way in which customers are approached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutreachChannel {
    /// E-mail.
    Email,
    /// Phone.
    Phone,
    /// Text message.
    Sms,
    /// Letter, catalogue, card.
    Post,
    /// Fax.
    Fax,
    /// Messenger.
    Messenger,
    /// Notification of an app or a browser.
    Push,
    /// Social media.
    SocialMedia,
    /// Personal visit.
    Visit,
    /// Trade fair, open day, webinar.
    Event,
}

impl OutreachChannel {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Sms => "sms",
            Self::Post => "post",
            Self::Fax => "fax",
            Self::Messenger => "messenger",
            Self::Push => "push",
            Self::SocialMedia => "social_media",
            Self::Visit => "visit",
            Self::Event => "event",
        }
    }
}

/// How a consent was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GrantSource {
    /// In a form on the web.
    WebForm,
    /// In a form on the web, confirmed by a link in an e-mail.
    DoubleOptIn,
    /// In an app.
    App,
    /// On paper, signed.
    Paper,
    /// By e-mail.
    Email,
    /// On the phone.
    Phone,
    /// By word of mouth, face to face.
    InPerson,
    /// As a part of a contract.
    Contract,
    /// Taken over from another system.
    Import,
    /// Otherwise.
    Other,
}

/// What has become of a consent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentStatus {
    /// Given; it has effect until its time is over.
    Granted,
    /// Its time is over, noticed within the hour.
    Expired,
    /// Withdrawn.
    Withdrawn,
}

impl ConsentStatus {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// What a customer has agreed to, or on what other ground their data is used for a purpose. A customer has at most one
/// effective consent for a purpose and a channel: granted, and not over.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "purpose": "newsletter", "channel": "email", "obtained_through": "double_opt_in", "granted_at": "2026-11-20T10:15:00Z",
    "wording_version": "2026-03",
    "wording": "Ja, ich möchte den Newsletter per E-Mail erhalten. Die Einwilligung kann ich jederzeit widerrufen.",
    "proof": "Bestätigungslink aufgerufen von 203.0.113.7",
}))]
pub struct ConsentFields {
    /// For what, a word of the business's own vocabulary; `marketing` is what campaigns rest on unless they say
    /// otherwise. Fixed once and for all.
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]+(_[a-z0-9]+)*$", example = "newsletter")]
    pub purpose: String,
    /// In which way the customer may be approached; null where the purpose is none of approaching them. Fixed once and
    /// for all.
    pub channel: Option<OutreachChannel>,
    /// What makes it lawful (Article 6(1) GDPR); `consent` unless it is given.
    #[serde(default)]
    pub legal_basis: LegalBasis,
    /// How it was given.
    pub obtained_through: Option<GrantSource>,
    /// When it was given; when it was recorded unless it is given.
    pub granted_at: Option<Instant>,
    /// Until when it holds, this moment excluded; for good without.
    pub valid_until: Option<Instant>,
    /// Which version of the wording the customer saw.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "2026-03")]
    pub wording_version: Option<String>,
    /// The wording itself.
    #[schema(
        max_length = 20_000,
        pattern = r"^[^\x00]*$",
        example = "Ja, ich möchte den Newsletter per E-Mail erhalten."
    )]
    pub wording: Option<String>,
    /// What demonstrates it (Article 7(1) GDPR): what was recorded, or where it is kept.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Bestätigungslink aufgerufen von 203.0.113.7")]
    pub proof: Option<String>,
}

impl Checked for ConsentFields {
    fn check(&self) -> Result<()> {
        ends_later(self.granted_at, self.valid_until)
    }
}

/// Refuses an end before the beginning.
fn ends_later(granted_at: Option<Instant>, valid_until: Option<Instant>) -> Result<()> {
    match (granted_at, valid_until) {
        (Some(begin), Some(end)) if end < begin => {
            Err(Error::invalid_at("/valid_until", Fault::new(FaultCode::Before).with("other", "granted_at")))
        }
        _ => Ok(()),
    }
}

/// What the service knows of a consent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ConsentFacts {
    /// What has become of it.
    pub status: ConsentStatus,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Instant>,
    /// Why it was withdrawn.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zu viele E-Mails")]
    pub withdrawal_reason: Option<String>,
}

/// Which consents.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct ConsentFilter {
    /// `true`: those that have effect now: granted, and not over; `false`: all others.
    #[param(nullable = false, example = true)]
    pub effective: Option<bool>,
    /// What has become of them.
    #[param(inline, max_items = 3)]
    pub status: Vec<ConsentStatus>,
    /// For these purposes.
    #[param(inline, max_items = 50)]
    pub purpose: Vec<Exactly>,
    /// For these ways of approaching customers.
    #[param(inline, max_items = 10)]
    pub channel: Vec<OutreachChannel>,
    /// On these grounds.
    #[param(inline, max_items = 6)]
    pub legal_basis: Vec<LegalBasis>,
    /// Given at or after.
    #[param(inline, nullable = false)]
    pub granted_after: Option<Instant>,
    /// Given before.
    #[param(inline, nullable = false)]
    pub granted_before: Option<Instant>,
    /// Over at or after.
    #[param(inline, nullable = false)]
    pub valid_until_after: Option<Instant>,
    /// Over before.
    #[param(inline, nullable = false)]
    pub valid_until_before: Option<Instant>,
}

impl Fields for ConsentFields {
    type Facts = ConsentFacts;
    type Filter = ConsentFilter;

    const WORDS: Words =
        Words { schema: "Consent", one: "consent", many: "consents", english: "Consent", german: "Einwilligung" };
    const FIXED: &'static [&'static str] = &["purpose", "channel"];
    const SORTS: &'static [&'static str] = &["granted_at", "valid_until", "purpose", "created_at", "updated_at"];
    const DEFAULT_SORT: &'static str = "-granted_at";

    fn example_of_change() -> Value {
        json!({ "proof": "Unterschriebenes Formular, Ordner 2026/11" })
    }
}

/// That a consent is withdrawn. Nothing has to be said for it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Zu viele E-Mails"}))]
pub struct WithdrawConsent {
    /// When; now unless it is given.
    pub withdrawn_at: Option<Instant>,
    /// Why, if the customer said so.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Zu viele E-Mails")]
    pub reason: Option<String>,
}

impl Checked for WithdrawConsent {}

/// That a consent is given anew: for a longer time, with another wording. What it was before stays
/// in its history.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "obtained_through": "web_form", "wording_version": "2027-01", "proof": "Formular vom 7. Januar 2027",
    "wording": "Ja, ich möchte den Newsletter weiterhin per E-Mail erhalten.",
}))]
pub struct RenewConsent {
    /// When; now unless it is given.
    pub granted_at: Option<Instant>,
    /// Until when it holds now; for good without.
    pub valid_until: Option<Instant>,
    /// How it was given.
    pub obtained_through: Option<GrantSource>,
    /// Which version of the wording the customer saw this time.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "2027-01")]
    pub wording_version: Option<String>,
    /// The wording itself.
    #[schema(
        max_length = 20_000,
        pattern = r"^[^\x00]*$",
        example = "Ja, ich möchte den Newsletter weiterhin per E-Mail erhalten."
    )]
    pub wording: Option<String>,
    /// What demonstrates it this time.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Formular vom 7. Januar 2027")]
    pub proof: Option<String>,
}

impl Checked for RenewConsent {
    fn check(&self) -> Result<()> {
        ends_later(self.granted_at, self.valid_until)
    }
}
