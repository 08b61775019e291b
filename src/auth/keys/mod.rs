//! The Ed25519 keys that sign access tokens, kept as PKCS#8 files in one folder.
//!
//! The files are read in the order of their names: the **last one signs**, every one verifies, the **first one** feeds
//! [`SigningKeys::derive`]. To rotate, add `0002.pem` beside `0001.pem` (`openssl genpkey -algorithm ed25519`), restart,
//! and remove the old file once its last token has expired. Names, not times of change, decide: a restored backup keeps
//! its order.

mod folder;

use std::fmt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{DecodingKey, EncodingKey};
use ring::hkdf;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};

pub use self::folder::KeyError;
use super::signatures;

/// Separates the secrets derived here from any other use of the same key.
const DERIVATION_SALT: &[u8] = b"kundenhistorie derived secrets v1";

/// One key pair, parsed once.
struct SigningKey {
    kid: String,
    /// The private key as RFC 8032 has it.
    seed: [u8; 32],
    pair: Ed25519KeyPair,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl SigningKey {
    fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let (pair, seed) = signatures::key_pair_and_seed(der)?;
        let public = pair.public_key().as_ref();
        Some(Self {
            kid: thumbprint(public),
            seed,
            encoding: EncodingKey::from_ed_der(der),
            decoding: DecodingKey::from_ed_der(public),
            pair,
        })
    }

    fn jwk(&self) -> serde_json::Value {
        json!({
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": self.kid, "x": URL_SAFE_NO_PAD.encode(self.pair.public_key()),
        })
    }
}

/// Every key this service verifies with, and the one it signs with.
pub struct SigningKeys {
    newest: SigningKey,
    /// Oldest first.
    older: Vec<SigningKey>,
    derivation: hkdf::Prk,
}

impl SigningKeys {
    /// Loads the `*.pem` files of `folder`. The first start creates the folder (mode 0700) and a key (mode 0600); when
    /// several processes start at once, exactly one of their keys survives and all of them load it.
    pub fn load_or_create(folder: &Path) -> Result<Self, KeyError> {
        signatures::install();
        let keys = folder::read_or_create(folder)?
            .into_iter()
            .map(|(path, pkcs8)| SigningKey::from_pkcs8(&pkcs8).ok_or(KeyError::Invalid { path }))
            .collect::<Result<Vec<_>, _>>()?;
        Self::from_oldest_first(keys)
    }

    /// A fresh key that is written nowhere.
    pub fn in_memory() -> Result<Self, KeyError> {
        signatures::install();
        Self::from_oldest_first(SigningKey::from_pkcs8(&signatures::new_key()?).into_iter().collect())
    }

    fn from_oldest_first(mut keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        let newest = keys.pop().ok_or(KeyError::Generation)?;
        let oldest = keys.first().unwrap_or(&newest);
        let derivation = hkdf::Salt::new(hkdf::HKDF_SHA256, DERIVATION_SALT).extract(&oldest.seed);
        Ok(Self { newest, older: keys, derivation })
    }

    fn newest_first(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.newest).chain(self.older.iter().rev())
    }

    /// Id of the key that signs: its thumbprint (RFC 7638), 43 characters of base64url.
    pub fn kid(&self) -> &str {
        &self.newest.kid
    }

    /// The Ed25519 signature (RFC 8032) of `message` by the key named by [`Self::kid`].
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.newest.pair.sign(message).as_ref());
        signature
    }

    /// The key that signs, in the form the token library takes.
    pub(super) fn encoding_key(&self) -> &EncodingKey {
        &self.newest.encoding
    }

    /// The public key with this id.
    pub(super) fn decoding_key(&self, kid: &str) -> Option<&DecodingKey> {
        self.newest_first().find(|key| key.kid == kid).map(|key| &key.decoding)
    }

    /// The public keys as a JWK set (RFC 7517, RFC 8037), newest first.
    pub fn jwks(&self) -> serde_json::Value {
        json!({ "keys": self.newest_first().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    /// A secret for one purpose, by HKDF-SHA256 (RFC 5869) from the oldest private key: the same on every instance and
    /// across rotation, until the oldest file is removed.
    #[expect(clippy::expect_used, reason = "HKDF fails only beyond 255 blocks; 32 bytes are one")]
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut secret = [0; 32];
        let info = [purpose.as_bytes()];
        let block = self.derivation.expand(&info, hkdf::HKDF_SHA256);
        block.and_then(|block| block.fill(&mut secret)).expect("one block");
        secret
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.newest_first().map(|key| &key.kid)).finish()
    }
}

/// RFC 7638 over the members RFC 8037 names, in their required order.
pub(super) fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    /// RFC 8037, appendix A.1.
    const RFC_8037_SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
    const RFC_8037_PUBLIC: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn rfc_8037_key() -> SigningKey {
        SigningKey::from_pkcs8(&signatures::pkcs8(&bytes(RFC_8037_SEED))).unwrap()
    }

    fn bytes(base64url: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(base64url).unwrap()
    }

    fn write_key(folder: &Path, name: &str) -> SigningKeys {
        let other = tempfile::tempdir().unwrap();
        let keys = SigningKeys::load_or_create(other.path()).unwrap();
        fs::copy(other.path().join("0001.pem"), folder.join(name)).unwrap();
        keys
    }

    #[test]
    fn key_ids_and_signatures_are_those_of_rfc_8037() {
        let keys = SigningKeys::from_oldest_first(vec![rfc_8037_key()]).unwrap();
        assert_eq!(keys.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let signature = keys.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
        assert_eq!(
            URL_SAFE_NO_PAD.encode(signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
    }

    #[test]
    fn keys_with_their_public_half_are_read_and_ambiguous_ones_are_not() {
        let (seed, public) = (bytes(RFC_8037_SEED), bytes(RFC_8037_PUBLIC));
        let head = hex::decode("3051020101300506032b657004220420").unwrap();
        let with_public_half = [head, seed.clone(), hex::decode("812100").unwrap(), public].concat();
        assert_eq!(SigningKey::from_pkcs8(&with_public_half).unwrap().seed.as_slice(), seed);
        // Attributes make the head longer: another place than that of the private key.
        let inner =
            [hex::decode("020100300506032b657004220420").unwrap(), seed, hex::decode("a050").unwrap(), vec![0; 80]];
        let inner = inner.concat();
        let long = [vec![0x30, 0x81, u8::try_from(inner.len()).unwrap()], inner].concat();
        assert!(signatures::key_pair_and_seed(&long).is_none());
    }

    #[test]
    fn the_key_set_holds_public_members_only() {
        let keys = SigningKeys::from_oldest_first(vec![rfc_8037_key()]).unwrap();
        let expected = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "x": RFC_8037_PUBLIC,
        }]});
        assert_eq!(keys.jwks(), expected);
        assert!(!format!("{keys:?}").contains(RFC_8037_SEED));
    }

    #[test]
    fn derived_secrets_are_hkdf_of_the_private_key() {
        let keys = SigningKeys::from_oldest_first(vec![rfc_8037_key()]).unwrap();
        // Computed with another implementation of RFC 5869.
        let expected = "a964352a8d4b47d9dc914af10db0f8dec48fef65eb60066488356bf54033622f";
        assert_eq!(hex::encode(keys.derive("cursor")), expected);
        assert_ne!(keys.derive("cursor"), keys.derive("cursors"));
    }

    #[test]
    fn rotation_signs_with_the_last_file_and_verifies_with_all() {
        let folder = tempfile::tempdir().unwrap();
        let old = SigningKeys::load_or_create(folder.path()).unwrap();
        let new = write_key(folder.path(), "0002.pem");
        let both = SigningKeys::load_or_create(folder.path()).unwrap();
        assert_eq!(both.kid(), new.kid());
        assert!(both.decoding_key(old.kid()).is_some() && both.decoding_key(new.kid()).is_some());
        assert_eq!(both.derive("cursor"), old.derive("cursor"), "what was derived before stays readable");
        let public = both.decoding_key(new.kid()).unwrap().try_get_as_bytes().unwrap();
        assert!(UnparsedPublicKey::new(&ED25519, public).verify(b"message", &both.sign(b"message")).is_ok());
        let kids: Vec<_> = both.jwks()["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        assert_eq!(kids, [new.kid(), old.kid()]);
    }
}
