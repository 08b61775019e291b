//! Laying the sources over each other, checking the result against the table of settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use figment::providers::{Format, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use secrecy::ExposeSecret;

use super::error::{ConfigError, Problem};
use super::rules::{RULES, Rule, plain};
use super::{Config, Setting};

/// The manual of settings: every one with its default and a sentence.
pub const MANUAL: &str = include_str!("../../config/default.toml");

const PREFIX: &str = "KH_";
const FILE_VARIABLE: &str = "KH_CONFIG";
/// Steers the project's own tests; the service does not read it.
const TEST_PREFIX: &str = "KH_TEST_";

/// Values that come from one place.
struct Layer {
    origin: String,
    values: Dict,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.origin.clone())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Map::from([(Profile::Default, self.values.clone())]))
    }
}

impl Config {
    /// The settings in effect: the defaults, overridden by `file` (or the file that `KH_CONFIG` names), overridden by
    /// the `KH_<SECTION>__<KEY>` variables of the process.
    ///
    /// # Errors
    /// A file that cannot be read, and everything unknown or unusable in file and variables, each with its name, its
    /// origin and what was expected.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let named = std::env::var_os(FILE_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        Self::from_sources(file.or(named.as_deref()), std::env::vars_os())
    }

    /// Settings for a test: a free port, no limits, and password hashing that costs next to nothing.
    ///
    /// # Errors
    /// As [`Config::load`]; the variables of the process are not read.
    pub fn for_tests(database_url: &str, data_folder: &Path) -> Result<Self, ConfigError> {
        let variables = [
            ("KH_HTTP__PORT", "0".into()),
            ("KH_HTTP__WORKERS", "1".into()),
            ("KH_DATABASE__URL", database_url.into()),
            ("KH_DATA__FOLDER", data_folder.into()),
            ("KH_RATE_LIMIT__ENABLED", "false".into()),
        ];
        let mut config = Self::from_sources(None, variables.map(|(name, value)| (name.into(), value)))?;
        config.auth.hashing_memory_kib = 64;
        config.auth.hashing_iterations = 1;
        Ok(config)
    }

    /// Every setting with its value and where it came from, in the order of the manual; secrets are masked.
    pub fn effective(&self) -> &[Setting] {
        &self.settings
    }

    pub(super) fn from_sources(
        file: Option<&Path>,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(layer("default".to_owned(), Path::new("default.toml"), MANUAL)?);
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError::File { path: path.to_owned(), reason: error.to_string() })?;
            figment = figment.merge(layer(format!("file {}", path.display()), path, &text)?);
        }
        let mut problems = Vec::new();
        for (name, value) in own_variables(variables) {
            match variable_layer(&name, value) {
                Ok(layer) => figment = figment.merge(layer),
                Err(problem) => problems.push(problem),
            }
        }
        let mut settings = Vec::new();
        for (name, value) in leaves(&figment)? {
            let origin = figment
                .get_metadata(value.tag())
                .map_or_else(|| "default".to_owned(), |source| source.name.to_string());
            match check(&name, &value) {
                Ok((name, rule)) => settings.push(Setting { name, value: rule.shown(&value), origin }),
                Err(detail) => problems.push(Problem { name, origin, detail }),
            }
        }
        if !problems.is_empty() {
            return Err(ConfigError::Settings(problems));
        }
        let mut config: Self = figment.extract().map_err(unusable)?;
        settings.sort_by_key(|setting| RULES.iter().position(|(name, _)| *name == setting.name));
        config.settings = settings;
        config.check_together()?;
        Ok(config)
    }

    /// Rules over more than one setting.
    fn check_together(&self) -> Result<(), ConfigError> {
        let admin = match (&self.admin.email, &self.admin.password) {
            (Some(_), None) => Some(("admin.email", "set admin.password (KH_ADMIN__PASSWORD) as well".to_owned())),
            (None, Some(_)) => Some(("admin.password", "set admin.email (KH_ADMIN__EMAIL) as well".to_owned())),
            (Some(_), Some(password)) if password.expose_secret().chars().count() < self.auth.password_min_length => {
                let limit = self.auth.password_min_length;
                Some(("admin.password", format!("expected at least {limit} characters (auth.password_min_length)")))
            }
            _ => None,
        };
        let no_hours = self.support.business_hours.is_empty();
        let hours = no_hours.then(|| ("support.business_hours", "expected at least one opening".to_owned()));
        match admin.or(hours).or_else(|| self.documents.missing()) {
            None => Ok(()),
            Some((name, detail)) => {
                let origin = self.settings.iter().find(|setting| setting.name == name);
                let origin = origin.map_or_else(String::new, |setting| setting.origin.clone());
                Err(ConfigError::Settings(vec![Problem { name: name.to_owned(), origin, detail }]))
            }
        }
    }
}

fn layer(origin: String, path: &Path, text: &str) -> Result<Layer, ConfigError> {
    match Toml::from_str::<Dict>(text) {
        Ok(values) => Ok(Layer { origin, values }),
        Err(error) => {
            // Not the error's own text: it quotes the line, which may hold a secret.
            let head = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = head.matches('\n').count() + 1;
            Err(ConfigError::File { path: path.to_owned(), reason: format!("line {line}: {}", error.message()) })
        }
    }
}

/// The variables that are meant for the service, by name: the order of an environment is arbitrary.
fn own_variables(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(String, OsString)> {
    let mut own: Vec<_> = variables
        .into_iter()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE && !name.starts_with(TEST_PREFIX))
        .collect();
    own.sort();
    own
}

fn variable_layer(variable: &str, value: OsString) -> Result<Layer, Problem> {
    let problem = |name: &str, detail: String| Problem { name: name.to_owned(), origin: variable.to_owned(), detail };
    let Some((name, rule)) = RULES.iter().find(|(name, _)| variable_of(name) == variable) else {
        let name = variable.trim_start_matches(PREFIX).replace("__", ".").to_lowercase();
        return Err(problem(&name, unknown(&name)));
    };
    let value =
        value.into_string().map_err(|_| problem(name, format!("expected {rule}, found text that is not UTF-8")))?;
    let nested = figment::util::nest(name, rule.value_of(&value));
    Ok(Layer { origin: variable.to_owned(), values: nested.into_dict().unwrap_or_default() })
}

/// `http.port` is `KH_HTTP__PORT`.
fn variable_of(name: &str) -> String {
    format!("{PREFIX}{}", name.replace('.', "__").to_uppercase())
}

/// Every value with its full name.
fn leaves(figment: &Figment) -> Result<Vec<(String, Value)>, ConfigError> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), figment.find_value("").map_err(unusable)?)];
    while let Some((name, value)) = open.pop() {
        match value {
            Value::Dict(_, values) => open.extend(values.into_iter().map(|(key, value)| {
                let name = if name.is_empty() { key } else { format!("{name}.{key}") };
                (name, value)
            })),
            value => found.push((name, value)),
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

fn check(name: &str, value: &Value) -> Result<(&'static str, &'static Rule), String> {
    let Some((known, rule)) = RULES.iter().find(|(known, _)| *known == name) else {
        let is_section =
            RULES.iter().any(|(known, _)| known.split_once('.').is_some_and(|(section, _)| section == name));
        return Err(if is_section {
            format!("expected a section [{name}], found {}", plain(value))
        } else {
            unknown(name)
        });
    };
    if rule.accepts(value) { Ok((known, rule)) } else { Err(rule.refusal(value)) }
}

fn unknown(name: &str) -> String {
    let key = name.rsplit('.').next().unwrap_or(name);
    let distance = |known: &str| strsim::damerau_levenshtein(name, known);
    let nearest = RULES.iter().map(|(known, _)| *known).min_by_key(|known| distance(known));
    let likely = nearest
        .filter(|known| distance(known) <= 1 + known.len() / 5)
        .or_else(|| RULES.iter().map(|(known, _)| *known).find(|known| known.rsplit('.').next() == Some(key)));
    match likely {
        Some(known) => format!("unknown setting; did you mean {known} ({})?", variable_of(known)),
        None => "unknown setting; `kundenhistorie config` lists them all".to_owned(),
    }
}

/// What the table of settings lets pass and the structs refuse: there is nothing, but a start must not panic over it.
fn unusable(error: figment::Error) -> ConfigError {
    let origin = error.metadata.as_ref().map_or_else(|| "default".to_owned(), |source| source.name.to_string());
    ConfigError::Settings(vec![Problem { name: error.path.join("."), origin, detail: error.kind.to_string() }])
}
