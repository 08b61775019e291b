//! The one error type, and the table of stable codes.
//!
//! Each error carries what the caller may know (code, parameters, faults by field) and, apart from it,
//! the cause for the log. How it is written to the wire stands in [`crate::web::problem`].

mod database;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::fault::{Fault, FaultCode};
use crate::domain::labels;
use crate::domain::language::{Language, Sentence, fill};
use crate::domain::permission::Permission;

macro_rules! codes {
    ($($variant:ident $code:literal $status:literal $title_en:literal $title_de:literal $detail_en:literal $detail_de:literal;)*) => {
        /// A stable error code: part of the contract, never translated, never reused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $title_en] $variant,)* }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Short summary of the kind of problem.
            pub fn title(self, language: Language) -> &'static str {
                match (self, language) { $((Self::$variant, Language::En) => $title_en, (Self::$variant, Language::De) => $title_de,)* }
            }

            /// The sentence it comes with; words in braces are filled each time.
            pub fn template(self, language: Language) -> &'static str {
                match (self, language) { $((Self::$variant, Language::En) => $detail_en, (Self::$variant, Language::De) => $detail_de,)* }
            }
        }
    };
}

codes! {
    MalformedBody "malformed_body" 400 "Unreadable body" "Unlesbarer Inhalt" "The body is not readable JSON: {reason}" "Der Inhalt ist kein lesbares JSON: {reason}";
    InvalidRequest "invalid_request" 400 "Unreadable request" "Unlesbare Anfrage" "Part of the address or a header cannot be read." "Ein Teil der Adresse oder eine Kopfzeile ist nicht lesbar.";
    InvalidCursor "invalid_cursor" 400 "Invalid cursor" "Ungültiger Cursor" "The cursor was not made by this server or has expired." "Der Cursor stammt nicht von diesem Server oder ist abgelaufen.";
    CursorMismatch "cursor_mismatch" 400 "Cursor of another list" "Cursor einer anderen Liste" "The cursor was made for another filter or order. Start again without it." "Der Cursor gehört zu einem anderen Filter oder einer anderen Sortierung. Bitte ohne ihn neu beginnen.";
    CrossOriginRefused "cross_origin_refused" 400 "Refused across origins" "Herkunftsübergreifend abgelehnt" "A page of this origin may not send this request; the header that rules it out is named." "Eine Seite dieser Herkunft darf diese Anfrage nicht senden; die Kopfzeile, an der es liegt, ist genannt.";
    Unauthenticated "unauthenticated" 401 "Sign in first" "Anmeldung erforderlich" "A valid access token is required." "Ein gültiges Zugriffstoken ist erforderlich.";
    InvalidCredentials "invalid_credentials" 401 "Sign-in refused" "Anmeldung abgelehnt" "E-mail address or password is wrong." "E-Mail-Adresse oder Passwort ist falsch.";
    InvalidRefreshToken "invalid_refresh_token" 401 "Session ended" "Sitzung beendet" "The refresh token is unknown, used or expired. Sign in again." "Das Refresh-Token ist unbekannt, verbraucht oder abgelaufen. Bitte neu anmelden.";
    InsufficientScope "insufficient_scope" 403 "Not allowed" "Nicht erlaubt" "This needs the scope {scope}." "Dafür ist die Berechtigung {scope} nötig.";
    NotFound "not_found" 404 "Not found" "Nicht gefunden" "There is no such record, or you may not see it." "Diesen Datensatz gibt es nicht, oder Sie dürfen ihn nicht sehen.";
    NotProvable "not_provable" 404 "No proof" "Kein Beweis" "There is no proof: {reason}" "Es gibt keinen Beweis: {reason}";
    UnknownRoute "unknown_route" 404 "No such address" "Keine solche Adresse" "There is nothing at this address." "Unter dieser Adresse gibt es nichts.";
    MethodNotAllowed "method_not_allowed" 405 "Method not allowed" "Methode nicht erlaubt" "This address does not know the method." "Diese Adresse kennt die Methode nicht.";
    NotAcceptable "not_acceptable" 406 "Not acceptable" "Nicht lieferbar" "This address answers with {available} only." "Diese Adresse antwortet nur mit {available}.";
    RequestTimeout "request_timeout" 408 "Request took too long" "Anfrage dauerte zu lange" "The request was not complete in time." "Die Anfrage war nicht rechtzeitig vollständig.";
    AlreadyExists "already_exists" 409 "Already exists" "Bereits vorhanden" "Another record already has this {what}." "Ein anderer Datensatz hat bereits denselben Wert ({what}).";
    Archived "archived" 409 "Archived" "Archiviert" "The record is archived. Restore it first." "Der Datensatz ist archiviert. Bitte zuerst wiederherstellen.";
    NotArchived "not_archived" 409 "Not archived" "Nicht archiviert" "The record is not archived." "Der Datensatz ist nicht archiviert.";
    InUse "in_use" 409 "In use" "In Verwendung" "The record is in use and cannot be removed." "Der Datensatz wird verwendet und kann nicht entfernt werden.";
    LastAdministrator "last_administrator" 409 "Last administrator" "Letzter Administrator" "Somebody must stay able to administer: this is the last active administrator." "Jemand muss verwalten können: Das ist der letzte aktive Administrator.";
    AlreadySuperseded "already_superseded" 409 "Already corrected" "Bereits korrigiert" "This entry was already corrected. Correct the entry that replaced it." "Dieser Eintrag wurde bereits korrigiert. Bitte den Nachfolger korrigieren.";
    NotCorrectable "not_correctable" 409 "Cannot be corrected here" "Hier nicht korrigierbar" "This entry records a change of the record itself. Change the record instead." "Dieser Eintrag hält eine Änderung des Datensatzes fest. Bitte den Datensatz ändern.";
    Conflict "conflict" 409 "Conflict" "Konflikt" "The change collides with another one. Try again." "Die Änderung kollidiert mit einer anderen. Bitte erneut versuchen.";
    WrongState "wrong_state" 409 "Not possible now" "Jetzt nicht möglich" "The record is {state}. Possible now: {possible}." "Der Zustand ist „{state}“. Jetzt möglich: {possible}.";
    HighestLevel "highest_level" 409 "Highest level reached" "Höchste Stufe erreicht" "Level {level} is the highest one." "Stufe {level} ist die höchste.";
    IdempotencyInProgress "idempotency_in_progress" 409 "Still being worked on" "Noch in Arbeit" "A request with this Idempotency-Key is still running." "Eine Anfrage mit diesem Idempotency-Key läuft noch.";
    VersionConflict "version_conflict" 412 "The record has changed meanwhile" "Der Datensatz wurde inzwischen geändert" "Version {expected} was expected, the current one is {current}." "Version {expected} erwartet, aktuell ist Version {current}.";
    RecordExists "record_exists" 412 "There is such a record already" "Den Datensatz gibt es schon" "If-None-Match: * asks for a new record, but there is one already." "If-None-Match: * verlangt einen neuen Datensatz, aber es gibt ihn schon.";
    RecordMissing "record_missing" 412 "There is no such record yet" "Den Datensatz gibt es noch nicht" "If-Match asks for a record that is there, but there is none." "If-Match verlangt einen vorhandenen Datensatz, aber es gibt keinen.";
    PayloadTooLarge "payload_too_large" 413 "Too large" "Zu groß" "The body may have at most {limit} bytes." "Der Inhalt darf höchstens {limit} Bytes haben.";
    UriTooLong "uri_too_long" 414 "Address too long" "Adresse zu lang" "The address of the request is too long." "Die Adresse der Anfrage ist zu lang.";
    UnsupportedMediaType "unsupported_media_type" 415 "Unsupported media type" "Nicht unterstützter Medientyp" "Send {reason}." "Bitte {reason} senden.";
    RangeNotSatisfiable "range_not_satisfiable" 416 "No such bytes" "Keine solchen Bytes" "The content has {size} bytes; none of them were asked for." "Der Inhalt hat {size} Bytes; keines davon wurde verlangt.";
    ValidationFailed "validation_failed" 422 "Invalid input" "Ungültige Eingabe" "{count} fields are invalid." "{count} Felder sind ungültig.";
    IdempotencyKeyReused "idempotency_key_reused" 422 "Key already used" "Schlüssel bereits benutzt" "This Idempotency-Key was used for another request." "Dieser Idempotency-Key wurde für eine andere Anfrage benutzt.";
    PreconditionRequired "precondition_required" 428 "Which version?" "Welche Version?" "Send If-Match with the ETag you read, or * to overwrite knowingly." "Bitte If-Match mit dem gelesenen ETag senden, oder * zum bewussten Überschreiben.";
    RateLimited "rate_limited" 429 "Too many requests" "Zu viele Anfragen" "Try again in {seconds} s." "Bitte in {seconds} s erneut versuchen.";
    LoginThrottled "login_throttled" 429 "Too many attempts" "Zu viele Versuche" "Too many failed attempts. Try again in {seconds} s." "Zu viele Fehlversuche. Bitte in {seconds} s erneut versuchen.";
    HeadersTooLarge "headers_too_large" 431 "Headers too large" "Kopfzeilen zu groß" "The headers of the request are too large." "Die Kopfzeilen der Anfrage sind zu groß.";
    Internal "internal" 500 "Internal error" "Interner Fehler" "Something went wrong on our side. It has been logged under the request id." "Auf unserer Seite ist etwas schiefgegangen. Es ist unter der Anfrage-Id protokolliert.";
    Overloaded "overloaded" 503 "Overloaded" "Überlastet" "Too much is going on. Try again shortly." "Es ist gerade zu viel los. Bitte gleich erneut versuchen.";
    DatabaseUnavailable "database_unavailable" 503 "Database unavailable" "Datenbank nicht erreichbar" "The database cannot be reached right now. Nothing was changed." "Die Datenbank ist gerade nicht erreichbar. Es wurde nichts geändert.";
    ContentUnavailable "content_unavailable" 503 "Documents unavailable" "Dokumente nicht erreichbar" "The storage of documents cannot be reached right now. Nothing was changed." "Der Speicher der Dokumente ist gerade nicht erreichbar. Es wurde nichts geändert.";
    OutcomeUnknown "outcome_unknown" 503 "Outcome unknown" "Ausgang unbekannt" "The database failed during the commit: the change may have been made or not. Repeat the request with the same Idempotency-Key; without one, look first." "Die Datenbank ist beim Abschluss ausgefallen: Die Änderung kann geschehen sein oder nicht. Bitte die Anfrage mit demselben Idempotency-Key wiederholen; ohne einen bitte zuerst nachsehen.";
    StorageFull "storage_full" 507 "Storage full" "Speicher voll" "There is no space left to write. Nothing was changed." "Es ist kein Speicherplatz mehr frei. Es wurde nichts geändert.";
}

/// The member of a problem document that names the record in the way.
pub const EXISTING_ID: &str = "existing_id";

/// Where in the request a fault lies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// JSON Pointer (RFC 6901) into the body.
    Pointer(String),
    /// Name of a query or path parameter.
    Parameter(String),
    /// Name of a header.
    Header(String),
}

/// One fault and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Where.
    pub location: Location,
    /// What.
    pub fault: Fault,
}

impl FieldError {
    /// A fault in the body.
    pub fn at_pointer(pointer: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { location: Location::Pointer(pointer.into()), fault: fault.into() }
    }

    /// A fault in a parameter.
    pub fn at_parameter(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { location: Location::Parameter(name.into()), fault: fault.into() }
    }

    /// A fault in a header.
    pub fn at_header(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self { location: Location::Header(name.into()), fault: fault.into() }
    }
}

/// Why a request was not carried out.
#[derive(Debug)]
pub struct Error(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    params: BTreeMap<&'static str, String>,
    reason: Option<Sentence>,
    faults: Vec<FieldError>,
    members: Map<String, Value>,
    retry_after: Option<u64>,
    cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// What every fallible function of ours returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// 403: the caller lacks a permission.
    pub fn insufficient_scope(permission: Permission) -> Self {
        let scope = permission.as_str();
        Self::new(Code::InsufficientScope).with("scope", scope).with_member("scope", scope)
    }

    /// An error with nothing but its code.
    pub fn new(code: Code) -> Self {
        Self(Box::new(Parts {
            code,
            params: BTreeMap::new(),
            reason: None,
            faults: Vec::new(),
            members: Map::new(),
            retry_after: None,
            cause: None,
        }))
    }

    /// 422 with all faults of the body.
    pub fn invalid(faults: Vec<FieldError>) -> Self {
        Self::new(Code::ValidationFailed).with_faults(faults)
    }

    /// 422 with one fault of the body.
    pub fn invalid_at(pointer: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self::invalid(vec![FieldError::at_pointer(pointer, fault)])
    }

    /// 422: each value has its form, but they do not make up a record. What the reader of the record says goes to the
    /// log.
    pub fn unfitting(pointer: &str, error: serde_json::Error) -> Self {
        Self::invalid_at(pointer, FaultCode::Unfitting).caused_by(error)
    }

    /// 400 with one unreadable parameter.
    pub fn bad_parameter(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self::new(Code::InvalidRequest).with_faults(vec![FieldError::at_parameter(name, fault)])
    }

    /// 400 with one unreadable header.
    pub fn bad_header(name: impl Into<String>, fault: impl Into<Fault>) -> Self {
        Self::new(Code::InvalidRequest).with_faults(vec![FieldError::at_header(name, fault)])
    }

    /// 409: values at these places belong to other records; one of them is named if the caller may see it.
    pub fn already_exists<P: Into<String>>(pointers: impl IntoIterator<Item = P>, existing: Option<Uuid>) -> Self {
        let pointers: Vec<String> = pointers.into_iter().map(Into::into).collect();
        let mut what: Vec<&str> = pointers.iter().filter_map(|pointer| pointer.split('/').nth(1)).collect();
        what.dedup();
        let error = Self::new(Code::AlreadyExists).with("what", what.join(", "));
        let faults = pointers.iter().map(|pointer| FieldError::at_pointer(pointer, FaultCode::Taken)).collect();
        let error = error.with_faults(faults);
        match existing {
            Some(id) => error.with_existing(id),
            None => error,
        }
    }

    /// 500: a state that should not exist. The cause goes to the log only.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal).caused_by(cause)
    }

    /// Fills a placeholder of the detail sentence.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.params.insert(name, value.into());
        self
    }

    /// Says why in words: what stands for `{reason}` in the detail sentence, or is told as a member of that name.
    #[must_use]
    pub fn because(mut self, reason: impl Into<Sentence>) -> Self {
        self.0.reason = Some(reason.into());
        self
    }

    /// Why, in words.
    pub fn reason(&self) -> Option<&Sentence> {
        self.0.reason.as_ref()
    }

    /// Adds faults.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<FieldError>) -> Self {
        self.0.faults.extend(faults);
        self
    }

    /// Adds a member of its own to the problem document (RFC 9457, section 3.2).
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.members.insert(name.to_owned(), value.into());
        self
    }

    /// Names the record that is in the way, for callers who may see it.
    #[must_use]
    pub fn with_existing(self, id: Uuid) -> Self {
        self.with_member(EXISTING_ID, id.to_string())
    }

    /// 409: there is no level above this one.
    pub fn highest_level(level: impl Into<i64>) -> Self {
        let level = level.into();
        Self::new(Code::HighestLevel).with("level", level.to_string()).with_member("level", level)
    }

    /// Tells the caller when to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self.with("seconds", seconds.to_string())
    }

    /// Attaches what really happened, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// Faults by field.
    pub fn faults(&self) -> &[FieldError] {
        &self.0.faults
    }

    /// Members beyond the standard ones.
    pub fn members(&self) -> &Map<String, Value> {
        &self.0.members
    }

    /// Seconds until a retry makes sense.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.0.retry_after
    }

    /// What really happened; never for the caller.
    pub fn cause(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.cause.as_deref()
    }

    /// The state of the record, in German.
    fn state(&self) -> Option<&str> {
        let state = self.0.params.get("state")?;
        let named = self.0.params.get("kind").and_then(|kind| labels::state(kind, state));
        Some(named.map_or(state.as_str(), |named| named.de))
    }

    /// The sentence for this occurrence.
    pub fn detail(&self, language: Language) -> String {
        if self.0.code == Code::ValidationFailed && self.0.faults.len() == 1 {
            return match language {
                Language::En => "1 field is invalid.".to_owned(),
                Language::De => "1 Feld ist ungültig.".to_owned(),
            };
        }
        let count = self.0.faults.len().to_string();
        fill(self.0.code.template(language), |name| match name {
            "count" => Some(count.as_str().into()),
            "state" if language == Language::De => Some(self.state()?.into()),
            "reason" => self.0.reason.as_ref().map(|reason| reason.in_language(language).to_owned().into()),
            _ => self.0.params.get(name).map(|value| value.as_str().into()),
        })
    }

    /// The sentence in both languages.
    pub fn sentence(&self) -> Sentence {
        Sentence { en: self.detail(Language::En), de: self.detail(Language::De) }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.code.as_str())?;
        match &self.0.cause {
            Some(cause) => write!(formatter, ": {cause}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Marks a database error as that of a COMMIT which several changes shared.
pub const SHARED_COMMIT_FAILED: &str = "the shared commit failed";
/// Marks a database error as that of a writer which is gone; nothing was written.
pub const WRITER_STOPPED: &str = "the writer has stopped";
/// Marks a database error as one of the COMMIT that does not say whether it was carried out.
pub const OUTCOME_UNKNOWN: &str = "the outcome of the commit is unknown";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_statuses_are_errors() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|code| (400..600).contains(&code.status())));
    }

    #[test]
    fn the_cause_never_reaches_the_caller() {
        let error = Error::internal("secret detail");
        assert!(!error.detail(Language::En).contains("secret"));
        assert!(error.to_string().contains("secret"));
    }
}
