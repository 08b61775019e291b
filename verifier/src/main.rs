//! `kundenhistorie-verifier`: checks a proof, or a file of checkpoints, with nothing but public keys.

use std::io::Write;
use std::process::ExitCode;

use verifier::{PublicKey, check_proof, check_series};

const USAGE: &str = "usage: kundenhistorie-verifier proof FILE KEY…
       kundenhistorie-verifier checkpoints FILE KEY…
       kundenhistorie-verifier proof-against CHECKPOINTS FILE KEY…

Checks what a Kundenhistorie tells of itself, without its database. KEY is the public key it signs checkpoints with: the
`x` of a key at /v1/checkpoints/keys, which you noted when you began to trust it.

proof          a document of GET /v1/customers/{id}/timeline/{event}/proof, or several, one a line
checkpoints    a file of checkpoints, one JSON object a line: signatures and links
proof-against  a proof whose checkpoint must be one of the file CHECKPOINTS as well

Exit codes: 0 proven, 1 not proven, 2 a command line that cannot be understood.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let checked = match words.as_slice() {
        ["proof", file, keys @ ..] if !keys.is_empty() => proof(None, file, keys),
        ["checkpoints", file, keys @ ..] if !keys.is_empty() => checkpoints(file, keys),
        ["proof-against", series, file, keys @ ..] if !keys.is_empty() => proof(Some(series), file, keys),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let told = checked.and_then(|told| writeln!(std::io::stdout(), "{told}").map_err(|error| error.to_string()));
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("not proven: {why}");
            ExitCode::FAILURE
        }
    }
}

fn proof(series: Option<&str>, file: &str, keys: &[&str]) -> Result<String, String> {
    let keys = parsed(keys)?;
    let known = match series {
        Some(series) => Some(check_series(&read(series)?, &keys).map_err(|refusal| refusal.to_string())?),
        None => None,
    };
    let mut told = Vec::new();
    for document in documents(&read(file)?) {
        let proven = check_proof(document, &keys).map_err(|refusal| refusal.to_string())?;
        let (event, checkpoint) = (&proven.event_id, &proven.checkpoint);
        if known.as_ref().is_some_and(|known| !known.contains(checkpoint)) {
            return Err(format!("event {event}: its checkpoint {} is not one of the file", checkpoint.number));
        }
        told.push(format!(
            "proven: event {event} ({}, {}), covered by checkpoint {} of {}\n{}",
            proven.kind,
            proven.occurred_at,
            checkpoint.number,
            checkpoint.created_at,
            proven.content.as_deref().unwrap_or("erased")
        ));
    }
    if told.is_empty() { Err(format!("{file} holds no proof")) } else { Ok(told.join("\n")) }
}

/// One document, however it is laid out, or one a line.
fn documents(text: &str) -> Vec<&str> {
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => vec![text],
        Err(_) => text.lines().filter(|line| !line.trim().is_empty()).collect(),
    }
}

fn checkpoints(file: &str, keys: &[&str]) -> Result<String, String> {
    let series = check_series(&read(file)?, &parsed(keys)?).map_err(|refusal| refusal.to_string())?;
    Ok(match (series.first(), series.last()) {
        (Some(first), Some(last)) => {
            format!("proven: checkpoints {} to {} are signed and follow each other", first.number, last.number)
        }
        _ => "proven: there are no checkpoints".to_owned(),
    })
}

fn parsed(keys: &[&str]) -> Result<Vec<PublicKey>, String> {
    keys.iter().map(|key| PublicKey::parse(key).ok_or_else(|| format!("{key:?} is no Ed25519 public key"))).collect()
}

fn read(file: &str) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))
}
