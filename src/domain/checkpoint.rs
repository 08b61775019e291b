//! Checkpoints: signed statements about the ends of all chains, linked to each other.
//!
//! What is signed is a short text, and so is what a leaf of the tree is made of: whoever checks them needs a hash, a
//! signature and no knowledge of this program. Both formats are described in `docs/verification.md`.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

use super::instant::Instant;
use super::merkle::{self, Hash};

/// What the first checkpoint has in place of the one before.
pub const NOTHING_BEFORE: Hash = [0; 32];

/// A signed statement about the ends of all chains. Also a line of the file kept outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// 1, 2, 3 …
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 17)]
    pub number: i64,
    /// Leaves of the tree: ends of chains that were ever covered.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 2017)]
    pub tree_size: i64,
    /// Root of the Merkle tree (RFC 6962) over them, hexadecimal.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )]
    pub root_hash: String,
    /// SHA-256 of the statement of the checkpoint before, hexadecimal; zeros in the first one.
    #[schema(
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        example = "0000000000000000000000000000000000000000000000000000000000000000"
    )]
    pub previous_hash: String,
    /// Position of the newest event that is covered.
    #[schema(minimum = 1, maximum = 9007199254740991i64, format = "int64", example = 90412)]
    pub position: i64,
    /// When it was signed.
    pub created_at: Instant,
    /// Id of the key that signed it.
    #[schema(
        max_length = 43,
        pattern = "^[A-Za-z0-9_-]{43}$",
        example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )]
    pub key_id: String,
    /// Ed25519 signature (RFC 8032) of the statement, hexadecimal.
    #[schema(max_length = 128, pattern = "^[0-9a-f]{128}$")]
    pub signature: String,
}

impl Checkpoint {
    /// What is signed: one line for each member in this order, each ended by a line feed.
    pub fn statement(&self) -> String {
        let Self { number, tree_size, root_hash, previous_hash, position, created_at, key_id, signature: _ } = self;
        format!(
            "kundenhistorie/checkpoint/v1\nnumber {number}\ntree_size {tree_size}\nroot_hash {root_hash}\n\
             previous_hash {previous_hash}\nposition {position}\ncreated_at {created_at}\nkey_id {key_id}\n"
        )
    }

    /// What the next checkpoint names as the one before.
    pub fn hash(&self) -> String {
        hex::encode(Sha256::digest(self.statement()))
    }
}

/// The leaf that stands for the end of a chain as it was.
pub fn leaf(root_type: &str, root_id: Uuid, sequence: i64, hash: &[u8]) -> Hash {
    let hash = hex::encode(hash);
    merkle::leaf(format!("kundenhistorie/head/v1\n{root_type}\n{root_id}\n{sequence}\n{hash}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        Checkpoint {
            number: 2,
            tree_size: 3,
            root_hash: "aa".repeat(32),
            previous_hash: "bb".repeat(32),
            position: 9,
            created_at: Instant::parse("2026-11-22T08:00:00Z").unwrap(),
            key_id: "key".to_owned(),
            signature: String::new(),
        }
    }

    #[test]
    fn the_statement_is_the_documented_text() {
        let expected = format!(
            "kundenhistorie/checkpoint/v1\nnumber 2\ntree_size 3\nroot_hash {}\nprevious_hash {}\nposition 9\n\
             created_at 2026-11-22T08:00:00.000000Z\nkey_id key\n",
            "aa".repeat(32),
            "bb".repeat(32)
        );
        assert_eq!(checkpoint().statement(), expected);
    }

    #[test]
    fn every_member_but_the_signature_is_signed() {
        let original = serde_json::to_value(checkpoint()).unwrap();
        for (name, value) in original.as_object().unwrap() {
            let mut changed = original.clone();
            changed[name] = match value {
                serde_json::Value::Number(_) => 77.into(),
                _ if name == "created_at" => "2026-11-22T08:00:00.000001Z".into(),
                _ => "cc".into(),
            };
            let changed: Checkpoint = serde_json::from_value(changed).unwrap();
            assert_eq!(changed.hash() == checkpoint().hash(), name == "signature", "{name}");
        }
    }

    #[test]
    fn leaves_differ_in_every_part() {
        let id = Uuid::from_u128(7);
        let original = leaf("customer", id, 1, &[1; 32]);
        for other in [
            leaf("tag", id, 1, &[1; 32]),
            leaf("customer", Uuid::from_u128(8), 1, &[1; 32]),
            leaf("customer", id, 2, &[1; 32]),
            leaf("customer", id, 1, &[2; 32]),
        ] {
            assert_ne!(original, other);
        }
    }
}
