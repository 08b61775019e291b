//! Users who sign in by password, for the tests that are about signing in.

use kundenhistorie::domain::permission::Role;
use serde_json::json;
use uuid::Uuid;

use super::app::TestApp;
use super::client::{Client, Reply};
use super::users;

/// A password the rules allow.
pub const PASSWORD: &str = "leuchtturm segelt morgens leise";

/// Another one.
pub const OTHER_PASSWORD: &str = "Zwölf Boxkämpfer jagen Viktor";

/// Somebody who can sign in.
pub struct Account {
    /// Identifier.
    pub id: Uuid,
    /// Address to sign in with.
    pub email: String,
}

impl Account {
    /// A new user with [`PASSWORD`].
    pub async fn create(app: &TestApp, role: Role) -> Self {
        let email = format!("{}@example.org", app.clock.new_id());
        let body = json!({"email": email, "display_name": "Anna Huber", "role": role, "password": PASSWORD});
        let reply = app.admin().await.post("/v1/users", body).send().await.expect(201);
        Self { id: reply.id().parse().expect("an id"), email }
    }

    /// Where the user is found.
    pub fn path(&self) -> String {
        format!("/v1/users/{}", self.id)
    }

    /// Tries to sign in.
    pub async fn try_password(&self, app: &TestApp, password: &str) -> Reply {
        let body = json!({"email": self.email, "password": password});
        app.anonymous().post("/v1/auth/login", body).send().await
    }

    /// Signs in with [`PASSWORD`].
    pub async fn sign_in(&self, app: &TestApp) -> SignedIn {
        self.sign_in_with(app, PASSWORD).await
    }

    /// Signs in.
    pub async fn sign_in_with(&self, app: &TestApp, password: &str) -> SignedIn {
        SignedIn::of(app, self.id, self.try_password(app, password).await)
    }
}

/// The tokens of a session.
#[derive(Clone)]
pub struct SignedIn {
    /// Sends the access token.
    pub client: Client,
    /// The refresh token.
    pub refresh_token: String,
}

impl SignedIn {
    fn of(app: &TestApp, user_id: Uuid, reply: Reply) -> Self {
        let reply = reply.expect(200);
        let text = |name: &str| reply[name].as_str().expect("a token").to_owned();
        let client = app.anonymous().of_user(users::SignedIn {
            id: user_id,
            email: String::new(),
            access_token: text("access_token"),
            refresh_token: text("refresh_token"),
        });
        Self { client, refresh_token: text("refresh_token") }
    }

    /// The next tokens.
    pub async fn refresh(&self, app: &TestApp) -> Self {
        Self::of(app, self.client.user_id(), self.try_refresh(app).await)
    }

    /// Tries to get the next tokens.
    pub async fn try_refresh(&self, app: &TestApp) -> Reply {
        let body = json!({"refresh_token": self.refresh_token});
        app.anonymous().post("/v1/auth/refresh", body).send().await
    }

    /// The status a request with the access token is answered with.
    pub async fn status(&self) -> u16 {
        self.client.get("/v1/me").send().await.status
    }

    /// The id of the session.
    pub async fn session_id(&self) -> String {
        let me = self.client.get("/v1/me").send().await.expect(200);
        me["session_id"].as_str().expect("a session").to_owned()
    }
}
