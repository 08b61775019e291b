//! Comments of tickets.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::domain::actor::ActorReference;
use crate::domain::fault::FaultCode;
use crate::domain::instant::Instant;
use crate::entities::ticket_comment::Model;
use crate::error::Error;
use crate::page_of;
use crate::schemas::timeline::{EventSource, SourceInput};
use crate::schemas::{Checked, RawJson};

/// Who reads a comment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketCommentVisibility {
    /// The customer and we.
    #[default]
    Public,
    /// We alone.
    Internal,
}

impl TicketCommentVisibility {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
        }
    }
}

/// Who wrote a comment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuthorSide {
    /// The customer, or somebody of theirs.
    Customer,
    /// Somebody of ours.
    #[default]
    Us,
}

impl AuthorSide {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Us => "us",
        }
    }
}

/// A new comment. It stays as it is: what was wrong is put right by another one.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"text": "Unser Techniker kommt morgen zwischen 8 und 10 Uhr.", "visibility": "public"}))]
pub struct CreateTicketComment {
    /// What is said.
    #[schema(
        min_length = 1,
        max_length = 100_000,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Unser Techniker kommt morgen zwischen 8 und 10 Uhr."
    )]
    pub text: String,
    /// Who reads it; `public` unless it is given. What the customer writes is public.
    #[serde(default)]
    pub visibility: TicketCommentVisibility,
    /// Who wrote it; `us` unless it is given.
    #[serde(default)]
    pub author_side: AuthorSide,
    /// The name of whoever wrote it, where that is not the caller.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Änne Öztürk")]
    pub author_name: Option<String>,
    /// When; now unless it is given. Not before the ticket was opened.
    pub written_at: Option<Instant>,
    /// Where it was first recorded. The same reference again answers with the comment that was made first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceInput>,
}

impl Checked for CreateTicketComment {
    fn check(&self) -> Result<(), Error> {
        match (self.author_side, self.visibility) {
            (AuthorSide::Customer, TicketCommentVisibility::Internal) => {
                Err(Error::invalid_at("/visibility", FaultCode::Unfitting))
            }
            _ => Ok(()),
        }
    }
}

/// A comment of a ticket.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TicketComment {
    /// Identifier.
    pub id: Uuid,
    /// Of which ticket.
    pub ticket_id: Uuid,
    /// Whose history it belongs to.
    pub customer_id: Uuid,
    /// What is said.
    #[schema(max_length = 100_000, pattern = r"^[^\x00]*$", example = "Unser Techniker kommt morgen.")]
    pub text: String,
    /// Who reads it.
    #[schema(value_type = TicketCommentVisibility)]
    pub visibility: String,
    /// Who wrote it.
    #[schema(value_type = AuthorSide)]
    pub author_side: String,
    /// The name of whoever wrote it; null if it was whoever recorded it.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Änne Öztürk")]
    pub author_name: Option<String>,
    /// When.
    pub written_at: Instant,
    /// Where it was first recorded.
    pub source: EventSource,
    /// When it was recorded.
    pub created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub created_by: RawJson,
}

impl TicketComment {
    /// Its entity tag, without quotes: it never changes.
    pub const ETAG: &'static str = "1";

    /// Where it is found.
    pub fn location(&self) -> String {
        format!("/v1/tickets/{}/comments/{}", self.ticket_id, self.id)
    }
}

impl From<Model> for TicketComment {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            ticket_id: row.ticket_id,
            customer_id: row.customer_id,
            text: row.text,
            visibility: row.visibility,
            author_side: row.author_side,
            author_name: row.author_name,
            written_at: row.written_at,
            source: EventSource { system: row.source_system, reference: row.source_reference },
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
        }
    }
}

page_of! {
    /// A page of comments.
    TicketCommentPage of TicketComment
}

/// Which comments. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct TicketCommentQuery {
    /// Who reads them.
    #[param(inline, max_items = 2)]
    pub visibility: Vec<TicketCommentVisibility>,
    /// Who wrote them.
    #[param(inline, max_items = 2)]
    pub author_side: Vec<AuthorSide>,
    /// Order; a minus sign turns it round. `written_at` unless it is given.
    #[param(
        max_length = 60,
        pattern = "^-?(written_at|created_at)(,-?(written_at|created_at))?$",
        nullable = false,
        example = "-written_at"
    )]
    pub sort: Option<String>,
}
