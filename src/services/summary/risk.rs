//! What speaks for losing a customer: plain signals of what is there, and a level that follows from them.

use sea_orm::{ColumnTrait, Condition};

use super::asked::{Asked, in_states, not_in_states};
use crate::entities::{contract, ticket};
use crate::error::Result;
use crate::schemas::summary::{
    InvoiceTotals, OpenItems, RiskLevel, RiskSignal, RiskSignalCode, Satisfaction, SummaryRisk,
};
use crate::services::contracts::Contracts;
use crate::services::tickets::Tickets;

/// So many days without contact are silence.
const SILENCE_DAYS: i64 = 180;
/// A contract that ends within so many days, and is not renewed, is about to end.
const ENDING_DAYS: i64 = 90;
/// The highest answer of a detractor.
const DETRACTOR_MAX: i64 = 6;
/// So many signals together are a high risk, whatever their weight.
const SIGNALS_OF_HIGH: usize = 3;

/// What has to be asked for besides what a summary tells anyway. Nothing what the caller may not read.
pub(super) struct Counts {
    contracts_cancelled: Option<i64>,
    contracts_ending: Option<i64>,
    tickets_breached: Option<i64>,
}

/// Three queries.
pub(super) async fn count(asked: &Asked<'_>) -> Result<Counts> {
    let cancelled = in_states(contract::Column::Status, &["cancelled"]);
    let (today, soon) = (asked.at.day(), asked.at.plus_seconds(ENDING_DAYS * 86_400).day());
    let ending = in_states(contract::Column::Status, &["active"])
        .add(contract::Column::Renewal.eq("none"))
        .add(contract::Column::CurrentTermEndsOn.gte(today))
        .add(contract::Column::CurrentTermEndsOn.lte(soon));
    let late = Condition::any()
        .add(ticket::Column::FirstResponseBreached.eq(true))
        .add(ticket::Column::ResolutionBreached.eq(true))
        .add(ticket::Column::FirstResponseDueAt.lt(asked.at))
        .add(ticket::Column::ResolutionDueAt.lt(asked.at));
    let breached = not_in_states(ticket::Column::Status, &["resolved", "closed"]).add(late);
    let (contracts_cancelled, contracts_ending, tickets_breached) = tokio::try_join!(
        asked.how_many::<Contracts>(cancelled),
        asked.how_many::<Contracts>(ending),
        asked.how_many::<Tickets>(breached),
    )?;
    Ok(Counts { contracts_cancelled, contracts_ending, tickets_breached })
}

/// The other parts of a summary it follows from. Nothing what the caller may not read.
pub(super) struct Parts<'a> {
    pub(super) invoices: Option<&'a [InvoiceTotals]>,
    pub(super) open: &'a OpenItems,
    pub(super) satisfaction: Option<&'a Satisfaction>,
    pub(super) days_since_contact: Option<i64>,
}

/// What follows from all that: the same for the same facts.
pub(super) fn assess(counts: &Counts, parts: &Parts<'_>) -> SummaryRisk {
    let overdue = parts.invoices.map(|totals| totals.iter().map(|total| total.overdue_invoices).sum());
    let complaints = parts.open.complaints.as_ref().map(|open| i64::try_from(open.count).unwrap_or(i64::MAX));
    let detractors = parts.satisfaction.map(|it| i64::from(it.last_nps.is_some_and(|nps| nps <= DETRACTOR_MAX)));
    let silence = parts.days_since_contact.filter(|days| *days >= SILENCE_DAYS).unwrap_or(0);
    let counts = [
        (RiskSignalCode::ContractCancelled, counts.contracts_cancelled),
        (RiskSignalCode::ContractEnding, counts.contracts_ending),
        (RiskSignalCode::InvoicesOverdue, overdue),
        (RiskSignalCode::ComplaintsOpen, complaints),
        (RiskSignalCode::TicketsBreached, counts.tickets_breached),
        (RiskSignalCode::Detractor, detractors),
        (RiskSignalCode::Silence, Some(silence)),
    ];
    let unknown = counts.iter().filter(|(_, count)| count.is_none()).map(|(code, _)| *code).collect();
    let raised = counts.iter().filter_map(|(code, count)| Some((*code, count.filter(|count| *count > 0)?)));
    let signals: Vec<RiskSignal> =
        raised.map(|(code, count)| RiskSignal { code, weight: weight(code), count }).collect();
    SummaryRisk { level: level(&signals), signals, unknown }
}

fn weight(code: RiskSignalCode) -> RiskLevel {
    match code {
        RiskSignalCode::ContractCancelled => RiskLevel::High,
        _ => RiskLevel::Medium,
    }
}

fn level(signals: &[RiskSignal]) -> RiskLevel {
    let is_high = |signal: &RiskSignal| signal.weight == RiskLevel::High;
    match signals.len() {
        0 => RiskLevel::Low,
        many if many >= SIGNALS_OF_HIGH || signals.iter().any(is_high) => RiskLevel::High,
        _ => RiskLevel::Medium,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: OpenItems = OpenItems {
        tasks: None,
        tickets: None,
        complaints: None,
        opportunities: None,
        quotes: None,
        orders: None,
        deliveries: None,
        invoices: None,
        projects: None,
    };

    #[test]
    fn what_nobody_may_read_is_no_signal_and_told_to_be_unknown() {
        let counts = Counts { contracts_cancelled: Some(0), contracts_ending: Some(2), tickets_breached: None };
        let parts = Parts { invoices: None, open: &NOTHING, satisfaction: None, days_since_contact: Some(179) };
        let risk = assess(&counts, &parts);
        assert_eq!(risk.level, RiskLevel::Medium);
        let raised: Vec<_> = risk.signals.iter().map(|signal| (signal.code, signal.count)).collect();
        assert_eq!(raised, [(RiskSignalCode::ContractEnding, 2)]);
        use RiskSignalCode::{ComplaintsOpen, Detractor, InvoicesOverdue, TicketsBreached};
        assert_eq!(risk.unknown, [InvoicesOverdue, ComplaintsOpen, TicketsBreached, Detractor]);
    }
}
