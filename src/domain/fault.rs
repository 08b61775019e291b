//! What can be wrong with one value: stable codes with a sentence in each language.

use std::collections::BTreeMap;

use super::labels;
use super::language::{Language, Sentence, fill};

macro_rules! fault_codes {
    ($($(#[$doc:meta])* $variant:ident $code:literal $en:literal $de:literal;)*) => {
        /// Why a value was refused. The code is part of the contract and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FaultCode { $($(#[$doc])* #[doc = $en] $variant,)* }

        impl FaultCode {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name a program compares with.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            fn template(self, language: Language) -> &'static str {
                match (self, language) { $((Self::$variant, Language::En) => $en, (Self::$variant, Language::De) => $de,)* }
            }
        }
    };
}

fault_codes! {
    Required "required" "This field is required." "Dieses Feld ist erforderlich.";
    UnknownField "unknown_field" "Unknown field." "Unbekanntes Feld.";
    UnknownFieldSuggestion "unknown_field" "Unknown field. Did you mean '{suggestion}'?" "Unbekanntes Feld. Meinten Sie '{suggestion}'?";
    UnknownParameter "unknown_parameter" "Unknown query parameter." "Unbekannter Parameter.";
    UnknownParameterSuggestion "unknown_parameter" "Unknown query parameter. Did you mean '{suggestion}'?" "Unbekannter Parameter. Meinten Sie '{suggestion}'?";
    RepeatedParameter "repeated_parameter" "This parameter may be given once only." "Dieser Parameter darf nur einmal angegeben werden.";
    ReadOnly "read_only" "This field is set by the server and cannot be changed." "Dieses Feld setzt der Server; es kann nicht geändert werden.";
    Type "type" "Expected {expected}." "Erwartet wird: {expected}.";
    NotNullable "not_nullable" "This field cannot be null." "Dieses Feld darf nicht null sein.";
    TooShort "too_short" "At least {limit} characters are required." "Mindestens {limit} Zeichen sind erforderlich.";
    TooLong "too_long" "At most {limit} characters are allowed." "Höchstens {limit} Zeichen sind erlaubt.";
    TooFewItems "too_few_items" "At least {limit} entries are required." "Mindestens {limit} Einträge sind erforderlich.";
    TooManyItems "too_many_items" "At most {limit} entries are allowed." "Höchstens {limit} Einträge sind erlaubt.";
    TooManyFields "too_many_fields" "At most {limit} fields are allowed." "Höchstens {limit} Felder sind erlaubt.";
    TooFewFields "too_few_fields" "At least {limit} fields are required." "Mindestens {limit} Felder sind erforderlich.";
    TooSmall "too_small" "The value must be at least {limit}." "Der Wert muss mindestens {limit} sein.";
    TooLarge "too_large" "The value must be at most {limit}." "Der Wert darf höchstens {limit} sein.";
    NotOneOf "not_one_of" "Must be one of: {allowed}." "Muss einer dieser Werte sein: {allowed}.";
    Pattern "pattern" "The value does not have the required form." "Der Wert hat nicht die verlangte Form.";
    Sort "sort" "Sort by {fields}: several are separated by commas, and a minus sign turns one round." "Sortierbar ist nach {fields}: mehrere durch Kommas getrennt; ein Minuszeichen kehrt die Reihenfolge um.";
    Duplicate "duplicate" "This value occurs more than once." "Dieser Wert kommt mehrfach vor.";
    Blank "blank" "This field must not be blank." "Dieses Feld darf nicht leer sein.";
    Format "format" "{value} is not a valid {format}." "{value} ist kein gültiger Wert für {format}.";
    CheckDigit "check_digit" "{value} is not a valid VAT id: its check digit is wrong." "{value} ist keine gültige USt-IdNr.: die Prüfziffer stimmt nicht.";
    VatId "vat_id" "{value} is not a valid VAT id." "{value} ist keine gültige USt-IdNr.";
    Email "email" "{value} is not a valid e-mail address." "{value} ist keine gültige E-Mail-Adresse.";
    Phone "phone" "{value} is not a valid phone number." "{value} ist keine gültige Telefonnummer.";
    Url "url" "{value} is not a valid web address." "{value} ist keine gültige Webadresse.";
    PostalCode "postal_code" "{value} is not a valid postal code for {country}." "{value} ist keine gültige Postleitzahl für {country}.";
    Country "country" "{value} is not an ISO 3166-1 country code." "{value} ist kein Ländercode nach ISO 3166-1.";
    Currency "currency" "{value} is not an ISO 4217 currency code." "{value} ist kein Währungscode nach ISO 4217.";
    LanguageTag "language" "{value} is not a BCP 47 language tag." "{value} ist kein Sprachkürzel nach BCP 47.";
    Money "money" "{value} is not an exact amount with at most {digits} decimal places." "{value} ist kein exakter Betrag mit höchstens {digits} Nachkommastellen.";
    MoneyNumber "money_number" "Write the amount as a string: numbers in JSON lose digits." "Den Betrag bitte als Zeichenkette schreiben: Zahlen in JSON verlieren Stellen.";
    Decimal "decimal" "{value} is not a decimal number." "{value} ist keine Dezimalzahl.";
    Instant "instant" "{value} is not a point in time with an offset (RFC 3339)." "{value} ist kein Zeitpunkt mit Zeitzone (RFC 3339).";
    Date "date" "{value} is not a date (YYYY-MM-DD)." "{value} ist kein Datum (JJJJ-MM-TT).";
    InTheFuture "in_the_future" "This must not lie in the future." "Das darf nicht in der Zukunft liegen.";
    Before "before" "This must not lie before {other}." "Das darf nicht vor {other} liegen.";
    After "after" "This must not lie after {other}." "Das darf nicht nach {other} liegen.";
    Owner "owner" "{value} is neither the id of a user nor 'me'." "{value} ist weder die Id eines Benutzers noch 'me'.";
    Uuid "uuid" "{value} is not a UUID." "{value} ist keine UUID.";
    InvalidCharacter "invalid_character" "The character U+0000 is not allowed." "Das Zeichen U+0000 ist nicht erlaubt.";
    KindMismatch "kind_mismatch" "This does not fit a customer of kind '{kind}'." "Das passt nicht zu einem Kunden der Art '{kind}'.";
    OnePrimary "one_primary" "Only one {type} can be the primary one." "Nur ein Eintrag der Art {type} kann der bevorzugte sein.";
    TypeMismatch "type_mismatch" "This does not fit a relationship of type '{value}'." "Das passt nicht zu einer Beziehung der Art '{value}'.";
    WithItself "with_itself" "A customer has no relationship with itself." "Ein Kunde hat keine Beziehung zu sich selbst.";
    OneParent "one_parent" "The company has another parent at that time." "Das Unternehmen hat in dieser Zeit eine andere Muttergesellschaft.";
    Circle "circle" "This would make a company its own parent." "Damit wäre ein Unternehmen seine eigene Muttergesellschaft.";
    TooDeep "too_deep" "A tree of companies has at most {limit} levels." "Ein Unternehmensbaum hat höchstens {limit} Ebenen.";
    Reference "reference" "There is no {type} with this id." "Es gibt keinen Eintrag ({type}) mit dieser Id.";
    ReferenceState "reference_state" "The {type} cannot be named here: it is {state}." "Der Eintrag ({type}) kann hier nicht genannt werden: Sein Zustand ist „{state}“.";
    OptedOut "opted_out" "The customer wants no more of this campaign." "Der Kunde hat diese Kampagne abbestellt.";
    Executable "executable" "Programs and scripts are not kept." "Programme und Skripte werden nicht aufbewahrt.";
    MediaTypeMismatch "media_type_mismatch" "By its first bytes this is {found}, not {value}." "Den ersten Bytes nach ist das {found}, nicht {value}.";
    EmptyContent "empty_content" "The content is empty." "Der Inhalt ist leer.";
    UnknownKind "unknown_kind" "There is no event type '{value}'." "Es gibt keine Ereignisart '{value}'.";
    NameRequired "name_required" "A name is needed, or an e-mail address or phone number that stands for it." "Ein Name ist nötig, oder eine E-Mail-Adresse oder Telefonnummer, die für ihn steht.";
    ContentRequired "content_required" "A note needs a subject or a body." "Eine Notiz braucht einen Betreff oder einen Text.";
    Total "total" "This does not add up: it must be {total}." "Das geht nicht auf: Es müssen {total} sein.";
    OpenQuantity "open_quantity" "Of line {position} only {open} is open." "Von Position {position} sind nur {open} offen.";
    NothingOpen "nothing_open" "Nothing of this is open any more." "Davon ist nichts mehr offen.";
    InDeliveries "in_deliveries" "Deliveries hold {quantity} of line {position}: it cannot be less." "In Lieferungen sind {quantity} von Position {position}: Es kann nicht weniger sein.";
    InInvoices "in_invoices" "Invoices charge {quantity} of line {position}: it cannot be less." "Rechnungen fordern {quantity} von Position {position}: Es kann nicht weniger sein.";
    NotOverdue "not_overdue" "This was not overdue on that day." "Das war an diesem Tag nicht überfällig.";
    OtherCurrency "other_currency" "The amount must be in {currency}." "Der Betrag muss in {currency} sein.";
    Taken "taken" "Another record has this already." "Das hat bereits ein anderer Datensatz.";
    OtherExternalId "other_external_id" "The address names another id of this system." "Die Adresse nennt eine andere Id dieses Systems.";
    ReservedKind "reserved_kind" "The event type '{value}' is built in." "Die Ereignisart '{value}' ist eingebaut.";
    Schema "schema" "{reason}" "{reason}";
    Unfitting "unfitting" "These values do not fit together." "Diese Angaben passen nicht zusammen.";
    SchemaReference "schema_reference" "Only references to '#/$defs/<name>' within this schema are allowed, and none may lead back to itself." "Erlaubt sind nur Verweise auf '#/$defs/<Name>' innerhalb dieses Schemas, und keiner darf auf sich selbst zurückführen.";
    SchemaTooLarge "schema_too_large" "The schema may have at most {limit} parts, those behind references counted each time." "Das Schema darf höchstens {limit} Teile haben, die hinter Verweisen jedes Mal mitgezählt.";
    NothingChanged "nothing_changed" "This changes nothing." "Das ändert nichts.";
    NotApplicable "not_applicable" "An entry about an interaction takes this from the interaction: change it there." "Ein Eintrag über eine Interaktion übernimmt das von ihr: Bitte dort ändern.";
    Template "template" "The template is not valid: {reason}" "Die Vorlage ist ungültig: {reason}";
    CommonPassword "common_password" "This password is among the most common ones." "Dieses Passwort gehört zu den häufigsten.";
    WrongPassword "wrong_password" "The current password is wrong." "Das bisherige Passwort ist falsch.";
    OneTimeToken "one_time_token" "This token is unknown, used or expired." "Dieses Token ist unbekannt, verbraucht oder abgelaufen.";
    GuessablePassword "guessable_password" "The password must not contain the e-mail address or the name of this product." "Das Passwort darf weder die E-Mail-Adresse noch den Namen dieses Produkts enthalten.";
    PresentOnly "present_only" "This can be asked of the present only, not with as_of." "Danach kann nur in der Gegenwart gefragt werden, nicht mit as_of.";
    NotForType "not_for_type" "This does not apply to fields of type '{value}'." "Das gilt nicht für Felder vom Typ '{value}'.";
    OptionRemoved "option_removed" "Archive the option '{value}' instead of removing it: records may have it." "Bitte die Option '{value}' archivieren statt entfernen: Datensätze können sie haben.";
    NotUnique "not_unique" "Several records have the same value already." "Mehrere Datensätze haben bereits denselben Wert.";
    FieldArchived "field_archived" "This field is archived: it keeps its value and takes no other one." "Dieses Feld ist archiviert: Es behält seinen Wert und nimmt keinen anderen an.";
    NotAllowed "not_allowed" "What this header names is not allowed." "Was diese Kopfzeile nennt, ist nicht erlaubt.";
    InexactNumber "inexact_number" "{value} cannot be represented exactly; write it as a string." "{value} ist nicht exakt darstellbar; bitte als Zeichenkette schreiben.";
}

impl FaultCode {
    /// The sentence about a limit of one, where it is another one.
    fn template_of_one(self, language: Language) -> Option<&'static str> {
        let (english, german) = match self {
            Self::TooShort => ("At least 1 character is required.", "Mindestens 1 Zeichen ist erforderlich."),
            Self::TooLong => ("At most 1 character is allowed.", "Höchstens 1 Zeichen ist erlaubt."),
            Self::TooFewItems => ("At least 1 entry is required.", "Mindestens 1 Eintrag ist erforderlich."),
            Self::TooManyItems => ("At most 1 entry is allowed.", "Höchstens 1 Eintrag ist erlaubt."),
            Self::TooFewFields => ("At least 1 field is required.", "Mindestens 1 Feld ist erforderlich."),
            Self::TooManyFields => ("At most 1 field is allowed.", "Höchstens 1 Feld ist erlaubt."),
            _ => return None,
        };
        Some(if language == Language::De { german } else { english })
    }
}

/// One thing wrong with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub code: FaultCode,
    /// Facts a program can use, such as the limit; also fill the sentence.
    pub params: BTreeMap<&'static str, String>,
    /// What stands for `{reason}` in the sentence: people alone read it.
    pub reason: Option<Sentence>,
}

/// Words of the contract that sentences name, and how they are called in German.
const WORDS: &[(&str, &str)] = &[
    ("address", "Adresse"),
    ("array", "Liste"),
    ("boolean", "true oder false"),
    ("campaign", "Kampagne"),
    ("contact_point", "Kontaktangabe"),
    ("contract", "Vertrag"),
    ("customer", "Kunde"),
    ("delivery", "Lieferung"),
    ("integer", "ganze Zahl"),
    ("line", "Position"),
    ("number", "Zahl"),
    ("object", "Objekt"),
    ("opportunity", "Chance"),
    ("order", "Bestellung"),
    ("pipeline", "Pipeline"),
    ("invoice", "Rechnung"),
    ("owned_product", "Produkt im Besitz"),
    ("product", "Produkt"),
    ("quote", "Angebot"),
    ("stage", "Phase"),
    ("role", "Rolle"),
    ("string", "Zeichenkette"),
    ("tag", "Schlagwort"),
    ("task_set", "Aufgabenpaket"),
    ("task_template", "Aufgabenvorlage"),
    ("user", "Benutzer"),
];

/// A list of words as a sentence in one language names them; what is no word of ours stays.
fn spoken(words: &str, language: Language) -> String {
    if language == Language::En {
        return words.to_owned();
    }
    let resource = |word| labels::named("resource", word).map_or(word, |named| named.de);
    let german = |word| WORDS.iter().find(|(known, _)| *known == word).map_or_else(|| resource(word), |(_, de)| *de);
    words.split(", ").map(german).collect::<Vec<_>>().join(", ")
}

impl Fault {
    /// A fault without facts.
    pub fn new(code: FaultCode) -> Self {
        Self { code, params: BTreeMap::new(), reason: None }
    }

    /// A fault about `value`.
    pub fn of_value(code: FaultCode, value: impl Into<String>) -> Self {
        Self::new(code).with("value", value)
    }

    /// Adds a fact.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.params.insert(name, value.into());
        self
    }

    /// Says why, in words that differ each time.
    #[must_use]
    pub fn because(mut self, reason: impl Into<Sentence>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The state of the record that is named, in German.
    fn state(&self) -> Option<&str> {
        let (kind, state) = (self.params.get("type")?, self.params.get("state")?);
        Some(labels::state(kind, state).map_or(state.as_str(), |named| named.de))
    }

    /// The sentence for people.
    pub fn detail(&self, language: Language) -> String {
        let is_one = self.params.get("limit").is_some_and(|limit| limit == "1");
        let of_one = self.code.template_of_one(language).filter(|_| is_one);
        fill(of_one.unwrap_or(self.code.template(language)), |name| match (name, &self.reason) {
            ("state", _) if language == Language::De => Some(self.state()?.into()),
            ("reason", Some(reason)) => Some(reason.in_language(language).to_owned().into()),
            ("expected" | "type", _) => self.params.get(name).map(|words| spoken(words, language).into()),
            _ => self.params.get(name).map(|value| value.as_str().into()),
        })
    }
}

impl From<FaultCode> for Fault {
    fn from(code: FaultCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_the_facts_in_both_languages() {
        let fault = Fault::of_value(FaultCode::CheckDigit, "DE136695977");
        assert!(fault.detail(Language::En).starts_with("DE136695977 is not"));
        assert!(fault.detail(Language::De).contains("Prüfziffer"));
    }

    #[test]
    fn every_sentence_is_written_in_both_languages() {
        for code in FaultCode::ALL {
            let (english, german) = (code.template(Language::En), code.template(Language::De));
            // Nothing but a reason, which speaks both languages itself.
            assert!(english != german || english == "{reason}", "{code:?}");
            let placeholders = |text: &'static str| {
                let names = text.split('{').skip(1).filter_map(|rest| rest.split('}').next());
                names.collect::<std::collections::BTreeSet<_>>()
            };
            assert_eq!(placeholders(english), placeholders(german), "{code:?}");
        }
    }

    #[test]
    fn what_is_named_is_called_as_people_call_it() {
        let unknown = Fault::new(FaultCode::Reference).with("type", "dunning_notice");
        assert_eq!(unknown.detail(Language::De), "Es gibt keinen Eintrag (Mahnung) mit dieser Id.");
        let planned = Fault::new(FaultCode::ReferenceState).with("type", "campaign").with("state", "planned");
        let german = "Der Eintrag (Kampagne) kann hier nicht genannt werden: Sein Zustand ist „Geplant“.";
        assert_eq!(planned.detail(Language::De), german);
        assert_eq!(planned.detail(Language::En), "The campaign cannot be named here: it is planned.");
        let few = |limit: &str| Fault::new(FaultCode::TooFewItems).with("limit", limit);
        assert_eq!(few("1").detail(Language::De), "Mindestens 1 Eintrag ist erforderlich.");
        assert_eq!(few("2").detail(Language::De), "Mindestens 2 Einträge sind erforderlich.");
    }

    #[test]
    fn words_of_the_contract_are_named_in_the_language_of_the_sentence() {
        let fault = Fault::new(FaultCode::Type).with("expected", "string, null");
        assert_eq!(fault.detail(Language::De), "Erwartet wird: Zeichenkette, null.");
        assert_eq!(fault.detail(Language::En), "Expected string, null.");
        assert_eq!(fault.params["expected"], "string, null", "programs read the word itself");
    }
}
