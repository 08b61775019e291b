//! Invented persons.

use fake::Fake;
use fake::faker::name::de_de::LastName;

use super::places::{self, Town};
use super::random::{Random, RngExt, chance, pick};
use crate::schemas::ExternalId;
use crate::schemas::custom_field::CustomFields;
use crate::schemas::customer::{
    AddressType, ContactPointInput, ContactPointType, CreateCustomer, CustomerKind, Employer, Gender, Interest,
    InterestKind, LifecycleStage, MaritalStatus, Person, Salutation, TagName,
};

const WOMEN: &[&str] = &[
    "Änne",
    "Anja",
    "Ayşe",
    "Birgit",
    "Céline",
    "Claudia",
    "Doris",
    "Elif",
    "Franziska",
    "Frauke",
    "Grażyna",
    "Hannah",
    "Ilse",
    "Jördis",
    "Käthe",
    "Katrin",
    "Laura",
    "Marlene",
    "Mia",
    "Nadine",
    "Özlem",
    "Petra",
    "Renate",
    "Sabine",
    "Sofía",
    "Svenja",
    "Theresa",
    "Ute",
    "Vreni",
    "Yasemin",
];

const MEN: &[&str] = &[
    "Ägidius",
    "Ahmet",
    "Björn",
    "Christian",
    "Dieter",
    "Emre",
    "Fabian",
    "Günther",
    "Hans-Jörg",
    "Heiner",
    "Jannik",
    "Jürgen",
    "Kurt",
    "Lukas",
    "Malte",
    "Matthias",
    "Mehmet",
    "Niklas",
    "Ole",
    "Paweł",
    "Ralf",
    "René",
    "Rüdiger",
    "Sönke",
    "Stefan",
    "Thorsten",
    "Tomáš",
    "Uwe",
    "Wolfgang",
];

const PARTICLES: &[&str] = &["von ", "von der ", "zu ", "van ", "Freiherr von "];
const TITLES: &[&str] = &["Dr.", "Dr.", "Prof. Dr.", "Dipl.-Ing.", "Prof. Dr.-Ing."];

const OCCUPATIONS: &[(&str, &str)] = &[
    ("Tischlerin", "Tischler"),
    ("Architektin", "Architekt"),
    ("Lehrerin", "Lehrer"),
    ("Ärztin", "Arzt"),
    ("Ingenieurin", "Ingenieur"),
    ("Gärtnerin", "Gärtner"),
    ("Kauffrau", "Kaufmann"),
    ("Bildhauerin", "Bildhauer"),
    ("Rentnerin", "Rentner"),
    ("Bootsbauerin", "Bootsbauer"),
    ("Restauratorin", "Restaurator"),
    ("Softwareentwicklerin", "Softwareentwickler"),
];

const HOBBIES: &[&str] = &["Möbelbau", "Drechseln", "Gärtnern", "Segeln", "Modellbau", "Imkerei", "Geigenbau"];
const DESTINATIONS: &[&str] = &["Südtirol", "Rügen", "Dänemark", "Allgäu", "Bretagne", "Gardasee"];
const TAGS: &[&str] = &["heimwerker", "kursteilnehmer", "newsletter", "stammkunde"];

/// A given name that goes with a gender.
pub fn given_name(random: &mut Random, gender: Gender) -> &'static str {
    pick(random, if gender == Gender::Female { WOMEN } else { MEN })
}

/// A family name as they are frequent in Germany, but none that stands for an example.
pub fn family_name(random: &mut Random) -> String {
    loop {
        let name: String = LastName().fake_with_rng(random);
        if !name.starts_with("Muster") {
            return name;
        }
    }
}

/// One or the other.
pub fn gender(random: &mut Random) -> Gender {
    if chance(random, 50) { Gender::Female } else { Gender::Male }
}

/// The customer with this number among the invented ones.
pub fn person(random: &mut Random, index: usize, town: Town) -> CreateCustomer {
    let gender = gender(random);
    let female = gender == Gender::Female;
    let given = given_name(random, gender);
    let mut family = family_name(random);
    if chance(random, 4) {
        family.insert_str(0, pick(random, PARTICLES));
    }
    let (woman, man) = pick(random, OCCUPATIONS);
    let person = Person {
        salutation: Some(if female { Salutation::Ms } else { Salutation::Mr }),
        academic_title: chance(random, 12).then(|| pick(random, TITLES).to_owned()),
        given_name: Some(given.to_owned()),
        family_name: Some(family.clone()),
        birth_date: chance(random, 70).then(|| birth_date(random)),
        gender: Some(gender),
        nationality: chance(random, 60).then(|| pick(random, &["DE", "DE", "DE", "DE", "AT", "TR", "PL"]).to_owned()),
        marital_status: chance(random, 30)
            .then(|| pick(random, &[MaritalStatus::Single, MaritalStatus::Married, MaritalStatus::Divorced])),
        occupation: chance(random, 65).then(|| (if female { woman } else { man }).to_owned()),
        employer: chance(random, 10)
            .then(|| Employer { name: Some(format!("{} GmbH", family_name(random))), customer_id: None }),
        household_size: chance(random, 30).then(|| random.random_range(1..6)),
        interests: interests(random),
        ..Person::default()
    };
    let mut contact_points = vec![contact(ContactPointType::Email, email(given, &family, index), true)];
    if chance(random, 75) {
        contact_points.push(contact(ContactPointType::Mobile, places::mobile(random), true));
    }
    if chance(random, 40) {
        contact_points.push(contact(ContactPointType::Phone, places::landline(random, town), true));
    }
    let addresses = vec![places::address(random, town, AddressType::Private, None)];
    let tags = if chance(random, 35) { vec![TagName(pick(random, TAGS).to_owned())] } else { Vec::new() };
    CreateCustomer { person: Some(person), contact_points, addresses, tags, ..blank(CustomerKind::Person, index) }
}

/// A customer without anything but what all invented ones have.
pub fn blank(kind: CustomerKind, index: usize) -> CreateCustomer {
    CreateCustomer {
        kind,
        customer_number: None,
        display_name: None,
        person: None,
        company: None,
        contact_points: Vec::new(),
        addresses: Vec::new(),
        lifecycle_stage: Some(LifecycleStage::Lead),
        category: None,
        relationship_type: None,
        tier: None,
        owner_id: None,
        team_id: None,
        acquisition_channel: None,
        referred_by: None,
        customer_since: None,
        language: Some("de".to_owned()),
        communication_preferences: None,
        preferences: Vec::new(),
        needs: Vec::new(),
        purchase_criteria: Vec::new(),
        tags: Vec::new(),
        external_ids: vec![ExternalId { system: super::SOURCE.to_owned(), id: format!("customer-{index}") }],
        custom_fields: CustomFields::default(),
        restricted: None,
    }
}

/// An active contact point.
pub fn contact(kind: ContactPointType, value: String, primary: bool) -> ContactPointInput {
    ContactPointInput { id: None, kind, label: None, value, primary, verified_at: None, status: None }
}

/// Under example.org, which nobody can own (RFC 2606); the number keeps namesakes apart.
fn email(given: &str, family: &str, index: usize) -> String {
    format!("{}.{}.{index}@example.org", slug(given), slug(family))
}

/// Letters and digits as they stand in an address.
pub fn slug(name: &str) -> String {
    use crate::domain::folding::{Umlauts, fold};
    let folded = fold(name, Umlauts::Spelled);
    let words: Vec<&str> =
        folded.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

fn birth_date(random: &mut Random) -> String {
    let (year, month, day) = (random.random_range(1941..2004), random.random_range(1..13), random.random_range(1..29));
    format!("{year}-{month:02}-{day:02}")
}

fn interests(random: &mut Random) -> Vec<Interest> {
    let mut interests = Vec::new();
    if chance(random, 50) {
        interests.push(Interest { kind: InterestKind::Hobby, name: pick(random, HOBBIES).to_owned() });
    }
    if chance(random, 20) {
        interests
            .push(Interest { kind: InterestKind::HolidayDestination, name: pick(random, DESTINATIONS).to_owned() });
    }
    interests
}
