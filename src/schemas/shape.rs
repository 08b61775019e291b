//! The shape of input, checked against the very schema the OpenAPI document shows.
//!
//! Limits, patterns, enumerations and closed objects are written once, on the wire types. All faults
//! are found in one go, each with its place.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, ValidationOptions, Validator};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::Parameter;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::domain::fault::{Fault, FaultCode};
use crate::domain::language::{Language, Sentence};
use crate::domain::{formats, money};
use crate::error::{Error, FieldError, Location, Result};
use crate::schemas::owner::OWNER_PATTERN;
use crate::schemas::query::parameters;

/// Characters of what is wrong with a schema.
const REASON_MAX: usize = 500;

/// A compiled schema and the names it knows.
pub struct Shape {
    validator: Validator,
    schema: Value,
}

/// The shape of a body.
pub fn of_body<T: ToSchema + 'static>() -> Result<Arc<Shape>> {
    cached(TypeId::of::<T>(), || {
        let mut components = Vec::new();
        T::schemas(&mut components);
        body_schema(&T::schema(), components)
    })
}

/// A schema with those it refers to.
fn body_schema(schema: &RefOr<Schema>, components: Vec<(String, RefOr<Schema>)>) -> Value {
    let schemas: Map<String, Value> = components.into_iter().map(|(name, schema)| (name, json!(schema))).collect();
    let mut schema = json!(schema);
    if let Value::Object(object) = &mut schema {
        object.insert("components".to_owned(), json!({ "schemas": schemas }));
    }
    schema
}

/// The shape of a query: an object with one member per parameter.
pub fn of_query<T: IntoParams + 'static>() -> Result<Arc<Shape>> {
    cached(TypeId::of::<T>(), || query_schema(&parameters::<T>()))
}

fn query_schema(parameters: &[Parameter]) -> Value {
    let properties: Map<String, Value> =
        parameters.iter().map(|parameter| (parameter.name.clone(), json!(parameter.schema))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// By a pointer, so that it is compiled once and not for each type.
fn cached(id: TypeId, schema: fn() -> Value) -> Result<Arc<Shape>> {
    static SHAPES: RwLock<Option<HashMap<TypeId, Arc<Shape>>>> = RwLock::new(None);
    if let Some(shape) = SHAPES.read().unwrap_or_else(PoisonError::into_inner).as_ref().and_then(|all| all.get(&id)) {
        return Ok(Arc::clone(shape));
    }
    let shape = Arc::new(Shape::compile(schema())?);
    let mut shapes = SHAPES.write().unwrap_or_else(PoisonError::into_inner);
    shapes.get_or_insert_default().insert(id, Arc::clone(&shape));
    Ok(shape)
}

fn options() -> ValidationOptions<'static> {
    let mut options = jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true);
    for name in formats::NAMES {
        options = options.with_format(*name, |text: &str| formats::check(name, text).is_none_or(|it| it.is_ok()));
    }
    options
}

impl Shape {
    fn compile(schema: Value) -> Result<Self> {
        let validator = options().build(&schema).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Self { validator, schema })
    }

    /// The shape a JSON Schema from outside describes. Patterns run in linear time. The error says, for people,
    /// what is wrong with the schema, and where.
    pub fn of_foreign(schema: Value) -> Result<Self, Sentence> {
        let linear = PatternOptions::regex().size_limit(1 << 20).dfa_size_limit(1 << 20);
        let validator = options().with_pattern_options(linear).build(&schema).map_err(|error| {
            let place = error.instance_path().as_str();
            let at = |what: String| -> String {
                let told = if place.is_empty() { what } else { format!("{place}: {what}") };
                told.chars().take(REASON_MAX).collect()
            };
            Sentence { en: at(error.to_string()), de: at(fault(&error).detail(Language::De)) }
        })?;
        Ok(Self { validator, schema })
    }

    /// All faults of a value.
    pub fn faults(&self, value: &Value) -> Vec<FieldError> {
        let mut faults = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.translate(&error, "", &mut faults);
        }
        faults.sort_by(|one, other| one.location.cmp(&other.location));
        faults.dedup();
        only_type_faults(&mut faults);
        faults
    }

    /// Refuses a value with faults.
    pub fn must_fit(&self, value: &Value) -> Result<()> {
        let faults = self.faults(value);
        if faults.is_empty() { Ok(()) } else { Err(Error::invalid(faults)) }
    }

    /// Whether the member of a query may be given several times.
    pub fn parameter_type(&self, name: &str) -> Option<ParameterType> {
        let schema = self.schema.pointer("/properties")?.get(name)?;
        Some(ParameterType::of(schema))
    }

    /// The names of the members.
    pub fn members(&self) -> Vec<String> {
        let members = self.schema.get("properties").and_then(Value::as_object);
        members.map(|members| members.keys().cloned().collect()).unwrap_or_default()
    }

    fn translate(&self, error: &ValidationError<'_>, prefix: &str, faults: &mut Vec<FieldError>) {
        let place = format!("{prefix}{}", error.instance_path().as_str());
        let mut add = |pointer: String, fault: Fault| {
            faults.push(FieldError { location: Location::Pointer(pointer), fault });
        };
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                let known = self.known_members(error);
                for name in unexpected {
                    add(format!("{place}/{}", escape(name)), unknown(name, &known));
                }
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                add(format!("{place}/{}", escape(name)), FaultCode::Required.into());
            }
            // A nullable object is "null or this schema": what counts are the faults of the schema.
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                let branch = context.iter().find(|errors| !errors.iter().any(|error| wrong_type_at_root(error)));
                match branch.or_else(|| context.last()) {
                    Some(errors) => errors.iter().for_each(|error| {
                        // Faults inside a branch carry their whole path already.
                        self.translate(error, "", faults);
                    }),
                    None => add(place, fault(error)),
                }
            }
            _ => add(place, fault(error)),
        }
    }

    /// Names of the members of the schema an unknown member was refused by.
    fn known_members(&self, error: &ValidationError<'_>) -> Vec<String> {
        let path = error.evaluation_path().as_str();
        let mut schema = &self.schema;
        for part in path.split('/').skip(1) {
            if part == "additionalProperties" {
                break;
            }
            if part == "$ref" {
                let target = schema.get("$ref").and_then(Value::as_str).unwrap_or_default();
                schema = self.schema.pointer(target.trim_start_matches('#')).unwrap_or(&Value::Null);
                continue;
            }
            let name = part.replace("~1", "/").replace("~0", "~");
            schema = match part.parse::<usize>() {
                Ok(index) if schema.is_array() => schema.get(index).unwrap_or(&Value::Null),
                _ => schema.get(&name).unwrap_or(&Value::Null),
            };
        }
        let members = schema.get("properties").and_then(Value::as_object);
        members.map(|members| members.keys().cloned().collect()).unwrap_or_default()
    }
}

/// A value of the wrong type fits no enumeration, pattern or limit either; saying so helps nobody.
fn only_type_faults(faults: &mut Vec<FieldError>) {
    let is_of_type = |error: &FieldError| {
        matches!(error.fault.code, FaultCode::Type | FaultCode::NotNullable | FaultCode::MoneyNumber)
    };
    let mistyped: Vec<Location> =
        faults.iter().filter(|error| is_of_type(error)).map(|error| error.location.clone()).collect();
    faults.retain(|error| is_of_type(error) || !mistyped.contains(&error.location));
}

fn wrong_type_at_root(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(kind) } if *kind == jsonschema::JsonType::Null)
}

/// An unknown member, with the likeliest known one.
pub fn unknown(name: &str, known: &[String]) -> Fault {
    match suggestion(name, known) {
        Some(near) => Fault::new(FaultCode::UnknownFieldSuggestion).with("suggestion", near),
        None => FaultCode::UnknownField.into(),
    }
}

/// The known name a mistyped one was probably meant to be.
pub fn suggestion<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate)
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn fault(error: &ValidationError<'_>) -> Fault {
    let value = error.instance();
    let text = || match value.as_ref() {
        Value::String(text) => text.chars().take(200).collect(),
        other => other.to_string().chars().take(200).collect::<String>(),
    };
    let limited = |code: FaultCode, limit: &dyn std::fmt::Display| Fault::new(code).with("limit", limit.to_string());
    match error.kind() {
        ValidationErrorKind::Type { kind } => type_fault(error, kind),
        ValidationErrorKind::MaxLength { limit } => limited(FaultCode::TooLong, limit),
        ValidationErrorKind::MinLength { limit } => limited(FaultCode::TooShort, limit),
        ValidationErrorKind::MaxItems { limit } => limited(FaultCode::TooManyItems, limit),
        ValidationErrorKind::MinItems { limit } => limited(FaultCode::TooFewItems, limit),
        ValidationErrorKind::MaxProperties { limit } => limited(FaultCode::TooManyFields, limit),
        ValidationErrorKind::MinProperties { limit } => limited(FaultCode::TooFewFields, limit),
        ValidationErrorKind::Maximum { limit } | ValidationErrorKind::ExclusiveMaximum { limit } => {
            limited(FaultCode::TooLarge, limit)
        }
        ValidationErrorKind::Minimum { limit } | ValidationErrorKind::ExclusiveMinimum { limit } => {
            limited(FaultCode::TooSmall, limit)
        }
        ValidationErrorKind::Enum { options } => Fault::new(FaultCode::NotOneOf).with("allowed", allowed(options)),
        ValidationErrorKind::Constant { expected_value } => {
            Fault::new(FaultCode::NotOneOf).with("allowed", allowed(&json!([expected_value])))
        }
        ValidationErrorKind::UniqueItems => FaultCode::Duplicate.into(),
        ValidationErrorKind::Format { format } => match formats::check(format, &text()) {
            Some(Err(fault)) => fault,
            _ => Fault::of_value(FaultCode::Format, text()).with("format", format.clone()),
        },
        ValidationErrorKind::Pattern { .. } if text().contains('\0') => FaultCode::InvalidCharacter.into(),
        ValidationErrorKind::Pattern { pattern } if pattern == money::AMOUNT_PATTERN => {
            Fault::of_value(FaultCode::Money, text()).with("digits", money::SCALE.to_string())
        }
        ValidationErrorKind::Pattern { pattern } if pattern == OWNER_PATTERN => {
            Fault::of_value(FaultCode::Owner, text())
        }
        ValidationErrorKind::Pattern { pattern } => match sortable(error, pattern) {
            Some(fields) => Fault::new(FaultCode::Sort).with("fields", fields),
            None => Fault::new(FaultCode::Pattern).with("pattern", pattern.clone()),
        },
        _ => FaultCode::Pattern.into(),
    }
}

/// The names a list can be sorted by, from the pattern of its `sort` parameter: `^-?(one|other)(,…` or `^-?one$`.
fn sortable(error: &ValidationError<'_>, pattern: &str) -> Option<String> {
    if error.instance_path().as_str() != "/sort" {
        return None;
    }
    let names = pattern.strip_prefix("^-?")?.trim_start_matches('(').split([')', '$']).next()?;
    Some(names.replace('|', ", "))
}

fn type_fault(error: &ValidationError<'_>, kind: &TypeKind) -> Fault {
    let last = error.instance_path().as_str().rsplit('/').next().unwrap_or_default();
    if error.instance().is_number() && last == "amount" {
        return FaultCode::MoneyNumber.into();
    }
    if error.instance().is_null() {
        return FaultCode::NotNullable.into();
    }
    let expected = match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(", "),
    };
    Fault::new(FaultCode::Type).with("expected", expected)
}

fn allowed(options: &Value) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let names = options.iter().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(", ")
}

/// How the text of a query parameter becomes a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterType {
    /// As it is.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// May be repeated.
    List,
}

impl ParameterType {
    fn of(schema: &Value) -> Self {
        let is = |name: &str| match schema.get("type") {
            Some(Value::String(kind)) => kind == name,
            Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
            _ => false,
        };
        match () {
            () if is("array") => Self::List,
            () if is("integer") => Self::Integer,
            () if is("boolean") => Self::Boolean,
            () => Self::Text,
        }
    }

    /// Reads one text. What cannot be read stays text, so that the schema refuses it.
    pub fn read(self, text: &str) -> Value {
        match self {
            Self::Integer => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
            Self::Boolean => text.parse::<bool>().map_or_else(|_| json!(text), |flag| json!(flag)),
            Self::Text | Self::List => json!(text),
        }
    }
}
