//! The Ed25519 key that signs checkpoints: derived from the oldest signing key, and none that verifies access tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde_json::json;

use super::keys::{KeyError, SigningKeys, thumbprint};

/// Signs checkpoints.
pub struct CheckpointKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl CheckpointKey {
    /// The key that follows from the oldest signing key: the same on every instance and across rotation, until that file
    /// is removed.
    pub fn of(keys: &SigningKeys) -> Result<Self, KeyError> {
        let pair =
            Ed25519KeyPair::from_seed_unchecked(&keys.derive("checkpoints")).map_err(|_| KeyError::Generation)?;
        let public = PublicKey(pair.public_key().as_ref().to_vec());
        Ok(Self { pair, public })
    }

    /// The Ed25519 signature (RFC 8032) of a text.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        self.pair.sign(text.as_bytes()).as_ref().to_vec()
    }

    /// The public key as a JWK set (RFC 7517, RFC 8037).
    pub fn jwks(&self) -> serde_json::Value {
        let (kid, x) = (self.public.id(), self.public.x());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x }] })
    }

    /// What verifies it.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("CheckpointKey").field(&self.public.id()).finish()
    }
}

/// Verifies checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads the `x` of a JSON Web Key (RFC 8037): 43 characters of base64url.
    pub fn parse(x: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(x).ok().filter(|bytes| bytes.len() == 32).map(Self)
    }

    /// As [`Self::parse`] reads it.
    pub fn x(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }

    /// Its thumbprint (RFC 7638).
    pub fn id(&self) -> String {
        thumbprint(&self.0)
    }

    /// Whether this key has signed a text.
    pub fn verifies(&self, text: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(text.as_bytes(), signature).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_signs_its_public_key_verifies_and_nothing_else() {
        let keys = SigningKeys::in_memory().unwrap();
        let key = CheckpointKey::of(&keys).unwrap();
        let signature = key.sign("a statement");
        let public = PublicKey::parse(&key.public().x()).unwrap();
        assert!(public.verifies("a statement", &signature));
        assert!(!public.verifies("another statement", &signature));
        let other = CheckpointKey::of(&SigningKeys::in_memory().unwrap()).unwrap();
        assert!(!other.public().verifies("a statement", &signature));
        assert_eq!(CheckpointKey::of(&keys).unwrap().public(), key.public(), "it is derived, not drawn");
        assert!(PublicKey::parse("AAAA").is_none());
    }

    #[test]
    fn it_verifies_no_access_token() {
        let keys = SigningKeys::in_memory().unwrap();
        let key = CheckpointKey::of(&keys).unwrap();
        assert!(keys.decoding_key(&key.public().id()).is_none());
        assert_ne!(keys.kid(), key.public().id());
    }
}
