//! Documents on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::record::{Exactly, Fields, Reply, Words};
use super::{Checked, RawJson};
use crate::domain::actor::ActorReference;
use crate::domain::instant::Instant;
use crate::entities::document_version::Model;
use crate::page_of;

/// The record a document belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"type": "order", "id": "019a0000-0000-7000-8000-0000000000aa"}))]
pub struct Attachment {
    /// Its kind, as timelines name it: `order`, `interaction`, `consent` …
    #[serde(rename = "type")]
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z]+(_[a-z]+)*$", example = "order")]
    pub kind: String,
    /// Which one.
    pub id: Uuid,
}

/// Something that is filed of a customer. Its content is uploaded behind it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "Angebot Tischkreissäge", "category": "quote", "language": "de"}))]
pub struct DocumentFields {
    /// What people call it.
    #[schema(
        min_length = 1,
        max_length = 300,
        pattern = r"^[^\x00]*[^\s\x00][^\x00]*$",
        example = "Angebot Tischkreissäge"
    )]
    pub title: String,
    /// What is in it.
    #[schema(max_length = 20_000, pattern = r"^[^\x00]*$", example = "Mit Schiebeschlitten, Lieferung frei Haus.")]
    pub description: Option<String>,
    /// What it is, a word of the business's own vocabulary: `contract`, `quote`, `photo` …
    #[schema(min_length = 1, max_length = 60, pattern = "^[a-z0-9]+(_[a-z0-9]+)*$", example = "quote")]
    pub category: Option<String>,
    /// Language of the content, BCP 47.
    #[schema(format = "language", max_length = 35, example = "de")]
    pub language: Option<String>,
    /// The record of the same customer it belongs to, or a product or campaign; the customer alone without.
    pub attached_to: Option<Attachment>,
}

impl Checked for DocumentFields {}

/// What the service knows of a document: the newest version of its content. All but the count is null before the first
/// one.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct DocumentFacts {
    /// How many versions of its content there are.
    #[schema(minimum = 0, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub version_count: i64,
    /// How the file is called.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$", example = "Angebot.pdf")]
    pub file_name: Option<String>,
    /// What kind of file it is, as its first bytes tell.
    #[schema(max_length = 255, pattern = "^[!-~]+$", example = "application/pdf")]
    pub media_type: Option<String>,
    /// How many bytes.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 48213)]
    pub size_bytes: Option<i64>,
    /// SHA-256 of the content; its entity tag.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    pub sha256: Option<String>,
    /// When the content came in.
    pub uploaded_at: Option<Instant>,
}

/// Which documents.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DocumentFilter {
    /// The beginning of the title; case and accents do not count.
    #[param(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", nullable = false)]
    pub q: Option<String>,
    /// What they are.
    #[param(inline, max_items = 50)]
    pub category: Vec<Exactly>,
    /// Of these media types.
    #[param(inline, max_items = 50)]
    pub media_type: Vec<Exactly>,
    /// Attached to records of these kinds.
    #[param(inline, max_items = 50)]
    pub attached_to_type: Vec<Exactly>,
    /// Attached to these records.
    #[param(max_items = 50)]
    pub attached_to_id: Vec<Uuid>,
    /// With this content: its SHA-256 in hexadecimal digits.
    #[param(max_length = 64, pattern = "^[0-9a-f]{64}$", nullable = false)]
    pub sha256: Option<String>,
    /// `true`: those with content; `false`: those without.
    #[param(nullable = false, example = true)]
    pub has_content: Option<bool>,
    /// Whose content came in at or after.
    #[param(inline, nullable = false)]
    pub uploaded_after: Option<Instant>,
    /// Whose content came in before.
    #[param(inline, nullable = false)]
    pub uploaded_before: Option<Instant>,
}

impl Fields for DocumentFields {
    type Facts = DocumentFacts;
    type Filter = DocumentFilter;

    const WORDS: Words =
        Words { schema: "Document", one: "document", many: "documents", english: "Document", german: "Dokument" };
    const SORTS: &'static [&'static str] = &["created_at", "title", "uploaded_at", "size_bytes", "updated_at"];
    const DEFAULT_SORT: &'static str = "-created_at";

    fn example_of_change() -> Value {
        json!({ "category": "contract" })
    }
}

/// What is said of a file beside its bytes.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct UploadQuery {
    /// How the file is called; as the version before, or as the document without.
    #[param(
        min_length = 1,
        max_length = 255,
        pattern = r#"^[^\x00-\x1f\x7f/\\]*[^\s\x00-\x1f\x7f/\\][^\x00-\x1f\x7f/\\]*$"#,
        nullable = false,
        example = "Angebot.pdf"
    )]
    pub file_name: Option<String>,
    /// What kind of file it is meant to be: refused if its first bytes tell otherwise. Found out without.
    #[param(
        max_length = 127,
        pattern = r"^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*$",
        nullable = false,
        example = "application/pdf"
    )]
    pub media_type: Option<String>,
}

/// The bytes of a file, as they are.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = Binary, max_length = 5_368_709_120, example = "Lieferung frei Haus.")]
pub struct FileContent(pub Vec<u8>);

/// A document as callers read it.
pub type Document = Reply<DocumentFields>;

/// Content that has been taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StoredContent {
    /// How the file is called.
    pub file_name: String,
    /// What kind of file it is.
    pub media_type: String,
    /// How many bytes.
    pub size_bytes: i64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Checked for StoredContent {}

/// A version of the content of a document.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DocumentVersion {
    /// 1, 2, 3 … of each document; the highest one is the current one.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 1)]
    pub number: i64,
    /// How the file is called.
    #[schema(max_length = 255, pattern = r"^[^\x00]*$", example = "Angebot.pdf")]
    pub file_name: String,
    /// What kind of file it is, as its first bytes tell.
    #[schema(max_length = 255, pattern = "^[!-~]+$", example = "application/pdf")]
    pub media_type: String,
    /// How many bytes.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 48213)]
    pub size_bytes: i64,
    /// SHA-256 of the content; its entity tag.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )]
    pub sha256: String,
    /// When it came in.
    pub uploaded_at: Instant,
    /// From whom.
    #[schema(value_type = ActorReference)]
    pub uploaded_by: RawJson,
}

impl From<Model> for DocumentVersion {
    fn from(row: Model) -> Self {
        let Model { document_id: _, number, file_name, media_type, size_bytes, sha256, uploaded_at, uploaded_by } = row;
        let uploaded_by = RawJson::stored(uploaded_by);
        Self { number, file_name, media_type, size_bytes, sha256, uploaded_at, uploaded_by }
    }
}

page_of! {
    /// A page of versions.
    DocumentVersionPage of DocumentVersion
}

/// In which order.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default)]
pub struct DocumentVersionQuery {
    /// Order: newest first, unless it is given.
    #[param(max_length = 20, pattern = "^-?number$", nullable = false, example = "-number")]
    pub sort: Option<String>,
}
