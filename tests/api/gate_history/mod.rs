//! Every operation that changes something leaves exactly its events: listed here, and then done.

mod events;

use std::collections::BTreeSet;
use std::iter::once;

use kundenhistorie::domain::actor::Visibility;
use kundenhistorie::domain::permission::Role;
use kundenhistorie::entities::timeline_event;
use kundenhistorie::openapi;
use reqwest::Method;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;

use self::events::EVENTS;
use crate::support::app::TestApp;
use crate::support::both;
use crate::support::client::{Call, Client, Reply};
use crate::support::document::operations;
use crate::support::kinds::{KINDS, Kind};
use crate::support::users::PASSWORD;

#[test]
fn every_change_is_listed() {
    let document = openapi::document();
    let operations = operations(&document);
    let changing: BTreeSet<_> = operations.iter().filter(|one| one.is_mutating()).map(|one| one.id()).collect();
    let of_kinds: Vec<(String, String)> = KINDS.iter().flat_map(Kind::events).collect();
    let of_kinds = of_kinds.iter().map(|(id, _)| id.as_str());
    let listed: BTreeSet<_> = EVENTS.iter().map(|(id, _)| *id).chain(of_kinds).collect();
    assert_eq!(changing, listed, "EVENTS lists what every operation leaves that is no GET");
}

both! {
    async fn every_change_leaves_its_events(app: TestApp) {
        let stage = Stage { admin: app.admin().await, app };
        for (id, kinds) in EVENTS {
            assert_eq!(stage.perform(id).await, *kinds, "{id}");
        }
        for kind in KINDS {
            stage.perform_all_of(kind).await;
        }
    }
}

/// A record as it was last read.
struct Record {
    path: String,
    etag: String,
}

impl Record {
    fn of(reply: &Reply) -> Self {
        Self { path: reply.header("location").expect("Location").to_owned(), etag: reply.etag() }
    }
}

/// A user of their own, to be changed.
struct Member(Client);

impl Member {
    fn path(&self) -> String {
        format!("/v1/users/{}", self.0.user().id)
    }
}

struct Stage {
    app: TestApp,
    admin: Client,
}

impl Stage {
    /// Does what an operation is for, and answers which events that left.
    async fn perform(&self, operation: &str) -> Vec<String> {
        match operation {
            "create_customer" => self.events_of(self.admin.post("/v1/customers", customer())).await,
            "update_customer" => {
                let it = self.customer().await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"category": "A"}))).await
            }
            "upsert_customer" => {
                let path = "/v1/customers-by-external-id/erp/4711";
                self.events_of(self.admin.call(Method::PUT, path).json(customer())).await
            }
            "archive_customer" => self.archiving(self.customer().await).await,
            "restore_customer" => {
                let it = self.customer().await;
                self.restoration(&it).await
            }
            "create_contact_point" => {
                let it = self.customer().await;
                self.events_of(self.admin.post(&format!("{}/contact-points", it.path), contact_point())).await
            }
            "update_contact_point" => {
                let it = self.item("contact-points", contact_point()).await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"label": "Zentrale"}))).await
            }
            "delete_contact_point" => {
                let it = self.item("contact-points", contact_point()).await;
                self.events_of(self.admin.delete(&it.path, &it.etag)).await
            }
            "create_address" => {
                let it = self.customer().await;
                self.events_of(self.admin.post(&format!("{}/addresses", it.path), address())).await
            }
            "update_address" => {
                let it = self.item("addresses", address()).await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"city": "Bremen"}))).await
            }
            "delete_address" => {
                let it = self.item("addresses", address()).await;
                self.events_of(self.admin.delete(&it.path, &it.etag)).await
            }
            "create_relationship" => {
                let body = self.partners().await;
                self.events_of(self.admin.post("/v1/relationships", body)).await
            }
            "update_relationship" => {
                let it = self.relationship().await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"role": "Händler"}))).await
            }
            "archive_relationship" => self.archiving(self.relationship().await).await,
            "restore_relationship" => {
                let it = self.relationship().await;
                self.restoration(&it).await
            }
            "end_relationship" => {
                let it = self.relationship().await;
                let body = json!({"ended_on": "2026-12-31"});
                self.events_of(self.admin.post(&format!("{}/ending", it.path), body)).await
            }
            "create_interaction" => {
                let it = self.customer().await;
                self.events_of(self.admin.post(&format!("{}/interactions", it.path), json!({"kind": "call"}))).await
            }
            "upsert_interaction" => {
                let path = format!("{}/interactions-by-external-id/pbx/1", self.customer().await.path);
                self.events_of(self.admin.call(Method::PUT, &path).json(json!({"kind": "call"}))).await
            }
            "update_interaction" => {
                let it = self.item("interactions", json!({"kind": "call"})).await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"outcome": "resolved"}))).await
            }
            "archive_interaction" => self.archiving(self.item("interactions", json!({"kind": "call"})).await).await,
            "restore_interaction" => {
                let it = self.item("interactions", json!({"kind": "call"})).await;
                self.restoration(&it).await
            }
            "create_ticket_comment" => {
                let it = self.item("tickets", json!({"subject": "Säge läuft nicht an"})).await;
                self.events_of(self.admin.post(&format!("{}/comments", it.path), json!({"text": "Wir kommen."}))).await
            }
            "create_loyalty_transaction" => {
                let it = self.item("loyalty-memberships", json!({"program": "Plus"})).await;
                let body = json!({"kind": "earned", "points": 120});
                self.events_of(self.admin.post(&format!("{}/transactions", it.path), body)).await
            }
            "create_event_type" => {
                self.events_of(self.admin.post("/v1/event-types", event_type("machine.serviced"))).await
            }
            "update_event_type" => {
                let it = self.event_type("machine.changed").await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"category": "sales"}))).await
            }
            "archive_event_type" => self.archiving(self.event_type("machine.archived").await).await,
            "restore_event_type" => {
                let it = self.event_type("machine.restored").await;
                self.restoration(&it).await
            }
            "append_event" => {
                let it = self.customer().await;
                self.events_of(self.admin.post(&format!("{}/timeline", it.path), own_event())).await
            }
            "correct_event" => {
                let it = self.item("timeline", own_event()).await;
                let body = json!({"reason": "vertippt", "summary": "anders"});
                self.events_of(self.admin.post(&format!("{}/corrections", it.path), body)).await
            }
            "upload_document_content" => {
                let it = self.item("documents", json!({"title": "Angebot"})).await;
                let upload = self.admin.call(Method::PUT, &format!("{}/content", it.path));
                self.events_of(upload.body("application/octet-stream", "Hallo")).await
            }
            "rename_label" => {
                let body = json!({"en": "To be done", "de": "Zu erledigen"});
                self.events_of(self.admin.call(Method::PUT, "/v1/meta/labels/task_status/open").json(body)).await
            }
            // The one that has just got another name.
            "reset_label" => self.events_of(self.admin.delete("/v1/meta/labels/task_status/open", "*")).await,
            "create_tag" => self.events_of(self.admin.post("/v1/tags", json!({"name": "angelegt"}))).await,
            "update_tag" => {
                let it = self.tag("umbenannt").await;
                self.events_of(self.admin.patch(&it.path, &it.etag, json!({"name": "anders"}))).await
            }
            "merge_tag" => {
                let (it, other) = (self.tag("aufgehend").await, self.tag("bleibend").await);
                let into = other.path.rsplit('/').next().expect("an id");
                let call = self.admin.post(&format!("{}/merge", it.path), json!({"into": into}));
                self.events_of(call.header("if-match", it.etag)).await
            }
            "archive_tag" => self.archiving(self.tag("archiviert").await).await,
            "restore_tag" => {
                let it = self.tag("wiederhergestellt").await;
                self.restoration(&it).await
            }
            "create_user" => {
                let body = json!({"email": "neu@example.org", "display_name": "Neu", "role": "agent"});
                self.events_of(self.admin.post("/v1/users", body)).await
            }
            "update_user" => {
                let path = self.user().await.path();
                self.events_of(self.admin.patch(&path, "*", json!({"display_name": "Anders"}))).await
            }
            "deactivate_user" => {
                let path = self.user().await.path();
                self.events_of(self.admin.call(Method::POST, &format!("{path}/deactivation"))).await
            }
            "reactivate_user" => {
                let path = format!("{}/deactivation", self.user().await.path());
                self.admin.call(Method::POST, &path).send().await.expect(200);
                self.events_of(self.admin.call(Method::DELETE, &path)).await
            }
            "issue_password_reset" => {
                let path = self.user().await.path();
                self.events_of(self.admin.call(Method::POST, &format!("{path}/password-reset"))).await
            }
            "reset_password" => {
                let path = format!("{}/password-reset", self.user().await.path());
                let reset = self.admin.call(Method::POST, &path).send().await;
                let body = json!({"token": reset["token"], "new_password": "ein ganz neues Passwort"});
                self.events_of(self.app.anonymous().post("/v1/auth/password-reset", body)).await
            }
            "change_password" => {
                let body = json!({"current_password": PASSWORD, "new_password": "ein ganz neues Passwort"});
                self.events_of(self.user().await.0.post("/v1/me/password", body)).await
            }
            "sign_checkpoint" => self.events_of(self.admin.call(Method::POST, "/v1/checkpoints")).await,
            "log_in" => {
                let user = self.user().await;
                let body = json!({"email": user.0.user().email, "password": PASSWORD});
                self.events_of(self.app.anonymous().post("/v1/auth/login", body)).await
            }
            "refresh_tokens" => {
                let body = json!({"refresh_token": self.user().await.0.user().refresh_token});
                self.events_of(self.app.anonymous().post("/v1/auth/refresh", body)).await
            }
            "log_out" => self.events_of(self.user().await.0.call(Method::POST, "/v1/auth/logout")).await,
            "revoke_session" => {
                let user = self.user().await.0;
                let sessions = user.get("/v1/me/sessions").send().await.expect(200);
                let id = sessions.at("/items/0/id").as_str().expect("a session").to_owned();
                self.events_of(user.call(Method::DELETE, &format!("/v1/me/sessions/{id}"))).await
            }
            other => panic!("say here how {other} is done"),
        }
    }

    /// Does everything that can be done with a kind of record.
    async fn perform_all_of(&self, kind: &Kind) {
        let customer = self.customer().await.path;
        let one = kind.one;
        let left = |happened: &str, also: &[&str]| -> Vec<String> {
            let also = also.iter().map(|event| (*event).to_owned());
            once(format!("{one}.{happened}")).chain(also).collect()
        };
        let create = async || self.admin.post(&kind.creation(&customer), kind.body(&self.admin, &customer).await);
        assert_eq!(self.events_of(create().await).await, left(kind.created, kind.also));
        let known = self.admin.call(Method::PUT, &kind.by_external_id(&customer, "erp", &format!("{one}-1")));
        let known = known.json(kind.body(&self.admin, &customer).await);
        assert_eq!(self.events_of(known).await, left(kind.created, kind.also));
        let mut it = Record::of(&create().await.send().await.expect(201));
        let change = self.admin.patch(&it.path, "*", (kind.change)());
        assert_eq!(self.events_of(change).await, left("updated", &[]));
        for step in kind.moves {
            let call = self.admin.post(&format!("{}/{}", it.path, step.segment), (step.body)());
            assert_eq!(self.events_of(call).await, left(step.happened, step.also));
            if step.ends {
                it = Record::of(&create().await.send().await.expect(201));
            }
        }
        if kind.kept {
            it = Record::of(&create().await.send().await.expect(201));
        }
        assert_eq!(self.events_of(self.admin.delete(&it.path, "*")).await, left("archived", &[]));
        let restore = self.admin.call(Method::POST, &format!("{}/restoration", it.path));
        assert_eq!(self.events_of(restore).await, left("restored", &[]));
    }

    async fn customer(&self) -> Record {
        Record::of(&self.admin.post("/v1/customers", customer()).send().await.expect(201))
    }

    async fn item(&self, kind: &str, body: serde_json::Value) -> Record {
        let customer = self.customer().await;
        Record::of(&self.admin.post(&format!("{}/{kind}", customer.path), body).send().await.expect(201))
    }

    async fn partners(&self) -> serde_json::Value {
        let id = |record: Record| record.path.rsplit('/').next().expect("an id").to_owned();
        let (from, to) = (id(self.customer().await), id(self.customer().await));
        json!({"type": "partner_of", "from_customer_id": from, "to_customer_id": to})
    }

    async fn relationship(&self) -> Record {
        let body = self.partners().await;
        Record::of(&self.admin.post("/v1/relationships", body).send().await.expect(201))
    }

    async fn event_type(&self, name: &str) -> Record {
        Record::of(&self.admin.post("/v1/event-types", event_type(name)).send().await.expect(201))
    }

    async fn tag(&self, name: &str) -> Record {
        Record::of(&self.admin.post("/v1/tags", json!({"name": name})).send().await.expect(201))
    }

    async fn user(&self) -> Member {
        Member(self.app.user(Role::Agent, Visibility::All).await)
    }

    async fn archiving(&self, record: Record) -> Vec<String> {
        self.events_of(self.admin.delete(&record.path, &record.etag)).await
    }

    async fn restoration(&self, record: &Record) -> Vec<String> {
        self.admin.delete(&record.path, &record.etag).send().await.expect(204);
        let call = self.admin.call(Method::POST, &format!("{}/restoration", record.path));
        self.events_of(call).await
    }

    /// The kinds of the events a call leaves.
    async fn events_of(&self, call: Call<'_>) -> Vec<String> {
        let before = self.events_after(0).await.last().map_or(0, |event| event.position);
        let reply = call.send().await;
        assert!(reply.status < 300, "{reply}");
        self.events_after(before).await.into_iter().map(|event| event.kind).collect()
    }

    async fn events_after(&self, position: i64) -> Vec<timeline_event::Model> {
        let events = timeline_event::Entity::find().filter(timeline_event::Column::Position.gt(position));
        let events = events.order_by_asc(timeline_event::Column::Position);
        events.all(&self.app.store().read).await.expect("the log can be read")
    }
}

fn customer() -> serde_json::Value {
    json!({"kind": "person", "person": {"given_name": "Änne", "family_name": "Öztürk"}})
}

fn contact_point() -> serde_json::Value {
    json!({"type": "phone", "value": "040 123456"})
}

fn address() -> serde_json::Value {
    json!({"type": "business", "lines": ["Deichstraße 9"], "postal_code": "20459", "city": "Hamburg", "country": "DE"})
}

fn event_type(name: &str) -> serde_json::Value {
    let labels = json!({"en": "Machine", "de": "Maschine"});
    json!({"name": name, "category": "support", "labels": labels, "payload_schema": {"type": "object"}})
}

/// Of the kind that `create_event_type` makes, which is listed before.
fn own_event() -> serde_json::Value {
    json!({"kind": "machine.serviced"})
}
