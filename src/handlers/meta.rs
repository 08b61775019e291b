//! What exists, and what values are called.

use actix_web::{delete, get, put};

use crate::error::Result;
use crate::history::outcome::Outcome;
use crate::schemas::custom_field::Label;
use crate::schemas::meta::{EnumLabels, Meta, ValueLabel};
use crate::services::{labels, meta};
use crate::web::can::{Can, CustomFieldsRead, CustomFieldsWrite};
use crate::web::etag::{IfMatch, IfMatchHeader, OptionalIfMatch, OptionalIfMatchHeader};
use crate::web::listing::{NoParameters, Query};
use crate::web::openapi;
use crate::web::reply::Read;
use crate::web::valid::{Path, Valid};

/// What there is
///
/// Every resource with its fields, built-in ones and those the business has defined itself, what its list can be filtered
/// and sorted by, and every enumeration with its values.
#[utoipa::path(
    tag = "meta", operation_id = "get_meta",
    responses((status = 200, description = "Resources and enumerations", body = Meta))
)]
#[get("/v1/meta")]
pub async fn read(cx: Can<CustomFieldsRead>, _query: Query<NoParameters>) -> Result<Read<Meta>> {
    let (meta, tag) = meta::read(&cx, openapi::resources(), openapi::etag()).await?;
    Ok(Read::tagged(meta, tag))
}

/// What values are called
///
/// Every value of every enumeration in English and German. Codes of ISO standards are not among them.
#[utoipa::path(
    tag = "meta", operation_id = "get_labels",
    responses((status = 200, description = "The names of all values", body = EnumLabels))
)]
#[get("/v1/meta/labels")]
pub async fn list_labels(cx: Can<CustomFieldsRead>, _query: Query<NoParameters>) -> Result<Read<EnumLabels>> {
    let (labels, tag) = labels::list(&cx).await?;
    Ok(Read::tagged(labels, tag))
}

/// What a value is called
///
/// Here, and unless the business says otherwise.
#[utoipa::path(
    tag = "meta", operation_id = "get_label", params((
        "enum" = String, Path, description = "The enumeration",
        max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage"
    ), (
        "value" = String, Path, description = "The value",
        max_length = 60, pattern = "^[A-Za-z0-9_:.-]+$", example = "lead"
    )),
    responses((status = 200, description = "The names of the value", body = ValueLabel))
)]
#[get("/v1/meta/labels/{enum}/{value}")]
pub async fn read_label(
    cx: Can<CustomFieldsRead>,
    of: Path<(String, String)>,
    _query: Query<NoParameters>,
) -> Result<Read<ValueLabel>> {
    let label = labels::read(&cx, &of.0.0, &of.0.1).await?;
    let tag = label.version.to_string();
    Ok(Read::tagged(label, tag))
}

/// Call a value otherwise
///
/// Everywhere names of values are shown. The value itself stays what it is.
#[utoipa::path(
    tag = "meta", operation_id = "rename_label", params((
        "enum" = String, Path, description = "The enumeration",
        max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage"
    ), (
        "value" = String, Path, description = "The value",
        max_length = 60, pattern = "^[A-Za-z0-9_:.-]+$", example = "lead"
    ), OptionalIfMatchHeader), request_body = Label,
    responses((status = 200, description = "The names of the value as they are now", body = ValueLabel))
)]
#[put("/v1/meta/labels/{enum}/{value}")]
pub async fn rename(
    cx: Can<CustomFieldsWrite>,
    of: Path<(String, String)>,
    _query: Query<NoParameters>,
    expected: OptionalIfMatch,
    label: Valid<Label>,
) -> Result<Outcome<ValueLabel>> {
    labels::rename(&cx, (&of.0.0, &of.0.1), expected.0, label.0).await
}

/// Call a value as at first
///
/// The names the business has given it stay in the history.
#[utoipa::path(
    tag = "meta", operation_id = "reset_label", params((
        "enum" = String, Path, description = "The enumeration",
        max_length = 60, pattern = "^[a-z_]+$", example = "lifecycle_stage"
    ), (
        "value" = String, Path, description = "The value",
        max_length = 60, pattern = "^[A-Za-z0-9_:.-]+$", example = "lead"
    ), IfMatchHeader),
    responses((status = 204, description = "It is called as at first"))
)]
#[delete("/v1/meta/labels/{enum}/{value}")]
pub async fn reset(
    cx: Can<CustomFieldsWrite>,
    of: Path<(String, String)>,
    _query: Query<NoParameters>,
    expected: IfMatch,
) -> Result<Outcome<()>> {
    labels::reset(&cx, (&of.0.0, &of.0.1), expected.0).await
}
