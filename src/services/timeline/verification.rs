//! Recomputing a customer's chain.

use uuid::Uuid;

use crate::domain::language::Language;
use crate::error::{Code, Result};
use crate::history::chain::{Finding, FindingKind};
use crate::history::checkpoints as log;
use crate::history::context::Context;
use crate::history::verification;
use crate::schemas::timeline::{ChainHead, TimelineCheckpoint, TimelineFinding, TimelineVerification};
use crate::services::{checkpoints, customers};

/// Checks a customer's timeline from its first entry to its recorded end.
pub async fn verify(cx: &Context, customer_id: Uuid) -> Result<TimelineVerification> {
    customers::must_be_visible(cx, customer_id).await?;
    let verification = verification::verify(&cx.store, "customer", customer_id).await?;
    let covered = log::newest_leaf(&cx.store.rows, customer_id).await?;
    let checkpoint = match &covered {
        None => None,
        Some(leaf) => checkpoints::read(cx, leaf.checkpoint_number).await.map(Some).or_else(|error| {
            // That it is gone is for `kundenhistorie verify` to say: this is about one chain.
            if error.code() == Code::NotFound { Ok(None) } else { Err(error) }
        })?,
    };
    let checkpoint = covered.zip(checkpoint).map(|(leaf, checkpoint)| TimelineCheckpoint {
        number: checkpoint.number,
        sequence: leaf.sequence,
        created_at: checkpoint.created_at,
    });
    Ok(TimelineVerification {
        verified: verification.finding.is_none(),
        events: verification.events,
        content_checked: verification.events,
        erased: 0,
        head: ChainHead { sequence: verification.events, hash: hex::encode(verification.head) },
        checkpoint,
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
        FindingKind::Rewritten => (
            "Entry {n} is not the one a checkpoint has covered.",
            "Eintrag {n} ist nicht der, den ein Prüfpunkt erfasst hat.",
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
