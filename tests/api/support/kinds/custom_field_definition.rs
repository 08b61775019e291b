//! Definitions of custom fields, which belong to no customer.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, once};

/// Definitions of custom fields, which belong to no customer.
pub const KIND: Kind = Kind {
    one: "custom_field_definition",
    many: "custom_field_definitions",
    read: Permission::CustomFieldsRead,
    write: Permission::CustomFieldsWrite,
    catalogue: true,
    create: || {
        json!({
            "resource": "customer", "key": once("window").replace('-', "_"), "type": "one_of",
            "label": {"en": "Delivery window", "de": "Lieferfenster"},
            "options": [{"key": "morning", "label": {"en": "In the morning", "de": "Vormittags"}, "archived": false}],
        })
    },
    change: || json!({"position": 20}),
    ..Kind::PLAIN
};
