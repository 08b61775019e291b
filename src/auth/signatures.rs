//! The signatures of access tokens: Ed25519, by the same cryptography that TLS, cursors and checkpoints use.
//!
//! The token library lets its signatures be given from outside. What is not EdDSA is refused here as well, below the check
//! of the token's header.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{ErrorKind, Result};
use jsonwebtoken::signature::{Error as Refused, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use ring::error::Unspecified;
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

/// Gives the token library its signatures, if this process has not done so yet.
pub(super) fn install() {
    static PROVIDER: CryptoProvider = CryptoProvider {
        signer_factory: signer,
        verifier_factory: verifier,
        // Nothing here makes keys from JSON Web Keys by that library.
        key_utils: KeyUtils::new_unimplemented(),
    };
    if PROVIDER.install_default().is_err() {
        tracing::trace!("signatures are installed already");
    }
}

/// What stands before the private key in its PKCS#8 form without a public half (RFC 8410, section 7): all of it is fixed.
const HEAD: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// A fresh private key in its PKCS#8 form.
pub(super) fn new_key() -> std::result::Result<Vec<u8>, Unspecified> {
    let mut seed = [0; 32];
    SystemRandom::new().fill(&mut seed)?;
    Ok(pkcs8(&seed))
}

/// The PKCS#8 form of a private key.
pub(super) fn pkcs8(seed: &[u8]) -> Vec<u8> {
    [&HEAD, seed].concat()
}

/// A key in its PKCS#8 form, with its public half or without, and its private half alone.
pub(super) fn key_pair_and_seed(pkcs8: &[u8]) -> Option<(Ed25519KeyPair, [u8; 32])> {
    let pair = key_pair(pkcs8)?;
    // A public half comes behind it, and changes but values of the head. What has a longer head is told by its key.
    let seed: [u8; 32] = pkcs8.get(HEAD.len()..HEAD.len() + 32)?.try_into().ok()?;
    let same = Ed25519KeyPair::from_seed_unchecked(&seed).ok()?;
    (same.public_key().as_ref() == pair.public_key().as_ref()).then_some((pair, seed))
}

fn key_pair(pkcs8: &[u8]) -> Option<Ed25519KeyPair> {
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).ok()
}

struct Signing(Ed25519KeyPair);

struct Verifying(Vec<u8>);

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    must_be_eddsa(*algorithm, key.family())?;
    let pair = key_pair(key.as_bytes()).ok_or(ErrorKind::InvalidEddsaKey)?;
    Ok(Box::new(Signing(pair)))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    must_be_eddsa(*algorithm, key.family())?;
    Ok(Box::new(Verifying(key.try_get_as_bytes()?.to_vec())))
}

fn must_be_eddsa(algorithm: Algorithm, family: AlgorithmFamily) -> Result<()> {
    match (algorithm, family) {
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => Ok(()),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

impl Signer<Vec<u8>> for Signing {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Refused> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Signing {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

impl Verifier<Vec<u8>> for Verifying {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Refused> {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).map_err(|_| Refused::new())
    }
}

impl JwtVerifier for Verifying {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
