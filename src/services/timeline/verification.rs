//! Recomputing a customer's chain.

use uuid::Uuid;

use crate::domain::language::Language;
use crate::error::Result;
use crate::history::chain::{Finding, FindingKind};
use crate::history::context::Context;
use crate::history::verification;
use crate::schemas::timeline::{ChainHead, TimelineFinding, TimelineVerification};
use crate::services::customers;

/// Checks a customer's timeline from its first entry to its recorded end.
pub async fn verify(cx: &Context, customer_id: Uuid) -> Result<TimelineVerification> {
    customers::must_be_visible(cx, customer_id).await?;
    let verification = verification::verify(&cx.store, "customer", customer_id).await?;
    Ok(TimelineVerification {
        verified: verification.finding.is_none(),
        events: verification.events,
        content_checked: verification.events,
        erased: 0,
        head: ChainHead { sequence: verification.events, hash: hex::encode(verification.head) },
        checkpoint: None,
        finding: verification.finding.map(|finding| told(&finding, cx.language)),
    })
}

fn told(finding: &Finding, language: Language) -> TimelineFinding {
    let sequence = finding.sequence;
    let (en, de) = match finding.kind {
        FindingKind::Missing => ("Entry {n} is missing.", "Eintrag {n} fehlt."),
        FindingKind::Inserted => ("Entry {n} was inserted.", "Eintrag {n} wurde eingefügt."),
        FindingKind::Reordered => {
            ("Entry {n} does not follow the one before it.", "Eintrag {n} folgt nicht auf den vorigen.")
        }
        FindingKind::HeaderChanged => {
            ("The facts of entry {n} were changed.", "Die Eckdaten von Eintrag {n} wurden geändert.")
        }
        FindingKind::ContentChanged => {
            ("The content of entry {n} was changed.", "Der Inhalt von Eintrag {n} wurde geändert.")
        }
        FindingKind::HeadChanged => (
            "The recorded end of the chain does not fit entry {n}.",
            "Das vermerkte Ende der Kette passt nicht zu Eintrag {n}.",
        ),
        FindingKind::Unreadable => ("Entry {n} cannot be read.", "Eintrag {n} ist nicht lesbar."),
    };
    let template = if language == Language::De { de } else { en };
    TimelineFinding {
        sequence,
        kind: finding.kind.as_str().to_owned(),
        detail: template.replace("{n}", &sequence.to_string()),
    }
}
