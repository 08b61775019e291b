//! The content of documents: every upload is a version of its own, and none is ever changed.

use std::ops::Range;

use futures_util::Stream;
use futures_util::stream::BoxStream;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Documents;
use crate::content::{Bytes, Contents};
use crate::domain::fault::FaultCode;
use crate::domain::media_type::{self, Refusal};
use crate::entities::cells::Reads;
use crate::entities::document_version::{Column, Entity, Model};
use crate::error::{Code, Error, FieldError, Result};
use crate::history::beside::{Beside, Telling};
use crate::history::context::Context;
use crate::history::outcome::Outcome;
use crate::schemas::document::{
    DocumentFacts, DocumentFields, DocumentVersion, DocumentVersionQuery, StoredContent, UploadQuery,
};
use crate::schemas::page::{Found, PageRequest};
use crate::schemas::query::{Both, PastQuery};
use crate::schemas::record::Reply;
use crate::services::records::{self, Move, MoveFacts, State, This};
use crate::services::{order, pages};

/// A document without content.
pub(super) const EMPTY: &str = "empty";
/// A document with content.
pub(super) const FILLED: &str = "filled";

/// Longest name of a file, in characters.
const FILE_NAME_MAX: usize = 255;

/// A version, ready to be read.
pub struct Content {
    /// Which one.
    pub version: DocumentVersion,
    contents: Contents,
}

impl Content {
    /// How many bytes it has.
    pub fn size_bytes(&self) -> u64 {
        self.version.size_bytes.try_into().unwrap_or_default()
    }

    /// Some of its bytes.
    pub async fn read(&self, bytes: Range<u64>) -> Result<BoxStream<'static, Result<Bytes>>> {
        self.contents.read(&self.version.sha256, bytes).await
    }
}

/// Takes in a new version. The content is durable before any record names it; what breaks off leaves no record. The
/// content that is there already, sent again under the same name, is no new version.
pub async fn upload(
    cx: &Context,
    contents: &Contents,
    id: Uuid,
    query: UploadQuery,
    chunks: impl Stream<Item = Result<Bytes>> + Unpin,
) -> Result<Outcome<Reply<DocumentFields>>> {
    let shown = shown(cx, id).await?;
    if !shown.is_unarchived {
        return Err(Error::new(Code::Archived));
    }
    let file_name = query.file_name.or(shown.facts.file_name).unwrap_or_else(|| as_file_name(&shown.title));
    let stored = keep(cx, contents, (file_name, query.media_type.as_deref()), chunks).await?;
    let etag = stored.sha256.clone();
    let made = match shown.facts.version_count {
        0 => match records::advance::<Upload>(cx, id, None, stored.clone()).await {
            // Somebody was faster.
            Err(error) if error.code() == Code::WrongState => {
                records::advance::<AddVersion>(cx, id, None, stored).await
            }
            made => made,
        },
        _ => records::advance::<AddVersion>(cx, id, None, stored).await,
    };
    let mut outcome = made?;
    // The tag of what lies at the address of the content, not that of the record.
    outcome.etag = Some(etag);
    Ok(outcome)
}

/// Takes in content that no document has yet, under the name of a file and the media type its sender claims. It is
/// durable when this returns.
pub async fn keep(
    cx: &Context,
    contents: &Contents,
    (file_name, claimed): (String, Option<&str>),
    chunks: impl Stream<Item = Result<Bytes>> + Unpin,
) -> Result<StoredContent> {
    let judge = |head: &[u8]| judged(head, &file_name, claimed);
    let (kept, media_type) = contents.keep(cx.clock.new_id(), chunks, media_type::HEAD_BYTES, judge).await?;
    let size_bytes = kept.size_bytes.try_into().map_err(Error::internal)?;
    Ok(StoredContent { file_name, media_type, size_bytes, sha256: kept.sha256 })
}

/// A document as the caller sees it.
struct ShownDocument {
    title: String,
    is_unarchived: bool,
    facts: DocumentFacts,
}

async fn shown(cx: &Context, id: Uuid) -> Result<ShownDocument> {
    let mut shown = serde_json::to_value(records::read::<Documents>(cx, id, None).await?).map_err(Error::internal)?;
    let title = shown["title"].as_str().unwrap_or_default().to_owned();
    let is_unarchived = shown["archived_at"] == Value::Null;
    let facts = serde_json::from_value(shown.take()).map_err(Error::internal)?;
    Ok(ShownDocument { title, is_unarchived, facts })
}

/// A title holds whatever people write; a name of a file does not.
fn as_file_name(title: &str) -> String {
    let letter = |letter: char| if letter.is_control() || matches!(letter, '/' | '\\') { '_' } else { letter };
    title.trim().chars().take(FILE_NAME_MAX).map(letter).collect()
}

fn judged(head: &[u8], file_name: &str, claimed: Option<&str>) -> Result<String> {
    if head.is_empty() {
        return Err(Error::invalid_at("", FaultCode::EmptyContent));
    }
    media_type::judge(head, file_name, claimed).map_err(|refusal| {
        Error::invalid(vec![match refusal {
            Refusal::Content(fault) => FieldError::at_pointer("", fault),
            Refusal::FileName(fault) => FieldError::at_parameter("file_name", fault),
            Refusal::MediaType(fault) => FieldError::at_parameter("media_type", fault),
        }])
    })
}

/// One version of the content of a document; the current one without a number.
pub async fn content(cx: &Context, contents: &Contents, id: Uuid, number: Option<i64>) -> Result<Content> {
    shown(cx, id).await?;
    let mut versions = Entity::find().filter(Column::DocumentId.eq(id)).order_by_desc(Column::Number).limit(1);
    if let Some(number) = number {
        versions = versions.filter(Column::Number.eq(number));
    }
    let found: Option<Model> = cx.store.rows.one(versions).await?;
    let version = found.ok_or_else(|| Error::new(Code::NotFound))?.into();
    Ok(Content { version, contents: contents.clone() })
}

/// A page of the versions of the content of a document.
pub async fn versions(
    cx: &Context,
    id: Uuid,
    Both(query, past): &Both<DocumentVersionQuery, PastQuery>,
    page: &PageRequest,
) -> Result<Found<DocumentVersion>> {
    let past = past.past()?;
    records::read::<Documents>(cx, id, past).await?;
    let of_past = pages::of_past(past, Column::UploadedAt, Column::UploadedAt);
    let select = Entity::find().filter(of_past.add(Column::DocumentId.eq(id)));
    let order = order::by(query.sort.as_deref(), "-number", &[("number", Column::Number)], Column::DocumentId);
    pages::find(cx, select, &order, page, DocumentVersion::from).await
}

fn add_version(this: &This<'_>, state: &mut State<Documents>, stored: StoredContent) -> Result<()> {
    let StoredContent { file_name, media_type, size_bytes, sha256 } = stored;
    let facts = &state.facts;
    let is_same = facts.sha256.as_deref() == Some(&sha256) && facts.file_name.as_deref() == Some(&file_name);
    if is_same && facts.media_type.as_deref() == Some(&media_type) {
        return Ok(());
    }
    let (number, now) = (facts.version_count + 1, this.change.now());
    let mut insert = Query::insert();
    insert
        .into_table(Entity)
        .columns([
            Column::DocumentId,
            Column::Number,
            Column::FileName,
            Column::MediaType,
            Column::SizeBytes,
            Column::Sha256,
            Column::UploadedAt,
            Column::UploadedBy,
        ])
        .values_panic([
            Expr::value(this.id),
            Expr::value(number),
            Expr::value(file_name.clone()),
            Expr::value(media_type.clone()),
            Expr::value(size_bytes),
            Expr::value(sha256.clone()),
            Expr::value(now),
            Expr::value(this.change.actor_json()?),
        ]);
    this.change.defer(insert);
    state.facts = DocumentFacts {
        version_count: number,
        file_name: Some(file_name),
        media_type: Some(media_type),
        size_bytes: Some(size_bytes),
        sha256: Some(sha256),
        uploaded_at: Some(now),
    };
    Ok(())
}

/// Its first content has come in. No operation of its own: [`upload`] makes it.
pub struct Upload;

impl Move for Upload {
    type Kind = Documents;
    type Input = StoredContent;

    const FACTS: MoveFacts = MoveFacts {
        verb: "upload",
        segment: "content",
        summary: "Its first content has come in.",
        happened: "uploaded",
        happened_german: "hochgeladen",
        from: &[EMPTY],
    };

    async fn make(this: &This<'_>, state: &mut State<Documents>, stored: StoredContent) -> Result<()> {
        add_version(this, state, stored)
    }
}

/// Further content has come in. No operation of its own: [`upload`] makes it.
struct AddVersion;

impl Move for AddVersion {
    type Kind = Documents;
    type Input = StoredContent;

    const FACTS: MoveFacts = MoveFacts {
        verb: "add",
        segment: "content",
        summary: "Further content has come in.",
        happened: "version_added",
        happened_german: "in neuer Fassung hochgeladen",
        from: &[FILLED],
    };

    async fn make(this: &This<'_>, state: &mut State<Documents>, stored: StoredContent) -> Result<()> {
        add_version(this, state, stored)
    }
}

impl Beside for Model {
    const KINDS: &'static [&'static str] = &["document.uploaded", "document.version_added"];
    const KEY: &'static [&'static str] = &["document_id", "number"];
    const RECORD: Column = Column::DocumentId;

    fn keyed(told: &Value) -> Option<Condition> {
        let document_id: Uuid = told["document_id"].as_str()?.parse().ok()?;
        let number = told["number"].as_i64()?;
        Some(Condition::all().add(Column::DocumentId.eq(document_id)).add(Column::Number.eq(number)))
    }

    fn id(&self) -> Uuid {
        self.document_id
    }

    fn says(self) -> Result<Value> {
        let Self { document_id, number, file_name, media_type, size_bytes, sha256, uploaded_at, uploaded_by } = self;
        // What cannot be read is not what was told.
        let uploaded_by: Value = serde_json::from_str(&uploaded_by).unwrap_or_default();
        Ok(json!({
            "document_id": document_id, "number": number, "file_name": file_name, "media_type": media_type,
            "size_bytes": size_bytes, "sha256": sha256, "uploaded_at": uploaded_at, "uploaded_by": uploaded_by,
        }))
    }

    /// The document as the event left it tells of its newest version.
    fn told(event: &Telling) -> Option<Value> {
        let stored = |name: &str| serde_json::from_str::<Value>(event.state[name].as_str()?).ok();
        let (facts, uploaded_by) = (stored("facts")?, stored("updated_by")?);
        Some(json!({
            "document_id": event.record_id, "number": facts["version_count"], "file_name": facts["file_name"],
            "media_type": facts["media_type"], "size_bytes": facts["size_bytes"], "sha256": facts["sha256"],
            "uploaded_at": facts["uploaded_at"], "uploaded_by": uploaded_by,
        }))
    }
}
