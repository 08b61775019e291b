//! Who did something, as the history remembers it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::permission::{Permission, PermissionSet};

/// What kind of being acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorType {
    /// A signed-in user.
    User,
    /// The service itself: migrations, demo data, jobs, commands on the operator's machine.
    System,
}

impl ActorType {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::System => "system",
        }
    }

    /// Reads the word from the database.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::User, Self::System].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Who did it. The name is the one at that time: later renames do not rewrite history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActorReference {
    /// What kind of being.
    #[serde(rename = "type")]
    pub kind: ActorType,
    /// The user's id; null for the system.
    #[schema(required = true)]
    pub id: Option<Uuid>,
    /// The name at the time.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Anna Huber")]
    pub display_name: String,
}

impl ActorReference {
    /// The service itself.
    pub fn system() -> Self {
        Self { kind: ActorType::System, id: None, display_name: "Kundenhistorie".to_owned() }
    }

    /// Somebody who was not recognised.
    pub fn unknown() -> Self {
        Self { kind: ActorType::User, id: None, display_name: String::new() }
    }
}

/// Which customers somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Only those they own.
    Own,
    /// All.
    All,
}

impl Visibility {
    /// The word in the database and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }

    /// Reads the word from the database; what is unknown sees least.
    pub fn parse(text: &str) -> Self {
        if text == "all" { Self::All } else { Self::Own }
    }
}

/// Who is behind the present request, and what they may do.
#[derive(Debug, Clone)]
pub struct Actor {
    /// As the history will name them.
    pub reference: ActorReference,
    /// What they may do.
    pub permissions: PermissionSet,
    /// Whose customers they see.
    pub visibility: Visibility,
    /// The session they signed in to; none for the system.
    pub session_id: Option<Uuid>,
}

impl Actor {
    /// The service itself: may do and see everything.
    pub fn system() -> Self {
        Self {
            reference: ActorReference::system(),
            permissions: PermissionSet::of(Permission::ALL),
            visibility: Visibility::All,
            session_id: None,
        }
    }

    /// The user's id; nil for the system.
    pub fn id(&self) -> Uuid {
        self.reference.id.unwrap_or_default()
    }
}

impl Actor {
    /// A user who acts without a session of theirs, such as with a one-time token: may do nothing else.
    pub fn without_session(reference: ActorReference) -> Self {
        Self { reference, ..Self::nobody() }
    }

    /// Somebody who has not signed in: may do nothing.
    pub fn nobody() -> Self {
        Self {
            reference: ActorReference::unknown(),
            permissions: PermissionSet::EMPTY,
            visibility: Visibility::Own,
            session_id: None,
        }
    }
}
