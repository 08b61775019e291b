//! Checkpoints: their statements, their signatures, and how they are linked.

use serde::Deserialize;

use crate::{PublicKey, Refusal, refused, sha256};

/// A checkpoint, as the service and the file outside tell it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// 1, 2, 3 …
    pub number: u64,
    /// Leaves of the tree.
    pub tree_size: u64,
    /// Its root, hexadecimal.
    pub root_hash: String,
    /// SHA-256 of the statement before, hexadecimal.
    pub previous_hash: String,
    /// Position of the newest event covered.
    pub position: u64,
    /// When it was signed.
    pub created_at: String,
    /// The key.
    pub key_id: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

impl Checkpoint {
    fn statement(&self) -> String {
        format!(
            "kundenhistorie/checkpoint/v1\nnumber {}\ntree_size {}\nroot_hash {}\nprevious_hash {}\nposition {}\n\
             created_at {}\nkey_id {}\n",
            self.number,
            self.tree_size,
            self.root_hash,
            self.previous_hash,
            self.position,
            self.created_at,
            self.key_id
        )
    }

    /// Whether one of these keys has signed it.
    pub fn check_signature(&self, keys: &[PublicKey]) -> Result<(), Refusal> {
        let place = format!("checkpoint {}", self.number);
        let Some(key) = keys.iter().find(|key| key.id() == self.key_id) else {
            return refused(format!("{place}: it names a key that was not given"));
        };
        let signature = hex::decode(&self.signature).unwrap_or_default();
        if key.verifies(&self.statement(), &signature) {
            Ok(())
        } else {
            refused(format!("{place}: its signature is wrong"))
        }
    }
}

/// Checks checkpoints, one JSON object a line, each of which follows the one before. Answers them.
pub fn check_series(lines: &str, keys: &[PublicKey]) -> Result<Vec<Checkpoint>, Refusal> {
    let mut series: Vec<Checkpoint> = Vec::new();
    for (number, line) in (1..).zip(lines.lines()) {
        let checkpoint: Checkpoint =
            serde_json::from_str(line).map_err(|error| Refusal(format!("line {number}: {error}")))?;
        checkpoint.check_signature(keys)?;
        let place = format!("checkpoint {}", checkpoint.number);
        match series.last() {
            None if checkpoint.number == 1 && checkpoint.previous_hash != "0".repeat(64) => {
                return refused(format!("{place}: nothing can come before the first one"));
            }
            None => {}
            Some(before) if before.number + 1 != checkpoint.number => {
                return refused(format!("{place}: those before it are missing"));
            }
            Some(before) if hex::encode(sha256(&[before.statement().as_bytes()])) != checkpoint.previous_hash => {
                return refused(format!("{place}: it does not follow the one before it"));
            }
            Some(before) if before.tree_size >= checkpoint.tree_size => {
                return refused(format!("{place}: its tree has not grown"));
            }
            Some(_) => {}
        }
        series.push(checkpoint);
    }
    Ok(series)
}
