//! Users.

use std::fmt;

use sea_orm::entity::prelude::*;

use crate::domain::actor::{ActorReference, ActorType, Visibility};
use crate::domain::instant::Instant;
use crate::domain::permission::Role;

/// One user.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    /// Identifier, UUIDv7.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Address to sign in with, in lower case, unique.
    pub email: String,
    /// The name people read.
    pub display_name: String,
    /// Order of names, DIN 5007-1.
    pub sort_key: String,
    /// What they may do.
    pub role: String,
    /// Whose customers they see.
    pub visibility: String,
    /// Their language.
    pub language: String,
    /// Argon2id in PHC form; none until a password is set.
    pub password_hash: Option<String>,
    /// When the password was set.
    pub password_changed_at: Option<Instant>,
    /// Since when they may not sign in.
    pub disabled_at: Option<Instant>,
    /// When they last signed in.
    pub last_login_at: Option<Instant>,
    /// When anything last changed that an access token speaks of: name, role, visibility, disabled or not.
    /// Grows with each such change, whatever the clocks say.
    pub rights_changed_at: Instant,
    /// Counts changes.
    pub version: i64,
    /// When it was created.
    pub created_at: Instant,
    /// By whom.
    pub created_by: String,
    /// When it was last changed.
    pub updated_at: Instant,
    /// By whom.
    pub updated_by: String,
}

crate::cells! {
    Model {
        id, email, display_name, sort_key, role, visibility, language, password_hash, password_changed_at,
        disabled_at, last_login_at, rights_changed_at, version, created_at, created_by, updated_at, updated_by,
    }
}

/// The hash of a password and the name of a person belong into no log.
impl fmt::Debug for Model {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("user").field("id", &self.id).field("version", &self.version).finish_non_exhaustive()
    }
}

/// Sessions are found by the user's id where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// What they may do; what is unknown may least.
    pub fn role(&self) -> Role {
        self.role.parse().unwrap_or(Role::ReadOnly)
    }

    /// Whose customers they see.
    pub fn visibility(&self) -> Visibility {
        Visibility::parse(&self.visibility)
    }

    /// As the history names them.
    pub fn reference(&self) -> ActorReference {
        ActorReference { kind: ActorType::User, id: Some(self.id), display_name: self.display_name.clone() }
    }
}

impl Entity {
    /// The user who signs in with this address, given in lower case.
    pub fn find_by_email(email: &str) -> Select<Self> {
        Self::find().filter(Column::Email.eq(email))
    }

    /// Everybody who can administer users now, in the order in which their rows are locked.
    pub fn find_active_administrators() -> Select<Self> {
        Self::find()
            .filter(Column::Role.eq(Role::Admin.as_str()))
            .filter(Column::DisabledAt.is_null())
            .order_by_id_asc()
    }
}
