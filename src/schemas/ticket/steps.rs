//! What is sent with the steps of a ticket.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::schemas::Checked;

/// A step of a ticket that needs no explanation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"note": "Rückruf für morgen vereinbart"}))]
pub struct TicketStep {
    /// Why, or what was said.
    #[schema(max_length = 2000, pattern = r"^[^\x00]*$", example = "Rückruf für morgen vereinbart")]
    pub note: Option<String>,
    /// When; now unless it is given. Not before the step that came before.
    pub occurred_at: Option<Instant>,
}

impl Checked for TicketStep {}

/// That a ticket goes to somebody with more experience or more say.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Ersatzteil nicht lieferbar, Kunde steht"}))]
pub struct EscalateTicket {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Ersatzteil nicht lieferbar, Kunde steht"
    )]
    pub reason: String,
    /// Who works on it from now on; whoever did before unless it is given.
    pub assignee_id: Option<Uuid>,
    /// When; now unless it is given. Not before the step that came before.
    pub occurred_at: Option<Instant>,
}

impl Checked for EscalateTicket {}

/// That a ticket is resolved.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"resolution": "Kondensator getauscht, Probelauf in Ordnung"}))]
pub struct ResolveTicket {
    /// How.
    #[schema(
        min_length = 1,
        max_length = 20_000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Kondensator getauscht, Probelauf in Ordnung"
    )]
    pub resolution: String,
    /// When; now unless it is given. Not before the step that came before.
    pub occurred_at: Option<Instant>,
}

impl Checked for ResolveTicket {}

/// That a ticket was not resolved after all.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "Fehler tritt wieder auf"}))]
pub struct ReopenTicket {
    /// Why.
    #[schema(
        min_length = 1,
        max_length = 2000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Fehler tritt wieder auf"
    )]
    pub reason: String,
    /// When; now unless it is given. Not before the step that came before.
    pub occurred_at: Option<Instant>,
}

impl Checked for ReopenTicket {}
