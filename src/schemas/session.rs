//! Sessions on the wire.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::domain::instant::Instant;
use crate::entities::session::Model;
use crate::page_of;

/// A place where a user is signed in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Session {
    /// Identifier.
    pub id: Uuid,
    /// Whether this request belongs to it.
    #[schema(example = true)]
    pub current: bool,
    /// The program that signed in, as it names itself.
    #[schema(required = true, max_length = 200, pattern = r"^[^\x00]*$", example = "Mozilla/5.0 (X11; Linux x86_64)")]
    pub user_agent: Option<String>,
    /// When it began.
    pub created_at: Instant,
    /// When its tokens were last renewed.
    pub last_used_at: Instant,
    /// When it ends unless its tokens are renewed before.
    pub expires_at: Instant,
}

impl Session {
    /// A session as it is seen from the session of a request.
    pub fn seen_from(row: Model, current: Option<Uuid>) -> Self {
        Self {
            id: row.id,
            current: current == Some(row.id),
            user_agent: row.user_agent,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            expires_at: row.expires_at,
        }
    }
}

page_of! {
    /// A page of sessions.
    SessionPage of Session
}
