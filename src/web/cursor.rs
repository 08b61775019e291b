//! Cursors: opaque to callers, proof against tampering, and bound to the list they were made for.
//!
//! AES-256-GCM under a key derived from the signing key. What is authenticated besides the content is
//! the list's address, filter and order; a cursor used elsewhere does not open.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest, Sha256};

use crate::entities::keyset::Mark;
use crate::error::{Code, Error, Result};

/// Longest cursor we made or accept, in characters.
pub const LENGTH_MAX: usize = 4096;

/// Makes and opens cursors.
pub struct Cursors {
    key: LessSafeKey,
}

/// What a cursor is bound to.
pub type Binding = [u8; 32];

/// The binding of a list: its address and everything that filters or orders it.
pub fn binding<'a>(path: &str, parameters: impl Iterator<Item = (&'a str, &'a str)>) -> Binding {
    let mut parameters: Vec<_> = parameters.collect();
    parameters.sort_unstable();
    let mut hasher = Sha256::new();
    hasher.update(path);
    for (name, value) in parameters {
        hasher.update([0]);
        hasher.update(name);
        hasher.update([1]);
        hasher.update(value);
    }
    hasher.finalize().into()
}

impl Cursors {
    /// With a secret that all instances share.
    pub fn new(secret: [u8; 32]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, &secret).map_err(|_| Error::internal("cursor key refused"))?;
        Ok(Self { key: LessSafeKey::new(key) })
    }

    /// A cursor that leads to `mark` in the list of `binding`. The first half of the binding is shown to
    /// the opener, so that "made for another list" can be told from "not made here".
    pub fn seal(&self, mark: &Mark, binding: &Binding) -> Result<String> {
        let mut content = serde_json::to_vec(&(mark.backward, &mark.values)).map_err(Error::internal)?;
        let mut nonce = [0; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).map_err(|_| Error::internal("no randomness"))?;
        let mut sealed = binding[..8].to_vec();
        sealed.extend(nonce);
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&binding[..8]), &mut content)
            .map_err(|_| Error::internal("cursor cannot be sealed"))?;
        sealed.extend(content);
        Ok(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a cursor a caller sent back.
    pub fn open(&self, cursor: &str, binding: &Binding) -> Result<Mark> {
        let invalid = || Error::new(Code::InvalidCursor);
        let mut sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let (bound, rest) = sealed.split_at_mut_checked(8).ok_or_else(invalid)?;
        let (nonce, content) = rest.split_at_mut_checked(NONCE_LEN).ok_or_else(invalid)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| invalid())?;
        let content = self.key.open_in_place(nonce, Aad::from(&*bound), content).map_err(|_| invalid())?;
        if bound != &binding[..8] {
            return Err(Error::new(Code::CursorMismatch));
        }
        let (backward, values) = serde_json::from_slice(content).map_err(|_| invalid())?;
        Ok(Mark { values, backward })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_cursor_opens_only_where_it_was_made_and_unchanged() {
        let cursors = Cursors::new([7; 32]).unwrap();
        let here = binding("/v1/customers", [("kind", "person")].into_iter());
        let there = binding("/v1/customers", [("kind", "company")].into_iter());
        let mark = Mark { values: vec![json!("müller"), json!(null), json!(3)], backward: true };
        let cursor = cursors.seal(&mark, &here).unwrap();
        assert_eq!(cursors.open(&cursor, &here).unwrap(), mark);
        assert_eq!(cursors.open(&cursor, &there).unwrap_err().code(), Code::CursorMismatch);
        for index in 0..cursor.len() {
            let mut tampered = cursor.clone().into_bytes();
            tampered[index] = if tampered[index] == b'A' { b'B' } else { b'A' };
            let tampered = String::from_utf8(tampered).unwrap();
            assert!(tampered == cursor || cursors.open(&tampered, &here).is_err(), "byte {index}");
        }
    }
}
