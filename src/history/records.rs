//! Which records the history tells of, and what of them it compares.

use serde_json::{Value, json};
use uuid::Uuid;

use super::change::Recorded;
use crate::domain::instant::Instant;
use crate::entities::record::{ColumnOf, Common, Record};
use crate::entities::{custom_field_value, custom_label, customer, event_type, interaction, relationship, tag, user};

/// A stored JSON text as a value; null where there is none.
fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null)
}

/// Implements the columns every record has.
macro_rules! versioned {
    ($entity:ident) => {
        fn id_column() -> $entity::Column {
            $entity::Column::Id
        }

        fn id(&self) -> Uuid {
            self.id
        }

        fn version(&self) -> i64 {
            self.version
        }

        fn touch(&mut self, at: Instant, by: String) {
            self.version += 1;
            self.updated_at = at;
            self.updated_by = by;
        }
    };
}

impl Recorded for customer::Model {
    versioned!(customer);

    fn fields(&self) -> Value {
        json!({
            "customer_number": self.customer_number,
            "display_name": self.display_name,
            "person": parsed(self.person.as_deref()),
            "company": parsed(self.company.as_deref()),
            "contact_points": parsed(Some(&self.contact_points)),
            "addresses": parsed(Some(&self.addresses)),
            "lifecycle_stage": self.lifecycle_stage,
            "category": self.category,
            "relationship_type": self.relationship_type,
            "tier": self.tier,
            "owner_id": self.owner_id,
            "team_id": self.team_id,
            "acquisition_channel": self.acquisition_channel,
            "referred_by": self.referred_by,
            "language": self.language,
            "communication_preferences": parsed(self.communication_preferences.as_deref()),
            "preferences": parsed(Some(&self.preferences)),
            "needs": parsed(Some(&self.needs)),
            "purchase_criteria": parsed(Some(&self.purchase_criteria)),
            "tags": parsed(Some(&self.tags)),
            "custom_fields": parsed(Some(&self.custom_fields)),
            "external_ids": parsed(Some(&self.external_ids)),
            "customer_since": self.customer_since,
            "restricted": self.restricted,
            "archived_at": self.archived_at,
        })
    }
}

impl Recorded for tag::Model {
    versioned!(tag);

    fn fields(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "color": self.color,
            "archived_at": self.archived_at,
        })
    }
}

impl Recorded for user::Model {
    versioned!(user);

    const SECRETS: &'static [&'static str] = &["password_hash"];

    /// When the password was set is told; the password, and its hash, never.
    fn fields(&self) -> Value {
        json!({
            "email": self.email,
            "display_name": self.display_name,
            "role": self.role,
            "visibility": self.visibility,
            "language": self.language,
            "password_changed_at": self.password_changed_at,
            "disabled_at": self.disabled_at,
        })
    }
}

impl Recorded for interaction::Model {
    versioned!(interaction);

    fn fields(&self) -> Value {
        json!({
            "direction": self.direction,
            "channel": self.channel,
            "initiative": self.initiative,
            "subject": self.subject,
            "body": self.body,
            "occurred_at": self.occurred_at,
            "ended_at": self.ended_at,
            "outcome": self.outcome,
            "thread_id": self.thread_id,
            "participants": parsed(Some(&self.participants)),
            "custom_fields": parsed(Some(custom_field_value::kept(self.custom_fields.as_ref()))),
            "external_ids": parsed(Some(&self.external_ids)),
            "owner_id": self.owner_id,
            "archived_at": self.archived_at,
        })
    }
}

impl Recorded for relationship::Model {
    versioned!(relationship);

    fn fields(&self) -> Value {
        json!({
            "type": self.kind,
            "from_customer_id": self.from_id,
            "to_customer_id": self.to_id,
            "role": self.role,
            "buying_role": self.buying_role,
            "primary": self.is_primary,
            "valid_from": self.valid_from,
            "valid_to": self.valid_to,
            "note": self.note,
            "ended_at": self.ended_at,
            "end_reason": self.end_reason,
            "custom_fields": parsed(Some(custom_field_value::kept(self.custom_fields.as_ref()))),
            "external_ids": parsed(Some(&self.external_ids)),
            "archived_at": self.archived_at,
        })
    }
}

/// Every kind of record made of [`Common`]: what callers write and what the service adds, side by side.
impl<R: Record> Recorded for R {
    fn id_column() -> ColumnOf<R> {
        R::COMMON.id
    }

    fn id(&self) -> Uuid {
        Record::id(self)
    }

    fn version(&self) -> i64 {
        Record::version(self)
    }

    fn fields(&self) -> Value {
        let common = self.common();
        let mut fields = parsed(Some(&common.fields));
        if let (Value::Object(fields), Value::Object(facts)) = (&mut fields, parsed(Some(&common.facts))) {
            fields.extend(facts);
            fields.insert("custom_fields".to_owned(), parsed(Some(&common.custom_fields)));
            fields.insert("owner_id".to_owned(), json!(common.owner_id));
            fields.insert("external_ids".to_owned(), parsed(Some(&common.external_ids)));
            fields.insert("archived_at".to_owned(), json!(common.archived_at));
        }
        fields
    }

    fn touch(&mut self, at: Instant, by: String) {
        let common = self.common();
        self.set_common(Common { version: common.version + 1, updated_at: at, updated_by: by, ..common });
    }
}

impl Recorded for custom_label::Model {
    versioned!(custom_label);

    fn fields(&self) -> Value {
        json!({
            "enum": self.enumeration,
            "value": self.value,
            "label": { "en": self.label_en, "de": self.label_de },
            "archived_at": self.archived_at,
        })
    }
}

impl Recorded for event_type::Model {
    versioned!(event_type);

    fn fields(&self) -> Value {
        json!({
            "name": self.name,
            "category": self.category,
            "labels": { "en": self.label_en, "de": self.label_de },
            "payload_schema": parsed(Some(&self.payload_schema)),
            "archived_at": self.archived_at,
        })
    }
}
