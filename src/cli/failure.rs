//! Why a command did not do what it was asked to, said so that the reader knows what to do next.

use std::fmt;
use std::process::ExitCode;

use sea_orm::DbErr;

use crate::config::ConfigError;
use crate::domain::language::Language;
use crate::error::{Error, Location};

/// The result of a command.
pub type Result<T = ()> = std::result::Result<T, Failure>;

/// Exit code 1 with an explanation on standard error.
#[derive(Debug)]
pub struct Failure {
    problem: String,
    advice: Option<String>,
}

impl Failure {
    /// What went wrong, as a clause without a full stop.
    pub fn new(problem: impl fmt::Display) -> Self {
        Self { problem: problem.to_string(), advice: None }
    }

    /// What the reader can do about it.
    #[must_use]
    pub fn advise(self, advice: impl fmt::Display) -> Self {
        Self { advice: Some(advice.to_string()), ..self }
    }

    /// Puts what was being done before what went wrong.
    #[must_use]
    pub fn during(self, activity: impl fmt::Display) -> Self {
        Self { problem: format!("{activity}: {}", self.problem), ..self }
    }

    /// Tells it and ends with 1.
    pub fn report(&self) -> ExitCode {
        eprintln!("{self}");
        ExitCode::FAILURE
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}", self.problem)?;
        match &self.advice {
            Some(advice) => write!(formatter, "\nwhat to do: {advice}"),
            None => Ok(()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(error).advise("correct it; `kundenhistorie config --manual` explains every setting")
    }
}

impl From<Error> for Failure {
    /// The operator may know the cause, which callers of the API never see.
    fn from(error: Error) -> Self {
        if let Some(failure) = error.cause().and_then(|cause| unreachable(cause.downcast_ref()?)) {
            return failure;
        }
        let mut problem = error.detail(Language::En);
        for field in error.faults() {
            let (Location::Pointer(place) | Location::Parameter(place) | Location::Header(place)) = &field.location;
            let place = place.trim_start_matches('/');
            problem = format!("{problem}\n  {place}: {}", field.fault.detail(Language::En));
        }
        match error.cause() {
            Some(cause) => Self::new(format!("{problem} ({cause})")),
            None => Self::new(problem),
        }
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        unreachable(&error).unwrap_or_else(|| Self::new(format!("the database: {error}")))
    }
}

/// Why a database server cannot be worked with, in an operator's words; none if it can be reached.
fn unreachable(error: &DbErr) -> Option<Failure> {
    let text = error.to_string();
    let has = |part: &str| text.contains(part);
    let (problem, advice) = if has("password authentication failed")
        || has("no pg_hba.conf entry")
        || has("does not exist") && has("role ")
    {
        ("the database server does not let this user in", "check user and password")
    } else if has("does not exist") && has("database ") {
        ("the database server has no database of this name", "create the database, or check its name")
    } else if has("failed to lookup address") {
        ("the name of the database server is unknown", "check the name of the host")
    } else if matches!(error, DbErr::Conn(_) | DbErr::ConnectionAcquire(_)) {
        ("the database server does not answer", "see whether the server runs, and check host and port")
    } else {
        return None;
    };
    Some(Failure::new(problem).advise(format!("{advice} in database.url (KH_DATABASE__URL)")))
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fault::{Fault, FaultCode};

    #[test]
    fn every_fault_is_named_with_its_field() {
        let fault = Fault::of_value(FaultCode::Email, "x");
        let failure = Failure::from(Error::invalid_at("/email", fault)).during("user add");
        let told = failure.advise("use another one").to_string();
        assert_eq!(
            told,
            "error: user add: 1 field is invalid.\n  email: x is not a valid e-mail address.\nwhat to do: use another one"
        );
    }
}
