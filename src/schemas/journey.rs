//! The way of a customer on the wire.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::customer::LifecycleStage;
use super::task_set::TaskSetStatus;
use super::task_template::TemplateNames;
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::domain::money::Money;

/// The way of a customer: stage by stage, from the first contact and the first purchase on.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerJourney {
    /// Whose it is.
    pub customer_id: Uuid,
    /// When there was contact for the first time.
    pub first_contact_at: Option<Instant>,
    /// Since which day they count as a customer.
    #[schema(required = true, format = "date", max_length = 10, example = "2021-03-01")]
    pub customer_since: Option<String>,
    /// What they bought first: the earliest order that was not cancelled, invoice that was issued, or event of an own
    /// kind about a purchase, of what the caller may read.
    pub first_purchase: Option<FirstPurchase>,
    /// The stages of the lifecycle in the order they were entered; the newest 200.
    #[schema(max_items = 200)]
    pub stages: Vec<JourneyStage>,
    /// Sets of tasks that were made from a template, the newest first, 20 at most. Null if the caller may not read tasks.
    #[schema(max_items = 20)]
    pub onboarding: Option<Vec<Onboarding>>,
}

/// A stage a customer was in. One that is entered again is told again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JourneyStage {
    /// Which one.
    pub stage: LifecycleStage,
    /// When that was recorded.
    pub entered_at: Instant,
    /// When the next one was; null while it lasts.
    pub left_at: Option<Instant>,
    /// Whole seconds in it; null while it lasts.
    #[schema(required = true, minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 7776000)]
    pub duration_seconds: Option<i64>,
    /// Who moved the customer to it.
    pub entered_by: ActorReference,
    /// The event that tells of it.
    pub event_id: Uuid,
}

/// What a customer bought first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FirstPurchase {
    /// `order`, `invoice` or `event`.
    #[serde(rename = "type")]
    #[schema(max_length = 60, pattern = "^[a-z_]+$", example = "order")]
    pub kind: String,
    /// Which one.
    pub id: Uuid,
    /// What people call it.
    #[schema(max_length = 1000, pattern = r"^[^\x00]*$", example = "B-000042")]
    pub label: String,
    /// When it was placed or happened. Of an invoice: as its `dated_at`.
    pub occurred_at: Instant,
    /// What it came to.
    pub amount: Option<Money>,
}

/// How far a set of tasks has come.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Onboarding {
    /// Which set.
    pub task_set_id: Uuid,
    /// The template it was made from.
    pub template_id: Uuid,
    /// How that was called when it was.
    pub template_names: TemplateNames,
    /// Whether anything is left to be done.
    pub status: TaskSetStatus,
    /// The moment the days of its steps are counted from.
    pub started_at: Option<Instant>,
    /// When its last task was closed; null while one is open.
    pub completed_at: Option<Instant>,
    /// Tasks it has.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 8)]
    pub tasks: i64,
    /// Tasks of it that are completed.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 5)]
    pub completed_tasks: i64,
    /// Tasks of it that were cancelled.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub cancelled_tasks: i64,
    /// When the first open task is due.
    pub next_due_at: Option<Instant>,
}
