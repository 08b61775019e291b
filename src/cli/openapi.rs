//! `kundenhistorie openapi`: the contract.

use clap::Args;

use super::failure::{Failure, Result};
use super::terminal::print;

/// Print the OpenAPI 3.1 document of the API as JSON.
///
/// The document the service serves at /openapi.json. Needs neither settings nor a database.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie openapi > openapi.json
  kundenhistorie openapi | jq '.paths | keys'")]
pub(super) struct Openapi {}

impl Openapi {
    pub(super) fn run(self) -> Result {
        print(serde_json::to_string_pretty(&crate::openapi::document()).map_err(Failure::new)?)
    }
}
