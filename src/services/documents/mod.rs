//! Documents: what is filed of customers, and the versions of its content.

mod content;

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

pub use content::{Content, Upload, content, keep, upload, versions};

use super::prefix::begins_with;
use super::records::{Kind, State, This};
use crate::domain::event_kind::Category;
use crate::domain::fault::{Fault, FaultCode};
use crate::domain::folding::{Umlauts, fold};
use crate::domain::language_tag;
use crate::domain::permission::Permission;
use crate::domain::sort_key::sort_key;
use crate::entities::cells::Reads;
use crate::entities::document::{Column, Model};
use crate::entities::record::ColumnOf;
use crate::entities::timeline_event;
use crate::error::{Error, Result};
use crate::history::context::Context;
use crate::schemas::document::{Attachment, DocumentFacts, DocumentFields, DocumentFilter};
use crate::schemas::record::Exactly;

/// What documents of customers are attached to although it belongs to none: data sheets of products, letters of campaigns.
const CATALOGUES: [&str; 2] = ["product", "campaign"];

/// Documents.
pub struct Documents;

impl Kind for Documents {
    type Row = Model;
    type Fields = DocumentFields;

    const CATEGORY: Category = Category::Document;
    const READ: Permission = Permission::DocumentsRead;
    const WRITE: Permission = Permission::DocumentsWrite;
    const SORTS: &'static [(&'static str, ColumnOf<Model>)] = &[
        ("created_at", Column::CreatedAt),
        ("title", Column::TitleKey),
        ("uploaded_at", Column::UploadedAt),
        ("size_bytes", Column::SizeBytes),
        ("updated_at", Column::UpdatedAt),
    ];

    fn label(state: &State<Self>) -> String {
        match &state.facts.file_name {
            Some(file_name) => format!("{} ({file_name})", state.fields.title),
            None => state.fields.title.clone(),
        }
    }

    async fn settle(this: &This<'_>, before: Option<&State<Self>>, mut fields: DocumentFields) -> Result<State<Self>> {
        let language = fields.language.as_deref().map(language_tag::normalize).transpose();
        fields.language = language.map_err(|fault| Error::invalid_at("/language", fault))?;
        let was = before.and_then(|before| before.fields.attached_to.as_ref());
        if let Some(attachment) = fields.attached_to.as_ref().filter(|attachment| Some(*attachment) != was) {
            is_there(this, attachment).await?;
        }
        Ok(State { fields, facts: before.map_or_else(DocumentFacts::default, |before| before.facts.clone()) })
    }

    fn stage(state: &State<Self>) -> &'static str {
        if state.facts.version_count == 0 { content::EMPTY } else { content::FILLED }
    }

    fn index(row: &mut Model, state: &State<Self>) {
        row.title_key = sort_key(&state.fields.title);
        row.title_folded = fold(&state.fields.title, Umlauts::Plain);
        row.category.clone_from(&state.fields.category);
        row.attached_type = state.fields.attached_to.as_ref().map(|attachment| attachment.kind.clone());
        row.attached_id = state.fields.attached_to.as_ref().map(|attachment| attachment.id);
        row.media_type.clone_from(&state.facts.media_type);
        row.size_bytes = state.facts.size_bytes;
        row.sha256.clone_from(&state.facts.sha256);
        row.uploaded_at = state.facts.uploaded_at;
    }

    fn condition(_cx: &Context, filter: &DocumentFilter) -> Condition {
        let mut all = Condition::all();
        if let Some(q) = &filter.q {
            all = all.add(begins_with(Column::TitleFolded, &fold(q, Umlauts::Plain)));
        }
        if !filter.category.is_empty() {
            all = all.add(Column::Category.is_in(Exactly::texts(&filter.category)));
        }
        if !filter.media_type.is_empty() {
            all = all.add(Column::MediaType.is_in(Exactly::texts(&filter.media_type)));
        }
        if !filter.attached_to_type.is_empty() {
            all = all.add(Column::AttachedType.is_in(Exactly::texts(&filter.attached_to_type)));
        }
        if !filter.attached_to_id.is_empty() {
            all = all.add(Column::AttachedId.is_in(filter.attached_to_id.iter().copied()));
        }
        let has_content = |wanted| if wanted { Column::Sha256.is_not_null() } else { Column::Sha256.is_null() };
        all.add_option(filter.sha256.as_ref().map(|sha256| Column::Sha256.eq(sha256)))
            .add_option(filter.has_content.map(has_content))
            .add_option(filter.uploaded_after.map(|at| Column::UploadedAt.gte(at)))
            .add_option(filter.uploaded_before.map(|at| Column::UploadedAt.lt(at)))
    }
}

/// Whatever is a record of the customer is told of on their timeline, and one of a catalogue in its own history, so that one
/// question serves for every kind.
async fn is_there(this: &This<'_>, attachment: &Attachment) -> Result<()> {
    let root = match CATALOGUES.contains(&attachment.kind.as_str()) {
        true => Some(attachment.id),
        false => this.customer_id,
    };
    let told = timeline_event::Entity::find()
        .filter(timeline_event::Column::SubjectId.eq(attachment.id))
        .filter(timeline_event::Column::SubjectType.eq(&attachment.kind))
        .filter(timeline_event::Column::RootId.eq(root));
    match this.change.exists(told).await? {
        true => Ok(()),
        false => {
            let fault = Fault::new(FaultCode::Reference).with("type", attachment.kind.clone());
            Err(Error::invalid_at("/attached_to", fault))
        }
    }
}
