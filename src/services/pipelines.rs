//! Pipelines: the ways opportunities go, stage by stage.

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use super::records::{Kind, State, This};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::cells::Reads;
use crate::entities::opportunity;
use crate::entities::pipeline::{Column, Entity, Model};
use crate::entities::record::ColumnOf;
use crate::error::{Code, Error, FieldError, Result};
use crate::history::change::Change;
use crate::history::context::Context;
use crate::schemas::opportunity::OpportunityStatus;
use crate::schemas::pipeline::{PipelineFacts, PipelineFields, PipelineFilter, PipelineStage};
use crate::schemas::record::Exactly;

/// Pipelines.
pub struct Pipelines;

impl Kind for Pipelines {
    type Row = Model;
    type Fields = PipelineFields;

    const CATEGORY: Category = Category::MasterData;
    const READ: Permission = Permission::SalesRead;
    const WRITE: Permission = Permission::SalesWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("name", Column::NameKey),
        ("key", Column::Key),
        ("created_at", Column::CreatedAt),
        ("updated_at", Column::UpdatedAt),
    ];

    fn label(state: &State<Self>) -> String {
        state.fields.name.de.clone()
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: PipelineFields) -> Result<State<Self>> {
        if before.is_none_or(|before| before.fields.key != fields.key) {
            must_be_free(this.change, &fields.key).await?;
        }
        let had = before.map_or(&[][..], |before| &before.fields.stages);
        identify(this.change, &mut fields.stages, had)?;
        let kept: HashSet<Option<Uuid>> = fields.stages.iter().map(|stage| stage.id).collect();
        let gone = had.iter().filter(|stage| !kept.contains(&stage.id)).filter_map(|stage| stage.id).collect();
        must_be_empty(this, gone).await?;
        Ok(State { fields, facts: PipelineFacts {} })
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.key.clone_from(&state.fields.key);
        row.name_key = sort_key(&state.fields.name.de);
    }

    async fn follow(this: &This<'_>, before: Option<&State<Self>>, after: Option<&State<Self>>) -> Result<()> {
        match (before, after) {
            (Some(before), None) => {
                must_be_empty(this, before.fields.stages.iter().filter_map(|stage| stage.id).collect()).await
            }
            _ => Ok(()),
        }
    }

    fn condition(_cx: &Context, filter: &PipelineFilter) -> Condition {
        match filter.key.is_empty() {
            true => Condition::all(),
            false => Condition::all().add(Column::Key.is_in(Exactly::texts(&filter.key))),
        }
    }
}

/// Gives each stage its id and its place: a stage is recognised by its id or, without one, by its key.
fn identify(change: &Change, stages: &mut [PipelineStage], had: &[PipelineStage]) -> Result<()> {
    let known: HashMap<&str, Uuid> = had.iter().filter_map(|stage| Some((stage.key.as_str(), stage.id?))).collect();
    let sent: HashSet<Uuid> = stages.iter().filter_map(|stage| stage.id).collect();
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let mut faults = Vec::new();
    for (index, stage) in stages.iter_mut().enumerate() {
        let mut fault = |field: &str, fault: Fault| {
            faults.push(FieldError::at_pointer(format!("/stages/{index}/{field}"), fault));
        };
        if !keys.insert(stage.key.clone()) {
            fault("key", FaultCode::Duplicate.into());
        }
        match stage.id {
            Some(id) if !ids.insert(id) => fault("id", FaultCode::Duplicate.into()),
            Some(id) if !known.values().any(|known| *known == id) => {
                fault("id", Fault::new(FaultCode::Reference).with("type", "stage"));
            }
            Some(_) => {}
            // A stage that was sent with its id under another key has left its old key to a new one.
            None => {
                let id = known.get(stage.key.as_str()).copied().filter(|id| !sent.contains(id));
                stage.id = Some(id.unwrap_or_else(|| change.new_id()));
            }
        }
        stage.position = i32::try_from(index + 1).ok();
    }
    if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
}

/// Refuses the key of another pipeline, archived ones included, and names that pipeline: everybody may see all of them.
async fn must_be_free(change: &Change, key: &str) -> Result<()> {
    let select = Entity::find().select_only().column(Column::Id);
    let holders: Vec<(Uuid,)> = change.tuples(select.filter(Column::Key.eq(key))).await?;
    match holders.first() {
        Some((holder,)) => Err(Error::already_exists(["/key"], Some(*holder))),
        None => Ok(()),
    }
}

/// Refuses to do without stages that open opportunities are in, archived ones included: those may come back.
async fn must_be_empty(this: &This<'_>, stages: Vec<Uuid>) -> Result<()> {
    if stages.is_empty() {
        return Ok(());
    }
    let open = opportunity::Entity::find()
        .filter(opportunity::Column::PipelineId.eq(this.id))
        .filter(opportunity::Column::StageId.is_in(stages))
        .filter(opportunity::Column::Status.eq(OpportunityStatus::Open.as_str()));
    if this.change.exists(open).await? { Err(Error::new(Code::InUse)) } else { Ok(()) }
}

/// A pipeline that opportunities go: until the change is committed it stays as it is, and others may go it as well.
pub(super) async fn hold(change: &Change, id: Uuid) -> Result<Option<Model>> {
    Ok(change.one(Entity::find_by_id(id).lock_shared()).await?)
}
