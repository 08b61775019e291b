//! Proofs and checkpoints of a running service, as it told them: examples for whoever writes a verifier of their own.
#![cfg(test)]

use std::path::PathBuf;
use std::process::{Command, Output};

/// `x` of the key in `vectors/keys.json`.
const KEY: &str = "cayy_G_AV9Zk2i71PLCmUUZO3fsDPVbUWmLAw8pVFrE";

fn vector(name: &str) -> String {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors").join(name).display().to_string()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kundenhistorie-verifier")).args(arguments).output().expect("it runs")
}

#[test]
fn what_the_service_told_is_proven() {
    assert!(std::fs::read_to_string(vector("keys.json")).expect("keys").contains(KEY));
    let (checkpoints, proofs) = (vector("checkpoints.ndjson"), vector("proofs.ndjson"));
    let checked = run(&["checkpoints", &checkpoints, KEY]);
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(checked.stdout, b"proven: checkpoints 1 to 2 are signed and follow each other\n");
    let proven = run(&["proof-against", &checkpoints, &proofs, KEY]);
    assert!(proven.status.success(), "{proven:?}");
    let told = String::from_utf8(proven.stdout).expect("text");
    assert_eq!(told.matches("proven: event ").count(), 3, "{told}");
    assert!(told.contains("Beispiel GmbH"), "{told}");
}

#[test]
fn what_was_altered_is_not() {
    let folder = std::env::temp_dir().join(format!("kundenhistorie-verifier-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    for (name, command, from, to) in [
        ("proofs.ndjson", "proof", "Beispiel GmbH", "Beispiel AG"),
        ("proofs.ndjson", "proof", "customer.created", "customer.deleted"),
        ("checkpoints.ndjson", "checkpoints", "\"tree_size\":2", "\"tree_size\":3"),
        ("checkpoints.ndjson", "checkpoints", "\"number\":1", "\"number\":7"),
    ] {
        let text = std::fs::read_to_string(vector(name)).expect("a vector");
        assert!(text.contains(from), "{from}");
        let file = folder.join(name);
        std::fs::write(&file, text.replace(from, to)).expect("a file");
        let refused = run(&[command, &file.display().to_string(), KEY]);
        assert_eq!(refused.status.code(), Some(1), "{from}: {refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).starts_with("not proven: "), "{refused:?}");
    }
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    assert_eq!(run(&["proof", &vector("proofs.ndjson")]).status.code(), Some(2), "no key");
    let foreign = run(&["proof", &vector("proofs.ndjson"), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]);
    assert_eq!(foreign.status.code(), Some(1));
}
