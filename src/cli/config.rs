//! `kundenhistorie config`: the settings in effect.

use clap::Args;

use super::failure::Result;
use super::terminal::{print, table};
use crate::config::{Config, MANUAL};

/// Show the settings in effect and where each one comes from.
///
/// Prints one line per setting: its name, its value, and its origin (default, the settings file, or a variable).
/// Secrets are shown as ***. Ends with 1 and names every wrong or unknown setting if there is one.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  kundenhistorie config
  KH_HTTP__PORT=9000 kundenhistorie config
  kundenhistorie config --manual > my.toml   the commented defaults, to start a settings file from")]
pub(super) struct ShowConfig {
    /// Print the manual instead: every setting with its default and a sentence, as a settings file.
    #[arg(long)]
    manual: bool,
}

impl ShowConfig {
    pub(super) fn run(self, load: impl FnOnce() -> Result<Config>) -> Result {
        if self.manual {
            return print(MANUAL.trim_end());
        }
        let heading = ["SETTING", "VALUE", "ORIGIN"].map(str::to_owned);
        let config = load()?;
        let settings = config.effective().iter();
        let rows = settings.map(|setting| [setting.name.to_owned(), setting.value.clone(), setting.origin.clone()]);
        print(table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()))
    }
}
