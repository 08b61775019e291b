//! How complete and fresh a customer's record is.

use crate::schemas::customer::{ContactPointStatus, ContactPointType, CustomerKind, DataQuality, FieldName};

use super::normalize::Normalized;

/// Judges a record by the fields that are worth having.
pub fn judge(customer: &Normalized) -> DataQuality {
    let wanted = wanted(customer);
    let missing: Vec<FieldName> =
        wanted.iter().filter(|(_, filled)| !filled).map(|(name, _)| FieldName((*name).to_owned())).collect();
    let share = (wanted.len() - missing.len()) as f64 / wanted.len() as f64;
    let stale = customer
        .contact_points
        .iter()
        .filter(|point| point.status != ContactPointStatus::Active)
        .map(|point| FieldName(format!("contact_points.{}", point.id)))
        .collect();
    DataQuality { completeness: (share * 100.0).round() / 100.0, missing, stale }
}

fn wanted(customer: &Normalized) -> Vec<(&'static str, bool)> {
    let fields = &customer.fields;
    let has = |kinds: &[ContactPointType]| customer.contact_points.iter().any(|point| kinds.contains(&point.kind));
    let mut wanted = match fields.kind {
        CustomerKind::Person => {
            let person = fields.person.clone().unwrap_or_default();
            vec![
                ("person.given_name", person.given_name.is_some()),
                ("person.family_name", person.family_name.is_some()),
                ("person.salutation", person.salutation.is_some()),
                ("person.birth_date", person.birth_date.is_some()),
            ]
        }
        CustomerKind::Company => {
            let company = fields.company.clone().unwrap_or_default();
            vec![
                ("company.legal_name", company.legal_name.is_some()),
                ("company.legal_form", company.legal_form.is_some()),
                ("company.industry", company.industry.is_some()),
                ("company.vat_id", company.vat_id.is_some()),
            ]
        }
    };
    wanted.extend([
        ("contact_points.email", has(&[ContactPointType::Email])),
        ("contact_points.phone", has(&[ContactPointType::Phone, ContactPointType::Mobile])),
        ("addresses", !customer.addresses.is_empty()),
        ("language", fields.language.is_some()),
        ("owner_id", fields.owner_id.is_some()),
        ("category", fields.category.is_some()),
        ("acquisition_channel", fields.acquisition_channel.is_some()),
    ]);
    wanted
}
