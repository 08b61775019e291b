//! The row of a customer, from its fields.

use serde_json::Value;
use uuid::Uuid;

use super::normalize::{self, Normalized};
use super::quality;
use crate::entities::customer;
use crate::error::{Error, Result};
use crate::history::change::Change;
use crate::schemas::customer::{
    CreateCustomer, CustomerCategory, CustomerKind, LifecycleStage, RelationshipType, TagName,
};

/// A new row with nothing but what every customer has.
pub fn blank(change: &Change, customer_number: String) -> Result<customer::Model> {
    let actor = change.actor_json()?;
    let now = change.now();
    Ok(customer::Model {
        id: change.new_id(),
        customer_number,
        kind: String::new(),
        display_name: String::new(),
        chosen_name: None,
        sort_key: String::new(),
        lifecycle_stage: String::new(),
        category: None,
        relationship_type: None,
        tier: None,
        owner_id: None,
        team_id: None,
        acquisition_channel: None,
        referred_by: None,
        language: None,
        customer_since: None,
        first_contact_at: None,
        last_interaction_at: None,
        restricted: false,
        person: None,
        company: None,
        contact_points: String::new(),
        addresses: String::new(),
        external_ids: String::new(),
        tags: String::new(),
        communication_preferences: None,
        preferences: String::new(),
        needs: String::new(),
        purchase_criteria: String::new(),
        custom_fields: "{}".to_owned(),
        data_quality: String::new(),
        version: 1,
        derived_version: 0,
        created_at: now,
        created_by: actor.clone(),
        updated_at: now,
        updated_by: actor,
        archived_at: None,
    })
}

/// A row with the writable fields set.
pub fn filled(mut row: customer::Model, state: &Normalized, tags: &[(Uuid, String)]) -> Result<customer::Model> {
    fn json<T: serde::Serialize>(value: &T) -> Result<String> {
        serde_json::to_string(value).map_err(Error::internal)
    }
    // Taken apart completely: a field that is added and not stored does not compile.
    let CreateCustomer {
        kind,
        customer_number: _,
        display_name,
        person,
        company,
        contact_points: _,
        addresses: _,
        lifecycle_stage,
        category,
        relationship_type,
        tier,
        owner_id,
        team_id,
        acquisition_channel,
        referred_by,
        customer_since,
        language,
        communication_preferences,
        preferences,
        needs,
        purchase_criteria,
        tags: _,
        external_ids,
        custom_fields: _,
        restricted,
    } = &state.fields;
    let (name, sort_key) = normalize::names(state, &row.customer_number);
    row.kind = word(kind)?;
    row.display_name = name;
    row.chosen_name = display_name.clone();
    row.sort_key = sort_key;
    row.person = match kind {
        CustomerKind::Person => Some(json(&person.clone().unwrap_or_default())?),
        CustomerKind::Company => None,
    };
    row.company = match kind {
        CustomerKind::Company => Some(json(&company.clone().unwrap_or_default())?),
        CustomerKind::Person => None,
    };
    row.contact_points = json(&state.contact_points)?;
    row.addresses = json(&state.addresses)?;
    row.lifecycle_stage = word::<LifecycleStage>(&lifecycle_stage.unwrap_or_default())?;
    row.category = category.as_ref().map(word::<CustomerCategory>).transpose()?;
    row.relationship_type = relationship_type.as_ref().map(word::<RelationshipType>).transpose()?;
    row.tier = tier.clone();
    row.owner_id = *owner_id;
    row.team_id = *team_id;
    row.acquisition_channel = acquisition_channel.clone();
    row.referred_by = *referred_by;
    row.customer_since = customer_since.clone();
    row.language = language.clone();
    row.communication_preferences = communication_preferences.as_ref().map(json).transpose()?;
    row.preferences = json(preferences)?;
    row.needs = json(needs)?;
    row.purchase_criteria = json(purchase_criteria)?;
    row.tags = json(&tags.iter().map(|(_, name)| TagName(name.clone())).collect::<Vec<_>>())?;
    row.external_ids = json(external_ids)?;
    row.restricted = restricted.unwrap_or(false);
    row.data_quality = json(&quality::judge(state))?;
    Ok(row)
}

/// The word an enumeration has on the wire and in the database.
pub fn word<T: serde::Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value).map_err(Error::internal)? {
        Value::String(word) => Ok(word),
        _ => Err(Error::internal("an enumeration is a word")),
    }
}
