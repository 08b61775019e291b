//! Templates of titles: text with placeholders such as `{payload.machine}`.

use std::borrow::Cow;

use serde_json::Value;

use super::fault::{Fault, FaultCode};
use super::language::fill;

/// What stands where an event does not tell what the template asks for.
const MISSING: &str = "–";
/// How much of one value a title shows, in characters.
const VALUE_MAX: usize = 120;

/// Judges a template for events whose payload follows `schema`.
///
/// # Errors
/// [`FaultCode::Template`] for braces without a partner, placeholders that are not `{payload.<member>…}`, and
/// members the schema does not know.
pub fn check(template: &str, schema: &Value) -> Result<(), Fault> {
    let fault = |reason: String| Err(Fault::new(FaultCode::Template).with("reason", reason));
    let mut rest = template;
    while let Some(start) = rest.find(['{', '}']) {
        let placeholder = rest[start..].strip_prefix('{').and_then(|tail| tail.split_once('}'));
        let Some((name, tail)) = placeholder else { return fault("{ }".to_owned()) };
        let Some(path) = path(name) else { return fault(format!("{{{name}}}")) };
        if !knows(schema, path) {
            return fault(format!("{{{name}}}"));
        }
        rest = tail;
    }
    Ok(())
}

/// The text of a template for one payload.
pub fn render(template: &str, payload: &Value) -> String {
    fill(template, |name| {
        let value = path(name)?.split('.').try_fold(payload, |value, member| value.get(member));
        Some(value.and_then(shown).unwrap_or(Cow::Borrowed(MISSING)))
    })
}

fn path(name: &str) -> Option<&str> {
    let path = name.strip_prefix("payload.")?;
    let word = |member: &str| {
        !member.is_empty() && member.chars().all(|letter| letter.is_alphanumeric() || "_-".contains(letter))
    };
    path.split('.').all(word).then_some(path)
}

/// Whether the payload can have the member. Schemas that say so in a roundabout way get the benefit of the doubt.
fn knows(schema: &Value, path: &str) -> bool {
    const ROUNDABOUT: [&str; 6] = ["$ref", "allOf", "anyOf", "oneOf", "if", "patternProperties"];
    if ROUNDABOUT.iter().any(|keyword| schema.get(keyword).is_some()) {
        return true;
    }
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match schema.get("properties").and_then(Value::as_object) {
        Some(members) => match (members.get(first), rest) {
            (Some(member), Some(rest)) => knows(member, rest),
            (Some(_), None) => true,
            (None, _) => false,
        },
        None => true,
    }
}

fn shown(value: &Value) -> Option<Cow<'static, str>> {
    let text = match value {
        Value::String(text) if text.trim().is_empty() => return None,
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    Some(Cow::Owned(text.chars().take(VALUE_MAX).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_members_of_the_payload_can_be_placeholders() {
        let schema = json!({"properties": {"machine": {}, "place": {"properties": {"town": {}}}}});
        for template in ["Serviced", "{payload.machine}", "{payload.machine} in {payload.place.town}"] {
            assert_eq!(check(template, &schema), Ok(()), "{template}");
        }
        for template in [
            "{",
            "}",
            "a } b",
            "{payload.machine",
            "{}",
            "{machine}",
            "{payload.}",
            "{payload.machin}",
            "{payload.place.x}",
        ] {
            assert_eq!(check(template, &schema).unwrap_err().code, FaultCode::Template, "{template}");
        }
        assert_eq!(check("{payload.anything}", &json!({"type": "object"})), Ok(()));
        assert_eq!(check("{payload.anything}", &json!({"allOf": [], "properties": {}})), Ok(()));
    }

    #[test]
    fn what_is_missing_is_a_dash_and_values_are_not_templates() {
        let payload = json!({"machine": "{payload.n}", "n": 3, "list": [1]});
        assert_eq!(render("{payload.machine}: {payload.n}", &payload), "{payload.n}: 3");
        assert_eq!(render("{payload.x.y} {payload.list}", &payload), "– –");
    }
}
