//! What is known of a person.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// How to address somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Salutation {
    /// Herr.
    Mr,
    /// Frau.
    Ms,
    /// Neither.
    Mx,
    /// Without a salutation.
    None,
}

/// Gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Diverse.
    Diverse,
    /// Not stated.
    Undisclosed,
}

/// Marital status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaritalStatus {
    /// Never married.
    Single,
    /// Married.
    Married,
    /// In a registered partnership.
    RegisteredPartnership,
    /// Separated.
    Separated,
    /// Divorced.
    Divorced,
    /// Widowed.
    Widowed,
}

/// What an interest is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum InterestKind {
    /// A pastime.
    Hobby,
    /// A subject.
    Topic,
    /// A place to travel to.
    HolidayDestination,
}

/// Something a person is interested in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Interest {
    /// What it is about.
    pub kind: InterestKind,
    /// Its name.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\x00]*$", example = "Segeln")]
    pub name: String,
}

/// Where a person works: by name, or a company that is a customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Employer {
    /// Its name.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Müller & Söhne GmbH & Co. KG")]
    pub name: Option<String>,
    /// The customer it is.
    pub customer_id: Option<Uuid>,
}

/// Somebody in the same household.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HouseholdMember {
    /// Their name.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "Emre Öztürk")]
    pub name: String,
    /// What they are to the person.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "son")]
    pub relationship: Option<String>,
    /// Their birthday.
    #[schema(format = "date", max_length = 10, example = "2015-06-01")]
    pub birth_date: Option<String>,
}

/// Fields of a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// How to address them.
    pub salutation: Option<Salutation>,
    /// Academic title.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "Prof. Dr.")]
    pub academic_title: Option<String>,
    /// Given name or names.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Änne")]
    pub given_name: Option<String>,
    /// Family name, particles included.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Öztürk")]
    pub family_name: Option<String>,
    /// What follows the name.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "MBA")]
    pub name_suffix: Option<String>,
    /// Birthday.
    #[schema(format = "date", max_length = 10, example = "1984-02-29")]
    pub birth_date: Option<String>,
    /// Gender.
    pub gender: Option<Gender>,
    /// Nationality (ISO 3166-1 alpha-2).
    #[schema(format = "country", max_length = 2, example = "DE")]
    pub nationality: Option<String>,
    /// Marital status.
    pub marital_status: Option<MaritalStatus>,
    /// What they do for a living.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Architektin")]
    pub occupation: Option<String>,
    /// Their position.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Partnerin")]
    pub job_title: Option<String>,
    /// Where they work.
    pub employer: Option<Employer>,
    /// The industry they work in.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Architektur")]
    pub industry: Option<String>,
    /// Number of people in the household.
    #[schema(minimum = 1, maximum = 100, format = "int32", example = 3)]
    pub household_size: Option<i32>,
    /// Others in the household.
    #[serde(default)]
    #[schema(max_items = 30)]
    pub household_members: Vec<HouseholdMember>,
    /// Socio-professional category.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "self_employed")]
    pub socio_professional_category: Option<String>,
    /// Interests.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub interests: Vec<Interest>,
}
