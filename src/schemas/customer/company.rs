//! What is known of a company.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::legal_form::LegalForm;
use crate::domain::money::Money;

/// Branch of industry.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Industry {
    /// Code in the scheme.
    #[schema(max_length = 20, pattern = r"^[^\x00]*$", example = "43.32")]
    pub code: Option<String>,
    /// Classification the code belongs to.
    #[schema(max_length = 20, pattern = r"^[^\x00]*$", example = "WZ2008")]
    pub scheme: Option<String>,
    /// In words.
    #[schema(max_length = 200, pattern = r"^[^\x00]*$", example = "Bautischlerei")]
    pub name: Option<String>,
}

/// One figure of one year.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FinancialFigure {
    /// Business year.
    #[schema(minimum = 1800, maximum = 2200, format = "int32", example = 2025)]
    pub year: i32,
    /// Which figure.
    #[schema(min_length = 1, max_length = 60, pattern = r"^[^\x00]*$", example = "equity_ratio")]
    pub key: String,
    /// Its value, an exact decimal.
    #[schema(format = "decimal", max_length = 40, example = "31.4")]
    pub value: String,
}

/// What an agency thinks of a company's credit.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreditRating {
    /// The agency.
    #[schema(max_length = 100, pattern = r"^[^\x00]*$", example = "Creditreform")]
    pub agency: Option<String>,
    /// Its score.
    #[schema(max_length = 40, pattern = r"^[^\x00]*$", example = "212")]
    pub score: Option<String>,
    /// Up to which amount credit is given.
    pub limit: Option<Money>,
    /// The day it was asked.
    #[schema(format = "date", max_length = 10, example = "2026-10-01")]
    pub checked_at: Option<String>,
}

/// Entry in a register.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The court or office.
    #[schema(max_length = 120, pattern = r"^[^\x00]*$", example = "Amtsgericht Hamburg")]
    pub court: Option<String>,
    /// The number there.
    #[schema(max_length = 60, pattern = r"^[^\x00]*$", example = "HRA 12345")]
    pub number: Option<String>,
}

/// Whether a competitor already works with the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompetitorStatus {
    /// Could.
    Potential,
    /// Does.
    Current,
}

/// Somebody who competes with us for this customer.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Competitor {
    /// Their name.
    #[schema(min_length = 1, max_length = 200, pattern = r"^[^\x00]*$", example = "Nordbau AG")]
    pub name: String,
    /// Whether they already work with the customer.
    pub status: CompetitorStatus,
}

/// Fields of a company.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Company {
    /// The name in the register.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Müller & Söhne GmbH & Co. KG")]
    pub legal_name: Option<String>,
    /// The name on the door.
    #[schema(max_length = 300, pattern = r"^[^\x00]*$", example = "Tischlerei Müller")]
    pub trade_name: Option<String>,
    /// Legal form.
    pub legal_form: Option<LegalForm>,
    /// Branch of industry.
    pub industry: Option<Industry>,
    /// What it does.
    #[schema(max_length = 500, pattern = r"^[^\x00]*$", example = "Innenausbau")]
    pub field_of_activity: Option<String>,
    /// Revenue of a year.
    pub annual_revenue: Option<Money>,
    /// Number of employees.
    #[schema(minimum = 0, maximum = 100000000, format = "int32", example = 38)]
    pub employee_count: Option<i32>,
    /// Share of its market in percent, an exact decimal.
    #[schema(format = "decimal", max_length = 40, example = "2.5")]
    pub market_share: Option<String>,
    /// Figures by year.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub financial_figures: Vec<FinancialFigure>,
    /// Credit rating.
    pub credit_rating: Option<CreditRating>,
    /// VAT id (USt-IdNr.).
    #[schema(format = "vat_id", max_length = 20, example = "DE136695976")]
    pub vat_id: Option<String>,
    /// Entry in the register.
    pub registration: Option<Registration>,
    /// Who competes with us for this customer.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub competitors: Vec<Competitor>,
}
