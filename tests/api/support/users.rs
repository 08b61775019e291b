//! Users straight from the product's own services: most tests are about something else than signing in.

use kundenhistorie::auth::authority::Authority;
use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::client::Client;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::history::context::Context;
use kundenhistorie::services::{sessions, users};
use serde_json::{Value, json};
use uuid::Uuid;

/// The password of every user made here.
pub const PASSWORD: &str = "Deichstraße 9, dritter Stock";

/// Somebody who has just signed in.
#[derive(Clone)]
pub struct SignedIn {
    /// Identifier.
    pub id: Uuid,
    /// Address to sign in with, beside [`PASSWORD`].
    pub email: String,
    /// Access token.
    pub access_token: String,
    /// Refresh token.
    pub refresh_token: String,
}

/// A new user, signed in.
pub async fn sign_up(cx: &Context, authority: &Authority, role: Role, visibility: Visibility) -> SignedIn {
    let email = format!("{role}-{}@example.org", cx.clock.new_id().simple());
    let input = json!({
        "email": email, "display_name": format!("{role} of a test"), "role": role, "visibility": visibility,
        "language": "en", "password": PASSWORD,
    });
    let input = serde_json::from_value(input).expect("a user");
    let created = users::create(cx, authority, input).await.expect("the user is created");
    let created: Value = serde_json::from_slice(&created.body).expect("JSON");

    let input = serde_json::from_value(json!({"email": email, "password": PASSWORD})).expect("a sign-in");
    let tokens = sessions::login(cx, authority, input, &Client::default()).await.expect("the sign-in succeeds");
    SignedIn {
        id: serde_json::from_value(created["id"].clone()).expect("an id"),
        email,
        access_token: tokens.access_token,
        refresh_token: tokens.refresh_token,
    }
}
