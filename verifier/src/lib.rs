//! Checks what a Kundenhistorie tells of itself, without its database and without its code.
//!
//! Written apart from the service on purpose: it shares nothing with it but the formats in `docs/verification.md`.

mod checkpoint;
mod event;
mod proof;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

pub use checkpoint::{Checkpoint, check_series};
pub use proof::{Proven, check_proof};

/// A SHA-256 value.
pub(crate) type Hash = [u8; 32];

/// Why something is not proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

impl std::fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

pub(crate) fn refused<T>(why: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal(why.into()))
}

/// An Ed25519 public key.
#[derive(Debug, Clone)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads the `x` of a JSON Web Key (RFC 8037).
    pub fn parse(x: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(x).ok().filter(|bytes| bytes.len() == 32).map(Self)
    }

    /// Its thumbprint (RFC 7638).
    pub fn id(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(&self.0);
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
    }

    pub(crate) fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, &self.0);
        key.verify(text.as_bytes(), signature).is_ok()
    }
}

pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    parts.iter().fold(Sha256::new(), |hasher, part| hasher.chain_update(part)).finalize().into()
}

pub(crate) fn hash_of(hexadecimal: &str, what: &str) -> Result<Hash, Refusal> {
    let bytes = hex::decode(hexadecimal).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Refusal(format!("{what} is no SHA-256 value")))
}
