//! Every way we know to make a token that is not one, and the fault it must meet (RFC 8725; trust in one is trust in all).

mod claims;
mod headers;

use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_795_000_000;
const ISSUER: &str = "kundenhistorie";
const AUDIENCE: &str = "kundenhistorie-api";

fn settings() -> TokenSettings {
    TokenSettings::new(ISSUER, AUDIENCE, 900)
}

fn subject() -> Subject {
    Subject {
        user_id: Uuid::from_u128(1),
        session_id: Uuid::from_u128(2),
        role: Role::Agent,
        visibility: Visibility::Own,
        display_name: "Änne Öztürk".into(),
    }
}

fn header(keys: &SigningKeys) -> Value {
    json!({"typ": "at+jwt", "alg": "EdDSA", "kid": keys.kid()})
}

fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "exp": NOW + 900, "nbf": NOW, "iat": NOW,
        "jti": Uuid::from_u128(3), "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
        "role": "agent", "visibility": "own", "name": "Änne Öztürk", "ver": 1,
    })
}

/// `object` with `member` set to `value`.
fn with(mut object: Value, member: &str, value: impl Into<Value>) -> Value {
    object[member] = value.into();
    object
}

fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().unwrap().remove(member);
    object
}

fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn message(header: impl ToString, claims: impl ToString) -> String {
    format!("{}.{}", base64url(header.to_string()), base64url(claims.to_string()))
}

/// A token with a signature that fits, whatever it says.
fn signed(keys: &SigningKeys, header: impl ToString, claims: impl ToString) -> String {
    let message = message(header, claims);
    format!("{message}.{}", base64url(keys.sign(message.as_bytes())))
}

fn expect_all(keys: &SigningKeys, forgeries: Vec<(String, String, TokenFault)>) {
    for (name, token, expected) in forgeries {
        assert_eq!(verify(keys, &settings(), &token, NOW), Err(expected), "{name}: {token:.200}");
    }
}

#[test]
fn the_model_of_all_forgeries_is_itself_valid() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = signed(&keys, header(&keys), claims());
    assert_eq!(verify(&keys, &settings(), &token, NOW).unwrap().name, "Änne Öztürk");
}

#[test]
fn an_issued_token_says_what_was_asked_and_nothing_more() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = issue(&keys, &settings(), subject(), NOW).unwrap();
    let claims = verify(&keys, &settings(), &token, NOW).unwrap();
    assert_eq!((claims.sub, claims.sid, claims.role), (Uuid::from_u128(1), Uuid::from_u128(2), Role::Agent));
    assert_eq!((claims.iat, claims.nbf, claims.exp), (NOW, NOW, NOW + 900));

    let part = |index| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(index).unwrap()).unwrap()).unwrap()
    };
    assert_eq!(part(0), header(&keys));
    let members: Vec<_> = part(1).as_object().unwrap().keys().cloned().collect();
    assert_eq!(members, ["aud", "exp", "iat", "iss", "jti", "name", "nbf", "role", "sid", "sub", "ver", "visibility"]);
    let other = issue(&keys, &settings(), subject(), NOW).unwrap();
    assert_ne!(claims.jti, verify(&keys, &settings(), &other, NOW).unwrap().jti);
}

#[test]
fn the_longest_display_name_fits() {
    let keys = SigningKeys::in_memory().unwrap();
    let long = Subject { display_name: "𝔄".repeat(400), ..subject() };
    let token = issue(&keys, &settings(), long, NOW).unwrap();
    assert!(verify(&keys, &settings(), &token, NOW).is_ok(), "{} bytes", token.len());
}

#[test]
fn every_role_survives() {
    let keys = SigningKeys::in_memory().unwrap();
    for role in Role::ALL {
        let token = issue(&keys, &settings(), Subject { role: *role, ..subject() }, NOW).unwrap();
        assert_eq!(verify(&keys, &settings(), &token, NOW).unwrap().role, *role);
    }
}

#[test]
fn damaged_tokens() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = issue(&keys, &settings(), subject(), NOW).unwrap();
    let other = issue(&keys, &settings(), Subject { role: Role::Admin, ..subject() }, NOW).unwrap();
    let parts: Vec<_> = token.split('.').collect();
    let others: Vec<_> = other.split('.').collect();
    let join = |parts: [&str; 3]| parts.join(".");
    let padded = URL_SAFE.encode(URL_SAFE_NO_PAD.decode(parts[2]).unwrap());
    let forgeries = vec![
        ("empty", String::new(), TokenFault::Malformed),
        ("one dot", ".".into(), TokenFault::Header),
        ("two dots", "..".into(), TokenFault::Header),
        ("text", "Bearer".into(), TokenFault::Malformed),
        ("foreign claims", join([parts[0], others[1], parts[2]]), TokenFault::Signature),
        ("foreign signature", join([parts[0], parts[1], others[2]]), TokenFault::Signature),
        ("parts reversed", join([parts[2], parts[1], parts[0]]), TokenFault::Header),
        ("no claims", join([parts[0], "", parts[2]]), TokenFault::Signature),
        ("leading dot", format!(".{token}"), TokenFault::Header),
        ("trailing dot", format!("{token}."), TokenFault::Malformed),
        ("a fourth part", format!("{token}.{}", parts[2]), TokenFault::Malformed),
        ("five parts", format!("{token}.a.b"), TokenFault::Malformed),
        ("padded signature", join([parts[0], parts[1], &padded]), TokenFault::Malformed),
        ("padded header", join([&format!("{}==", parts[0]), parts[1], parts[2]]), TokenFault::Malformed),
        ("leading space", format!(" {token}"), TokenFault::Malformed),
        ("trailing space", format!("{token} "), TokenFault::Malformed),
        ("trailing line feed", format!("{token}\n"), TokenFault::Malformed),
        ("a line feed inside", token.replacen('.', "\n.", 1), TokenFault::Malformed),
        ("not ASCII", token.replacen('.', "ä.", 1), TokenFault::Malformed),
        ("a null byte", format!("{token}\0"), TokenFault::Malformed),
        ("URL-encoded dots", token.replace('.', "%2E"), TokenFault::Malformed),
        ("standard alphabet", join([parts[0], parts[1], &format!("+/{}", &parts[2][2..])]), TokenFault::Malformed),
        ("empty signature", join([parts[0], parts[1], ""]), TokenFault::Signature),
        ("a signature of zeros", join([parts[0], parts[1], &base64url([0; 64])]), TokenFault::Signature),
        ("a short signature", join([parts[0], parts[1], &base64url([1; 63])]), TokenFault::Signature),
        ("a long signature", join([parts[0], parts[1], &base64url([1; 65])]), TokenFault::Signature),
        (
            "JSON serialization",
            json!({"protected": parts[0], "payload": parts[1], "signature": parts[2]}).to_string(),
            TokenFault::Malformed,
        ),
        ("4097 bytes", "a".repeat(MAX_TOKEN_LENGTH + 1), TokenFault::TooLong),
        ("a megabyte of dots", ".".repeat(1 << 20), TokenFault::TooLong),
    ];
    expect_all(&keys, forgeries.into_iter().map(|(name, token, fault)| (name.to_owned(), token, fault)).collect());
}

#[test]
fn no_single_character_may_change_or_be_missing() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = issue(&keys, &settings(), subject(), NOW).unwrap();
    for index in 0..token.len() {
        assert!(verify(&keys, &settings(), &token[..index], NOW).is_err(), "cut at {index}");
        let mut bytes = token.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(verify(&keys, &settings(), &changed, NOW).is_err(), "changed at {index}");
    }
}

#[test]
fn a_signature_has_one_form_only() {
    let keys = SigningKeys::in_memory().unwrap();
    let message = message(header(&keys), claims());
    let mut signature = keys.sign(message.as_bytes());
    // S plus the order of the group satisfies the equation too; RFC 8032, section 5.1.7, demands S below the order.
    let order = hex::decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010").unwrap();
    let mut carry = 0;
    for (byte, summand) in signature[32..].iter_mut().zip(order) {
        let sum = u16::from(*byte) + u16::from(summand) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    let token = format!("{message}.{}", base64url(signature));
    assert_eq!(verify(&keys, &settings(), &token, NOW), Err(TokenFault::Signature));

    // Nor may the spare bits of its last character differ.
    let valid = signed(&keys, header(&keys), claims());
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (rest, last) = valid.split_at(valid.len() - 1);
    let accepted = alphabet.chars().filter(|end| verify(&keys, &settings(), &format!("{rest}{end}"), NOW).is_ok());
    assert_eq!(accepted.collect::<String>(), last);
}

#[test]
fn a_removed_key_ends_its_tokens() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = issue(&keys, &settings(), subject(), NOW).unwrap();
    let renewed = SigningKeys::in_memory().unwrap();
    assert_eq!(verify(&renewed, &settings(), &token, NOW), Err(TokenFault::Key));
}
