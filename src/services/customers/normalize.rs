//! From what a caller sent to what is stored: values in their one form, every fault named.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use crate::domain::fault::{Fault, FaultCode};
use crate::domain::{
    country, date, decimal, email, language_tag, person_name, phone, postal_code, sort_key, vat_id, web_address,
};
use crate::error::FieldError;
use crate::schemas::customer::{
    Address, AddressInput, ContactPoint, ContactPointInput, ContactPointType, CreateCustomer, CustomerKind, Person,
};

/// Numbers without a country code are German ones, unless an address says otherwise.
const HOME_COUNTRY: &str = "DE";

/// The parts of a customer whose stored form differs from what was sent.
pub struct Normalized {
    /// The customer, its simple values in their one form.
    pub fields: CreateCustomer,
    /// Contact points with ids and normalised values.
    pub contact_points: Vec<ContactPoint>,
    /// Addresses with ids.
    pub addresses: Vec<Address>,
}

/// Collects faults with their places.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, fault: impl Into<Fault>) {
        self.0.push(FieldError::at_pointer(pointer, fault));
    }

    /// Puts a value into its one form, or notes what is wrong with it.
    fn put(&mut self, pointer: &str, value: &mut Option<String>, normalize: impl Fn(&str) -> Result<String, Fault>) {
        if let Some(text) = value {
            match normalize(text) {
                Ok(normalized) => *text = normalized,
                Err(fault) => self.add(pointer, fault),
            }
        }
    }
}

/// Checks and normalises. `known` are the ids of contact points and addresses the customer has already;
/// entries without an id get a new one.
pub fn normalize(
    mut fields: CreateCustomer,
    known: &HashSet<Uuid>,
    new_id: impl Fn() -> Uuid,
) -> Result<Normalized, Vec<FieldError>> {
    let mut faults = Faults::default();
    fits_kind(&fields, &mut faults);
    faults.put("/language", &mut fields.language, language_tag::normalize);
    if let Some(person) = &mut fields.person {
        faults.put("/person/nationality", &mut person.nationality, country::normalize);
    }
    if let Some(company) = &mut fields.company {
        faults.put("/company/vat_id", &mut company.vat_id, vat_id::normalize);
        faults.put("/company/market_share", &mut company.market_share, decimal::normalize);
        for (index, figure) in company.financial_figures.iter_mut().enumerate() {
            match decimal::normalize(&figure.value) {
                Ok(value) => figure.value = value,
                Err(fault) => faults.add(format!("/company/financial_figures/{index}/value"), fault),
            }
        }
    }
    unique(&fields.tags, |tag| tag.0.to_lowercase(), "/tags", &mut faults);
    unique(&fields.external_ids, |it| (it.system.clone(), it.id.clone()), "/external_ids", &mut faults);

    let addresses = addresses(std::mem::take(&mut fields.addresses), known, &new_id, &mut faults);
    let home = addresses.iter().find_map(|address| address.country.clone());
    let home = home.unwrap_or_else(|| HOME_COUNTRY.to_owned());
    let points = std::mem::take(&mut fields.contact_points);
    let contact_points = contact_points(points, &home, known, &new_id, &mut faults);
    can_be_called(&fields, &contact_points, &mut faults);
    if faults.0.is_empty() { Ok(Normalized { fields, contact_points, addresses }) } else { Err(faults.0) }
}

fn fits_kind(fields: &CreateCustomer, faults: &mut Faults) {
    let (foreign, kind) = match fields.kind {
        CustomerKind::Person => (fields.company.is_some().then_some("/company"), "person"),
        CustomerKind::Company => (fields.person.is_some().then_some("/person"), "company"),
    };
    if let Some(pointer) = foreign {
        faults.add(pointer, Fault::new(FaultCode::KindMismatch).with("kind", kind));
    }
}

/// Somebody nobody can call by any name would be found by nobody either. An e-mail address or a phone number may stand
/// for it: that is all one knows of many who ask for the first time.
fn can_be_called(fields: &CreateCustomer, points: &[ContactPoint], faults: &mut Faults) {
    match &fields.display_name {
        Some(name) if name.trim().is_empty() => faults.add("/display_name", FaultCode::Blank),
        Some(_) => {}
        None if fallback(points).or_name(derived_name(fields)).is_some() => {}
        None => {
            let pointer = match fields.kind {
                CustomerKind::Person => "/person/family_name",
                CustomerKind::Company => "/company/legal_name",
            };
            faults.add(pointer, FaultCode::NameRequired);
        }
    }
}

fn derived_name(fields: &CreateCustomer) -> Option<String> {
    match (&fields.person, &fields.company) {
        (Some(person), _) => parts(person).display(),
        (None, Some(company)) => person_name::company(company.trade_name.as_deref(), company.legal_name.as_deref()),
        (None, None) => None,
    }
}

fn fallback(points: &[ContactPoint]) -> person_name::Fallback<'_> {
    let value_of = |kinds: &[ContactPointType]| {
        points.iter().find(|point| kinds.contains(&point.kind)).map(|point| point.value.as_str())
    };
    person_name::Fallback {
        email: value_of(&[ContactPointType::Email]),
        phone: value_of(&[ContactPointType::Phone, ContactPointType::Mobile]),
    }
}

fn unique<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K, pointer: &str, faults: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (index, item) in items.iter().enumerate() {
        if !seen.insert(key(item)) {
            faults.add(format!("{pointer}/{index}"), FaultCode::Duplicate);
        }
    }
}

/// The id of an entry: the given one if the customer has it, a new one if none is given.
fn entry_id(
    given: Option<Uuid>,
    known: &HashSet<Uuid>,
    new_id: &impl Fn() -> Uuid,
    pointer: String,
    kind: &str,
    faults: &mut Faults,
) -> Uuid {
    match given {
        None => new_id(),
        Some(id) => {
            if !known.contains(&id) {
                faults.add(format!("{pointer}/id"), Fault::new(FaultCode::Reference).with("type", kind));
            }
            id
        }
    }
}

fn contact_points(
    inputs: Vec<ContactPointInput>,
    home: &str,
    known: &HashSet<Uuid>,
    new_id: &impl Fn() -> Uuid,
    faults: &mut Faults,
) -> Vec<ContactPoint> {
    let mut primary = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut points = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.into_iter().enumerate() {
        let pointer = format!("/contact_points/{index}");
        let id = entry_id(input.id, known, new_id, pointer.clone(), "contact_point", faults);
        if !seen.insert(id) {
            faults.add(format!("{pointer}/id"), FaultCode::Duplicate);
        }
        if input.primary && primary.insert(input.kind.as_str(), index).is_some() {
            let fault = Fault::new(FaultCode::OnePrimary).with("type", input.kind.as_str());
            faults.add(format!("{pointer}/primary"), fault);
        }
        let normalized = normalize_value(input.kind, &input.value, home).unwrap_or_else(|fault| {
            faults.add(format!("{pointer}/value"), fault);
            String::new()
        });
        points.push(ContactPoint {
            id,
            kind: input.kind,
            label: input.label,
            value: input.value,
            normalized,
            primary: input.primary,
            verified_at: input.verified_at,
            status: input.status.unwrap_or_default(),
        });
    }
    points
}

fn normalize_value(kind: ContactPointType, value: &str, home: &str) -> Result<String, Fault> {
    match kind {
        ContactPointType::Phone | ContactPointType::Mobile | ContactPointType::Fax => phone::normalize(value, home),
        ContactPointType::Email => email::normalize(value),
        ContactPointType::Website => web_address::normalize(value),
        ContactPointType::Social if value.trim().is_empty() => Err(FaultCode::Blank.into()),
        ContactPointType::Social => Ok(value.trim().to_owned()),
    }
}

fn addresses(
    inputs: Vec<AddressInput>,
    known: &HashSet<Uuid>,
    new_id: &impl Fn() -> Uuid,
    faults: &mut Faults,
) -> Vec<Address> {
    let mut primary = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut addresses = Vec::with_capacity(inputs.len());
    for (index, mut input) in inputs.into_iter().enumerate() {
        let pointer = format!("/addresses/{index}");
        let id = entry_id(input.id, known, new_id, pointer.clone(), "address", faults);
        if !seen.insert(id) {
            faults.add(format!("{pointer}/id"), FaultCode::Duplicate);
        }
        if input.primary && primary.insert(input.kind.as_str(), index).is_some() {
            let fault = Fault::new(FaultCode::OnePrimary).with("type", input.kind.as_str());
            faults.add(format!("{pointer}/primary"), fault);
        }
        faults.put(&format!("{pointer}/country"), &mut input.country, country::normalize);
        let land = input.country.clone().unwrap_or_else(|| HOME_COUNTRY.to_owned());
        // Without a country only the form is unknown: a code that fits no German one may be foreign.
        if input.country.is_some() {
            faults
                .put(&format!("{pointer}/postal_code"), &mut input.postal_code, |code| postal_code::check(code, &land));
        }
        if let (Some(from), Some(to)) = (&input.valid_from, &input.valid_to)
            && let (Ok(from), Ok(to)) = (date::parse(from), date::parse(to))
            && to < from
        {
            faults.add(format!("{pointer}/valid_to"), Fault::new(FaultCode::Before).with("other", "valid_from"));
        }
        addresses.push(Address {
            id,
            kind: input.kind,
            lines: input.lines,
            postal_code: input.postal_code,
            city: input.city,
            region: input.region,
            country: input.country,
            geo: input.geo,
            primary: input.primary,
            valid_from: input.valid_from,
            valid_to: input.valid_to,
        });
    }
    addresses
}

/// The name people read and its place in the alphabet.
pub fn names(customer: &Normalized, customer_number: &str) -> (String, String) {
    let fields = &customer.fields;
    let named =
        fields.display_name.clone().or_else(|| fallback(&customer.contact_points).or_name(derived_name(fields)));
    let display = named.unwrap_or_else(|| customer_number.to_owned());
    let sort_key = match (&fields.display_name, &fields.person) {
        (None, Some(person)) if person.family_name.is_some() => sort_key::person_sort_key(
            person.family_name.as_deref().unwrap_or_default(),
            person.given_name.as_deref().unwrap_or_default(),
        ),
        _ => sort_key::sort_key(&display),
    };
    (display, sort_key)
}

fn parts(person: &Person) -> person_name::PersonName<'_> {
    person_name::PersonName {
        academic_title: person.academic_title.as_deref(),
        given_name: person.given_name.as_deref(),
        particle: None,
        family_name: person.family_name.as_deref(),
        suffix: person.name_suffix.as_deref(),
    }
}
