//! Invented companies.

use super::people::{blank, contact, family_name, gender, given_name, slug};
use super::places::{self, Town};
use super::random::{Random, RngExt, chance, pick};
use crate::domain::currency::Currency;
use crate::domain::language::Language;
use crate::domain::legal_form::LegalForm;
use crate::domain::money::Money;
use crate::domain::vat_id;
use crate::schemas::customer::{
    AddressType, Company, Competitor, CompetitorStatus, ContactPointInput, ContactPointType, CreateCustomer,
    CreditRating, CustomerKind, Industry, Registration, RelationshipType, Remark, TagName,
};

/// A branch: how its companies call themselves, its code in the German classification, its name, what it needs.
struct Branch {
    trade: &'static str,
    code: &'static str,
    name: &'static str,
    need: &'static str,
}

const BRANCHES: &[Branch] = &[
    Branch { trade: "Tischlerei", code: "43.32.0", name: "Bautischlerei und -schlosserei", need: "Formatkreissägen" },
    Branch { trade: "Zimmerei", code: "43.91.2", name: "Zimmerei und Ingenieurholzbau", need: "Abbundtechnik" },
    Branch {
        trade: "Möbelwerkstätten", code: "31.01.2", name: "Herstellung von Büromöbeln", need: "Kantenanleimer"
    },
    Branch {
        trade: "Holzbau",
        code: "16.23.0",
        name: "Herstellung von Konstruktionsteilen aus Holz",
        need: "Hobelmaschinen",
    },
    Branch {
        trade: "Sägewerk",
        code: "16.10.0",
        name: "Säge-, Hobel- und Holzimprägnierwerke",
        need: "Sägeblätter im Abonnement",
    },
    Branch { trade: "Bootswerft", code: "30.12.0", name: "Boots- und Yachtbau", need: "Absaugung für Feinstaub" },
    Branch { trade: "Ladenbau", code: "31.01.1", name: "Herstellung von Ladenmöbeln", need: "Plattensägen" },
    Branch {
        trade: "Fensterbau",
        code: "16.23.0",
        name: "Herstellung von Konstruktionsteilen aus Holz",
        need: "Rahmenpressen",
    },
    Branch { trade: "Orgelbau", code: "32.20.0", name: "Herstellung von Musikinstrumenten", need: "Furnierpressen" },
    Branch { trade: "Küchenstudio", code: "47.59.1", name: "Einzelhandel mit Wohnmöbeln", need: "Montagewerkzeug" },
];

/// Forms of a company that one founder gave their name.
const FORMS: &[LegalForm] = &[
    LegalForm::Gmbh,
    LegalForm::Gmbh,
    LegalForm::GmbhCoKg,
    LegalForm::Ug,
    LegalForm::Ag,
    LegalForm::Ek,
    LegalForm::Se,
];
/// Forms of a company of several people.
const PARTNERS: &[LegalForm] = &[LegalForm::Gmbh, LegalForm::GmbhCoKg, LegalForm::Kg, LegalForm::Ohg, LegalForm::Gbr];
/// Forms of a company that is called after its town.
const LOCAL: &[LegalForm] = &[LegalForm::Gmbh, LegalForm::Eg, LegalForm::Ag, LegalForm::GmbhCoKg];

const TAGS: &[&str] = &["handwerk", "industrie", "rahmenvertrag", "wartungsvertrag", "neubau", "innung", "messe-köln"];
const COMPETITORS: &[&str] = &["Nordbau Maschinen AG", "Holz & Säge Kontor GmbH", "Hübner Werkzeughandel KG"];
const AGENCIES: &[&str] = &["Musterauskunft", "Beispielrating"];

/// The customer with this number among the invented ones.
pub fn company(random: &mut Random, index: usize, town: Town) -> CreateCustomer {
    let branch = &BRANCHES[random.random_range(0..BRANCHES.len())];
    let family = family_name(random);
    let (name, forms) = match random.random_range(0..6) {
        0 => (format!("{family} & Söhne"), PARTNERS),
        1 => (format!("{family} + {}", family_name(random)), PARTNERS),
        2 => (format!("{} {}", branch.trade, town.city), LOCAL),
        3 => (format!("{} {family}", branch.trade), FORMS),
        4 => (format!("{family} {}", branch.trade), FORMS),
        _ => (format!("{} {} {family}", branch.trade, given_of(random)), FORMS),
    };
    let form = pick(random, forms);
    let employees: i32 = random.random_range(2..40) * if chance(random, 25) { 12 } else { 1 };
    let company = Company {
        legal_name: Some(format!("{name} {}", form.label(Language::De))),
        trade_name: chance(random, 15).then(|| format!("{} {family}", branch.trade)),
        legal_form: Some(form),
        industry: Some(Industry {
            code: Some(branch.code.to_owned()),
            scheme: Some("WZ2008".to_owned()),
            name: Some(branch.name.to_owned()),
        }),
        field_of_activity: Some(branch.trade.to_owned()),
        annual_revenue: chance(random, 60).then(|| euros(i64::from(employees) * random.random_range(60_000..140_000))),
        employee_count: Some(employees),
        credit_rating: chance(random, 20).then(|| rating(random)),
        vat_id: chance(random, 85).then(|| vat_number(random)),
        registration: registration(random, form, town),
        competitors: if chance(random, 15) {
            let status = pick(random, &[CompetitorStatus::Current, CompetitorStatus::Potential]);
            vec![Competitor { name: pick(random, COMPETITORS).to_owned(), status }]
        } else {
            Vec::new()
        },
        ..Company::default()
    };
    let mut addresses = vec![places::address(random, town, AddressType::Business, None)];
    if chance(random, 15) {
        let elsewhere = places::town(random);
        addresses.push(places::address(random, elsewhere, AddressType::Shipping, None));
    }
    CreateCustomer {
        company: Some(company),
        contact_points: contact_points(random, &name, index, town),
        addresses,
        relationship_type: chance(random, 50).then(|| {
            pick(random, &[RelationshipType::LongTerm, RelationshipType::Transactional, RelationshipType::Dedicated])
        }),
        needs: vec![Remark(branch.need.to_owned())],
        purchase_criteria: if chance(random, 30) {
            vec![Remark(
                pick(random, &["Lieferzeit", "Preis", "Service vor Ort", "Ersatzteile über zehn Jahre"]).to_owned(),
            )]
        } else {
            Vec::new()
        },
        tags: if chance(random, 50) { vec![TagName(pick(random, TAGS).to_owned())] } else { Vec::new() },
        ..blank(CustomerKind::Company, index)
    }
}

/// Whole euros.
pub fn euros(amount: i64) -> Money {
    Money::from_scaled(amount * 10_000, Currency::EUR)
}

/// Under example.com, which nobody can own (RFC 2606); the number keeps namesakes apart.
fn contact_points(random: &mut Random, name: &str, index: usize, town: Town) -> Vec<ContactPointInput> {
    let domain = format!("{}-{index}.example.com", slug(name));
    let mut points = vec![
        contact(ContactPointType::Email, format!("info@{domain}"), true),
        labelled(contact(ContactPointType::Phone, places::landline(random, town), true), "Zentrale"),
    ];
    if chance(random, 60) {
        points.push(contact(ContactPointType::Website, format!("https://www.{domain}"), true));
    }
    if chance(random, 35) {
        points.push(contact(ContactPointType::Fax, places::landline(random, town), true));
    }
    if chance(random, 45) {
        let buyer = format!("Einkauf, {} {}", given_of(random), family_name(random));
        points.push(labelled(contact(ContactPointType::Mobile, places::mobile(random), true), &buyer));
    }
    points
}

fn labelled(point: ContactPointInput, label: &str) -> ContactPointInput {
    ContactPointInput { label: Some(label.to_owned()), ..point }
}

fn given_of(random: &mut Random) -> &'static str {
    let gender = gender(random);
    given_name(random, gender)
}

fn rating(random: &mut Random) -> CreditRating {
    CreditRating {
        agency: Some(pick(random, AGENCIES).to_owned()),
        score: Some(random.random_range(110..380).to_string()),
        limit: Some(euros(random.random_range(5..100) * 1_000)),
        checked_at: Some(format!("2025-{:02}-{:02}", random.random_range(1..13), random.random_range(1..29))),
    }
}

fn registration(random: &mut Random, form: LegalForm, town: Town) -> Option<Registration> {
    let section = match form {
        LegalForm::Gbr => return None,
        LegalForm::Eg => "GnR",
        LegalForm::Kg | LegalForm::Ohg | LegalForm::Ek | LegalForm::GmbhCoKg => "HRA",
        _ => "HRB",
    };
    Some(Registration {
        court: Some(format!("Amtsgericht {}", town.city)),
        number: Some(format!("{section} {}", random.random_range(1_000..99_999))),
    })
}

/// A number with the right check digit: one of the ten last digits is.
fn vat_number(random: &mut Random) -> String {
    let head: u32 = random.random_range(10_000_000..40_000_000);
    let numbers = (0..10).map(|digit| format!("DE{head}{digit}"));
    numbers.into_iter().find(|number| vat_id::normalize(number).is_ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::random::seeded;
    use super::*;

    #[test]
    fn vat_numbers_are_valid() {
        let mut random = seeded(1);
        for _ in 0..100 {
            let number = vat_number(&mut random);
            assert_eq!(vat_id::normalize(&number).as_deref(), Ok(number.as_str()));
        }
    }
}
