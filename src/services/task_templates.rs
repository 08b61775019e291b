//! Templates of tasks: what is to be done each time.

use sea_orm::Condition;

use super::prefix::begins_with;
use super::records::{Kind, State, This};
use super::references::References;
use crate::domain::event_kind::Category;
use crate::domain::folding::{Umlauts, fold};
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::record::ColumnOf;
use crate::entities::task_template::{Column, Model};
use crate::error::Result;
use crate::history::context::Context;
use crate::schemas::task_template::{TaskTemplateFacts, TaskTemplateFields, TaskTemplateFilter};

/// Templates of tasks.
pub struct TaskTemplates;

impl Kind for TaskTemplates {
    type Row = Model;
    type Fields = TaskTemplateFields;

    const CATEGORY: Category = Category::MasterData;
    const READ: Permission = Permission::TasksRead;
    const WRITE: Permission = Permission::TasksWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] =
        &[("name", Column::NameKey), ("created_at", Column::CreatedAt), ("updated_at", Column::UpdatedAt)];

    fn label(state: &State<Self>) -> String {
        let names = &state.fields.names;
        if names.de == names.en { names.de.clone() } else { format!("{} / {}", names.de, names.en) }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, fields: TaskTemplateFields) -> Result<State<Self>> {
        let mut references = References::new();
        for (at, step) in fields.steps.iter().enumerate() {
            references.user(format!("/steps/{at}/assignee_id"), step.assignee_id);
        }
        references.exist(this.change).await?;
        let same = before.filter(|before| before.fields.steps == fields.steps);
        let steps_changed_at = same.map_or(this.change.now(), |before| before.facts.steps_changed_at);
        Ok(State { fields, facts: TaskTemplateFacts { steps_changed_at } })
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.name_key = sort_key(&state.fields.names.de);
        row.name_folded = fold(&state.fields.names.de, Umlauts::Plain);
    }

    fn condition(_cx: &Context, filter: &TaskTemplateFilter) -> Condition {
        let begins = |q: &String| begins_with(Column::NameFolded, &fold(q, Umlauts::Plain));
        Condition::all().add_option(filter.q.as_ref().map(begins))
    }
}
