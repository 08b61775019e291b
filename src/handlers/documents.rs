//! The content of documents. What they have in common with other records is in `records`.

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use uuid::Uuid;

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::document::{Document, DocumentVersionPage, DocumentVersionQuery, FileContent, UploadQuery};
use crate::schemas::query::{Both, PastQuery};
use crate::services::documents;
pub use crate::services::documents::Documents;
use crate::web::can::{Can, DocumentsRead, DocumentsWrite};
use crate::web::listing::{Listing, NoParameters, PageReply, Paging, Query};
use crate::web::state::State;
use crate::web::stream::{Chunks, Download, Wanted, with_bytes};
use crate::web::valid::Path;

/// Upload the content of a document
///
/// The bytes of the file, streamed, as `application/octet-stream`; its name and what it is meant to be stand in the
/// query. Every upload is a version of its own: the first one is `document.uploaded`, a later one
/// `document.version_added`. What is there already, sent again under the same name, changes nothing, so that an upload can
/// be repeated. What the file is, is told by its first bytes; programs and scripts are refused. An upload that breaks off
/// leaves no version. The limit is a setting (`documents.max_bytes`, 50 MiB unless it is changed): more is answered with
/// 413. The ETag is that of the content.
#[utoipa::path(
    tag = "documents", operation_id = "upload_document_content",
    params(("document_id" = Uuid, Path, description = "The document"), UploadQuery),
    request_body(content = FileContent, content_type = "application/octet-stream"),
    responses((status = 200, description = "The document as it is now", body = Document))
)]
#[put("/v1/documents/{document_id}/content")]
pub async fn upload(
    cx: Can<DocumentsWrite>,
    document_id: Path<Uuid>,
    query: Query<UploadQuery>,
    state: web::Data<State>,
    chunks: Chunks,
) -> Result<Outcome<Document>> {
    documents::upload(&cx, &state.contents, document_id.0, query.0, chunks.0).await
}

/// Download the content of a document
///
/// The current version, always as `application/octet-stream` and to be saved (`Content-Disposition`), never shown by a
/// browser; what it is, the document says in `media_type`. The ETag is the SHA-256 of the content. A part is asked for
/// with `Range`; several parts at once are answered with the whole.
#[utoipa::path(
    tag = "documents", operation_id = "get_document_content",
    params(
        ("document_id" = Uuid, Path, description = "The document"),
        ("Range" = Option<String>, Header, description = "Which bytes (RFC 9110, section 14).", max_length = 200, pattern = "^[ -~]*$", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, description = "The ETag the part must be of; the whole is answered otherwise.", max_length = 200, pattern = "^[ -~]*$"),
    ),
    responses(
        (status = 200, description = "The content", body = FileContent, content_type = "application/octet-stream"),
        (status = 206, description = "A part of the content", body = FileContent, content_type = "application/octet-stream"),
    )
)]
#[get("/v1/documents/{document_id}/content")]
pub async fn download(
    cx: Can<DocumentsRead>,
    document_id: Path<Uuid>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    answer(documents::content(&cx, &state.contents, document_id.0, None).await?, &request).await
}

/// List the versions of the content of a document
///
/// Each upload is one; the one with the highest number is the current one.
#[utoipa::path(
    tag = "documents", operation_id = "list_document_versions",
    params(("document_id" = Uuid, Path, description = "The document"), DocumentVersionQuery, PastQuery, Paging),
    responses((status = 200, description = "A page of versions", body = DocumentVersionPage))
)]
#[get("/v1/documents/{document_id}/versions")]
pub async fn list_versions(
    cx: Can<DocumentsRead>,
    document_id: Path<Uuid>,
    listing: Listing<Both<DocumentVersionQuery, PastQuery>>,
) -> Result<PageReply<DocumentVersionPage>> {
    let found = documents::versions(&cx, document_id.0, &listing.filter, &listing.page).await?;
    listing.reply(found)
}

/// Download a version of the content of a document
///
/// As the current one is downloaded.
#[utoipa::path(
    tag = "documents", operation_id = "get_document_version_content",
    params(
        ("document_id" = Uuid, Path, description = "The document"),
        ("number" = i64, Path, description = "The number of the version", minimum = 1, maximum = 9007199254740991i64, example = 1),
        ("Range" = Option<String>, Header, description = "Which bytes (RFC 9110, section 14).", max_length = 200, pattern = "^[ -~]*$", example = "bytes=0-1023"),
        ("If-Range" = Option<String>, Header, description = "The ETag the part must be of; the whole is answered otherwise.", max_length = 200, pattern = "^[ -~]*$"),
    ),
    responses(
        (status = 200, description = "The content", body = FileContent, content_type = "application/octet-stream"),
        (status = 206, description = "A part of the content", body = FileContent, content_type = "application/octet-stream"),
    )
)]
#[get("/v1/documents/{document_id}/versions/{number}/content")]
pub async fn download_version(
    cx: Can<DocumentsRead>,
    path: Path<(Uuid, i64)>,
    _query: Query<NoParameters>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (document_id, number) = path.0;
    answer(documents::content(&cx, &state.contents, document_id, Some(number)).await?, &request).await
}

async fn answer(content: documents::Content, request: &HttpRequest) -> Result<HttpResponse> {
    let version = &content.version;
    let file = Download { file_name: &version.file_name, size_bytes: content.size_bytes(), sha256: &version.sha256 };
    match file.wanted(request)? {
        Wanted::Nothing(response) => Ok(response),
        Wanted::Bytes(bytes, response) => Ok(with_bytes(response, bytes.clone(), content.read(bytes).await?)),
    }
}
