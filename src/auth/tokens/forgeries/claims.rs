//! Forged claims under a signature that fits: what our own key must never be talked into accepting.

use super::*;

#[test]
fn missing_and_misshapen_claims() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = |claims: Value| signed(&keys, header(&keys), claims);
    let mut forgeries = Vec::new();
    for member in ["iss", "aud", "exp", "nbf", "iat", "jti", "sub", "sid", "role", "visibility", "name", "ver"] {
        forgeries.push((format!("no {member}"), token(without(claims(), member)), TokenFault::Claims));
        forgeries.push((format!("{member} null"), token(with(claims(), member, Value::Null)), TokenFault::Claims));
        forgeries.push((format!("{member} a list"), token(with(claims(), member, json!([]))), TokenFault::Claims));
        forgeries.push((format!("{member} an object"), token(with(claims(), member, json!({}))), TokenFault::Claims));
        forgeries.push((format!("{member} true"), token(with(claims(), member, true)), TokenFault::Claims));
    }
    for member in ["exp", "nbf", "iat"] {
        let seconds = claims()[member].as_i64().unwrap();
        for (name, value) in [
            ("text", json!(seconds.to_string())),
            ("a fraction", json!(seconds as f64 + 0.5)),
            ("a float", json!(seconds as f64)),
            ("huge", json!(1e300)),
            ("beyond 64 bits", serde_json::from_str("99999999999999999999999").unwrap()),
        ] {
            forgeries.push((format!("{member} {name}"), token(with(claims(), member, value)), TokenFault::Claims));
        }
    }
    for (member, value) in [
        ("role", json!("root")),
        ("role", json!("Admin")),
        ("role", json!("")),
        ("visibility", json!("team")),
        ("visibility", json!("")),
        ("sub", json!("1")),
        ("sub", json!("")),
        ("sub", json!("' OR 1=1 --")),
        ("sid", json!("not a uuid")),
        ("ver", json!(2)),
        ("ver", json!(-1)),
        ("exp", json!(-1)),
        ("exp", json!(i64::MIN)),
        // A life longer than we give.
        ("exp", json!(NOW + 901)),
        ("exp", json!(i64::MAX)),
        ("iat", json!(0)),
    ] {
        forgeries.push((format!("{member} {value}"), token(with(claims(), member, value)), TokenFault::Claims));
    }
    let duplicate = claims().to_string().replacen('{', r#"{"role":"admin","#, 1);
    forgeries.push(("role twice".into(), signed(&keys, header(&keys), duplicate), TokenFault::Claims));
    for (name, text) in
        [("a list", "[]"), ("null", "null"), ("nothing", ""), ("broken", "{\"iss\":"), ("text", "\"x\"")]
    {
        forgeries.push((format!("the claims are {name}"), signed(&keys, header(&keys), text), TokenFault::Claims));
    }
    expect_all(&keys, forgeries);
}

#[test]
fn tokens_of_and_for_others() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = |member, value| signed(&keys, header(&keys), with(claims(), member, value));
    let mut forgeries = Vec::new();
    for issuer in ["", "Kundenhistorie", "kundenhistorie ", "https://attacker.example", AUDIENCE] {
        forgeries.push((format!("iss {issuer:?}"), token("iss", json!(issuer)), TokenFault::Issuer));
    }
    for audience in ["", "other-api", "kundenhistorie-ap", "*", ISSUER] {
        forgeries.push((format!("aud {audience:?}"), token("aud", json!(audience)), TokenFault::Audience));
    }
    // RFC 7519 allows lists; we never write one.
    forgeries.push(("iss a list".into(), token("iss", json!([ISSUER])), TokenFault::Claims));
    forgeries.push(("aud a list of others".into(), token("aud", json!(["a", "b"])), TokenFault::Claims));
    forgeries.push(("aud a list with ours".into(), token("aud", json!(["a", AUDIENCE])), TokenFault::Claims));
    expect_all(&keys, forgeries);
}

#[test]
fn times() {
    let keys = SigningKeys::in_memory().unwrap();
    let token = signed(&keys, header(&keys), claims());
    for (now, expected) in [
        (NOW - 6, Some(TokenFault::NotYetValid)),
        (NOW - 5, None),
        (NOW + 904, None),
        (NOW + 905, Some(TokenFault::Expired)),
        (i64::MAX, Some(TokenFault::Expired)),
        (i64::MIN, Some(TokenFault::NotYetValid)),
    ] {
        assert_eq!(verify(&keys, &settings(), &token, now).err(), expected, "{now}");
    }
    let signed_with = |member, seconds: i64| signed(&keys, header(&keys), with(claims(), member, seconds));
    expect_all(
        &keys,
        vec![
            ("expired".into(), signed_with("exp", NOW - 5), TokenFault::Expired),
            ("expired for ever".into(), signed_with("exp", 0), TokenFault::Expired),
            ("not yet valid".into(), signed_with("nbf", NOW + 6), TokenFault::NotYetValid),
            ("issued in the future".into(), signed_with("iat", NOW + 6), TokenFault::NotYetValid),
            ("never valid".into(), signed_with("nbf", i64::MAX), TokenFault::NotYetValid),
        ],
    );
    assert!(settings().outlived_at(NOW) >= NOW + 905, "a revocation must outlive the last token");
}
