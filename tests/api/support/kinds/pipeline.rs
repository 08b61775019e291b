//! Pipelines, which belong to no customer.

use kundenhistorie::domain::permission::Permission;
use serde_json::json;

use super::{Kind, once};

/// Pipelines, which belong to no customer.
pub const KIND: Kind = Kind {
    one: "pipeline",
    many: "pipelines",
    read: Permission::SalesRead,
    write: Permission::SalesWrite,
    catalogue: true,
    create: || {
        let stage = |key: &str, en: &str, de: &str, percent: i32| json!({"key": key, "name": {"en": en, "de": de}, "default_probability": percent});
        json!({
            "key": once("sales").replace('-', "_"), "name": {"en": "Sales", "de": "Vertrieb"},
            "stages": [
                stage("qualified", "Qualified", "Qualifiziert", 20), stage("offered", "Offered", "Angeboten", 50),
                stage("negotiation", "Negotiation", "Verhandlung", 70),
            ],
        })
    },
    change: || json!({"description": "Alles, was über die Messe kommt."}),
    ..Kind::PLAIN
};
