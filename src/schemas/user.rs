//! Users on the wire.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::auth::Password;
use super::{Checked, RawJson};
use crate::domain::actor::{ActorReference, Visibility};
use crate::domain::instant::Instant;
use crate::domain::language::Language;
use crate::domain::permission::{Permission, Role};
use crate::entities::user::Model;
use crate::page_of;

/// Somebody who signs in.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// Identifier.
    pub id: Uuid,
    /// Address to sign in with, in lower case, unique.
    #[schema(format = "idn-email", max_length = 254, example = "anna.huber@example.org")]
    pub email: String,
    /// The name people read.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Anna Huber")]
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whose customers they see.
    pub visibility: Visibility,
    /// Their language.
    pub language: Language,
    /// When their password was set; null as long as they have none.
    #[schema(required = true)]
    pub password_changed_at: Option<Instant>,
    /// Since when they may not sign in; null if they may.
    #[schema(required = true)]
    pub disabled_at: Option<Instant>,
    /// When they last signed in; null before the first time.
    #[schema(required = true)]
    pub last_login_at: Option<Instant>,
    /// Counts changes; the ETag begins with it.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version: i64,
    /// When the user was created.
    pub created_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub created_by: RawJson,
    /// When the user was last changed.
    pub updated_at: Instant,
    /// By whom.
    #[schema(value_type = ActorReference)]
    pub updated_by: RawJson,
}

impl User {
    /// The entity tag, without quotes: signing in is no change of the record, but shows in it.
    pub fn etag(&self) -> String {
        match self.last_login_at {
            None => self.version.to_string(),
            Some(at) => format!("{}.{}", self.version, at.micros()),
        }
    }

    /// Where the user is found.
    pub fn location(&self) -> String {
        format!("/v1/users/{}", self.id)
    }
}

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            role: row.role(),
            visibility: row.visibility(),
            language: Language::parse(&row.language),
            email: row.email,
            display_name: row.display_name,
            password_changed_at: row.password_changed_at,
            disabled_at: row.disabled_at,
            last_login_at: row.last_login_at,
            version: row.version,
            created_at: row.created_at,
            created_by: RawJson::stored(row.created_by),
            updated_at: row.updated_at,
            updated_by: RawJson::stored(row.updated_by),
        }
    }
}

page_of! {
    /// A page of users.
    UserPage of User
}

/// Which users. Repeated parameters mean "or", different ones "and".
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UserQuery {
    /// What they may do.
    #[param(inline, max_items = 7)]
    pub role: Vec<Role>,
    /// `true`: only those who may not sign in; `false`: only those who may; all without it.
    #[param(nullable = false, example = false)]
    pub disabled: Option<bool>,
    /// Order; a minus sign turns it round. `display_name` unless it is given.
    #[param(
        max_length = 100,
        pattern = "^-?(display_name|email|created_at|updated_at)(,-?(display_name|email|created_at|updated_at)){0,3}$",
        nullable = false,
        example = "display_name"
    )]
    pub sort: Option<String>,
}

/// A new user.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::create_user))]
pub struct CreateUser {
    /// Address to sign in with, unique; kept in lower case.
    #[schema(format = "idn-email", min_length = 3, max_length = 254, example = "jonas.weber@example.org")]
    pub email: String,
    /// The name people read.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*[^\s\x00][^\x00]*$", example = "Jonas Weber")]
    pub display_name: String,
    /// What they may do.
    pub role: Role,
    /// Whose customers they see; `all` unless it is given.
    pub visibility: Option<Visibility>,
    /// Their language; the language of this request unless it is given.
    pub language: Option<Language>,
    /// Their first password. Without one they set it themselves, with a one-time token.
    pub password: Option<Password>,
}

impl Checked for CreateUser {}

/// What changes in a user. Absent means unchanged.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(super::samples::update_user))]
pub struct UpdateUser {
    /// Address to sign in with, unique; kept in lower case.
    #[schema(
        format = "idn-email",
        min_length = 3,
        max_length = 254,
        nullable = false,
        required = false,
        example = "jonas.weber@example.org"
    )]
    pub email: String,
    /// The name people read.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        nullable = false,
        required = false,
        example = "Jonas Weber"
    )]
    pub display_name: String,
    /// What they may do; takes effect at once.
    #[schema(required = false)]
    pub role: Role,
    /// Whose customers they see; takes effect at once.
    #[schema(required = false)]
    pub visibility: Visibility,
    /// Their language.
    #[schema(required = false)]
    pub language: Language,
}

impl From<&User> for UpdateUser {
    fn from(user: &User) -> Self {
        Self {
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            role: user.role,
            visibility: user.visibility,
            language: user.language,
        }
    }
}

/// A one-time token with which a user sets a new password. It is shown once and kept nowhere.
#[derive(Clone, Serialize, ToSchema)]
pub struct PasswordReset {
    /// The token. Hand it to the user by a safe way.
    #[schema(
        max_length = 60,
        pattern = "^kh_pr_[A-Za-z0-9_-]{43}$",
        example = "kh_pr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    )]
    pub token: String,
    /// Until when it can be used.
    pub expires_at: Instant,
}

/// Who is signed in, and what they may do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Me {
    /// Identifier.
    pub id: Uuid,
    /// Address to sign in with.
    #[schema(format = "idn-email", max_length = 254, example = "anna.huber@example.org")]
    pub email: String,
    /// The name people read.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Anna Huber")]
    pub display_name: String,
    /// The role that gives the scopes.
    pub role: Role,
    /// What this role may do.
    #[schema(max_items = 100)]
    pub scopes: Vec<Permission>,
    /// Whose customers they see.
    pub visibility: Visibility,
    /// Their language.
    pub language: Language,
    /// When their password was set; null as long as they have none.
    #[schema(required = true)]
    pub password_changed_at: Option<Instant>,
    /// When they last signed in.
    #[schema(required = true)]
    pub last_login_at: Option<Instant>,
    /// The session this request belongs to.
    pub session_id: Uuid,
}

impl Me {
    /// A user as they see themself in one of their sessions.
    pub fn of(row: Model, session_id: Uuid) -> Self {
        Self {
            id: row.id,
            role: row.role(),
            scopes: row.role().permissions().iter().collect(),
            visibility: row.visibility(),
            language: Language::parse(&row.language),
            email: row.email,
            display_name: row.display_name,
            password_changed_at: row.password_changed_at,
            last_login_at: row.last_login_at,
            session_id,
        }
    }
}
