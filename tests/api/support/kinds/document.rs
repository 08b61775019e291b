//! Documents.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::Kind;

/// Documents.
pub const KIND: Kind = Kind {
    one: "document",
    many: "documents",
    read: Permission::DocumentsRead,
    write: Permission::DocumentsWrite,
    create: || json!({"title": "Angebot Tischkreissäge", "category": "quote", "language": "de"}),
    change: || json!({"category": "contract"}),
    ..Kind::PLAIN
};
