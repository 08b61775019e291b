//! What the log says, read behind the service's back.

use kundenhistorie::entities::timeline_event::{Column, Entity, Model};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use uuid::Uuid;

use super::app::TestApp;

/// The events of a record with a chain of its own, oldest first.
pub async fn events(app: &TestApp, root_id: &str) -> Vec<Model> {
    let id: Uuid = root_id.parse().expect("an id");
    let select = Entity::find().filter(Column::RootId.eq(id)).order_by_asc(Column::Sequence);
    select.all(&app.store().read).await.expect("the log can be read")
}

/// Their kinds.
pub async fn kinds(app: &TestApp, root_id: &str) -> Vec<String> {
    events(app, root_id).await.into_iter().map(|event| event.kind).collect()
}

/// What the newest event of a record tells.
pub async fn newest(app: &TestApp, root_id: &str) -> (Model, Value) {
    let event = events(app, root_id).await.pop().expect("an event");
    let payload = serde_json::from_str(&event.payload).expect("a payload");
    (event, payload)
}
