//! Proofs: from what an event says to the root of the tree a checkpoint has signed.

use serde::Deserialize;

use crate::event::Event;
use crate::{Checkpoint, Hash, PublicKey, Refusal, hash_of, refused, sha256};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    event_id: String,
    root_type: String,
    root_id: String,
    content: Option<String>,
    salt: Option<String>,
    previous_hash: String,
    events: Vec<Event>,
    leaf_index: u64,
    audit_path: Vec<String>,
    checkpoint: Checkpoint,
}

/// What a proof has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The event.
    pub event_id: String,
    /// Its kind.
    pub kind: String,
    /// When it happened.
    pub occurred_at: String,
    /// What it says, JSON; none where it was erased.
    pub content: Option<String>,
    /// The checkpoint that covers it.
    pub checkpoint: Checkpoint,
}

/// Checks a proof as `GET /v1/customers/{customer_id}/timeline/{event_id}/proof` answers it.
pub fn check_proof(document: &str, keys: &[PublicKey]) -> Result<Proven, Refusal> {
    let proof: Proof = serde_json::from_str(document).map_err(|error| Refusal(error.to_string()))?;
    proof.checkpoint.check_signature(keys)?;
    let Some(first) = proof.events.first().filter(|first| first.id == proof.event_id) else {
        return refused("the first event is not the one to be proven");
    };
    if let (Some(content), Some(salt)) = (&proof.content, &proof.salt) {
        let salt = hash_of(salt, "salt")?;
        let digest = sha256(&[b"kundenhistorie/content/v1", &salt, content.as_bytes()]);
        if hex::encode(digest) != first.content_digest {
            return refused("the content is not what was digested");
        }
    } else if proof.content.is_some() {
        return refused("there is content, but no salt");
    }
    let mut hash = hash_of(&proof.previous_hash, "previous_hash")?;
    let mut sequence = first.sequence - 1;
    for event in &proof.events {
        if event.sequence != sequence + 1 {
            return refused(format!("event {} does not follow the one before it", event.sequence));
        }
        sequence = event.sequence;
        hash = event.hash(&proof.root_type, &proof.root_id, &hash)?;
    }
    let end = hex::encode(hash);
    let leaf = format!("kundenhistorie/head/v1\n{}\n{}\n{sequence}\n{end}\n", proof.root_type, proof.root_id);
    let path = proof.audit_path.iter().map(|hash| hash_of(hash, "audit_path")).collect::<Result<Vec<_>, _>>()?;
    let leaf = sha256(&[&[0], leaf.as_bytes()]);
    let root = root(&leaf, proof.leaf_index, proof.checkpoint.tree_size, &path);
    if root.map(hex::encode) != Some(proof.checkpoint.root_hash.clone()) {
        return refused("the events do not lead to the root the checkpoint has signed");
    }
    Ok(Proven {
        event_id: proof.event_id,
        kind: first.kind.clone(),
        occurred_at: first.occurred_at.clone(),
        content: proof.content,
        checkpoint: proof.checkpoint,
    })
}

/// The root an audit path leads to, by the recursion of RFC 6962, section 2.1.1, read backwards. None if the path has
/// not the length it must have.
fn root(leaf: &Hash, index: u64, size: u64, path: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    if size == 1 {
        return path.is_empty().then_some(*leaf);
    }
    let (sibling, nearer) = path.split_last()?;
    let left = 1_u64 << (size - 1).ilog2();
    Some(if index < left {
        sha256(&[&[1], &root(leaf, index, left, nearer)?, sibling])
    } else {
        sha256(&[&[1], sibling, &root(leaf, index - left, size - left, nearer)?])
    })
}
