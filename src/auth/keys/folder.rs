//! The folder the signing keys live in: made on the first start, readable for its owner only.

use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::EncodingKey;
use ring::error::Unspecified;

use crate::auth::signatures;

/// Why the signing keys could not be loaded or created.
#[derive(Debug)]
pub enum KeyError {
    /// Reading or writing failed.
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// Not an Ed25519 private key in PKCS#8 PEM form.
    Invalid {
        /// The file.
        path: PathBuf,
    },
    /// Others may read the key, or put one of their own beside it.
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The cryptographic library could not make a key.
    Generation,
}

impl KeyError {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |cause| Self::Io { path: path.to_owned(), cause }
    }
}

impl From<Unspecified> for KeyError {
    fn from(_: Unspecified) -> Self {
        Self::Generation
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, cause } => write!(formatter, "signing keys: {}: {cause}", path.display()),
            Self::Invalid { path } => {
                write!(formatter, "signing keys: {} is not an Ed25519 private key in PKCS#8 PEM form", path.display())
            }
            Self::Exposed { path, mode } => write!(
                formatter,
                "signing keys: {} is open to others (mode {mode:o}); run: chmod go= '{}'",
                path.display(),
                path.display()
            ),
            Self::Generation => formatter.write_str("signing keys: the cryptographic library could not make a key"),
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

/// Path and PKCS#8 bytes of every `*.pem` file in the order of their names; creates the first one when there is none.
pub(super) fn read_or_create(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, KeyError> {
    create_private_folder(folder)?;
    let mut files = key_files(folder)?;
    if files.is_empty() {
        create_first_key(folder)?;
        files = key_files(folder)?;
    }
    files.into_iter().map(read).collect()
}

fn key_files(folder: &Path) -> Result<Vec<PathBuf>, KeyError> {
    let entries =
        fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(KeyError::io(folder))?;
    let mut files: Vec<_> = entries
        .iter()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "pem"))
        .collect();
    files.sort();
    Ok(files)
}

fn read(path: PathBuf) -> Result<(PathBuf, Vec<u8>), KeyError> {
    refuse_exposed_file(&path)?;
    let pem = fs::read(&path).map_err(KeyError::io(&path))?;
    match EncodingKey::from_ed_pem(&pem) {
        Ok(key) => Ok((path, key.as_bytes().to_vec())),
        Err(_) => Err(KeyError::Invalid { path }),
    }
}

/// Writes a complete file under another name first and then links it, which fails if the name is taken: nobody ever
/// reads half a key, and of two first starts one wins.
fn create_first_key(folder: &Path) -> Result<(), KeyError> {
    let path = folder.join("0001.pem");
    let draft = folder.join(format!(".{}.new", hex::encode(rand::random::<[u8; 8]>())));
    let base64 = STANDARD.encode(signatures::new_key()?);
    let write = || {
        let mut file = private_file(&draft)?;
        // RFC 7468 wraps at 64 characters; this key form has exactly 64.
        writeln!(file, "-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----")?;
        file.sync_all()?;
        match fs::hard_link(&draft, &path) {
            Err(taken) if taken.kind() == ErrorKind::AlreadyExists => Ok(()),
            result => result,
        }
    };
    let written = write();
    let removed = fs::remove_file(&draft);
    written.and(removed).and_then(|()| File::open(folder)?.sync_all()).map_err(KeyError::io(&path))
}

#[cfg(unix)]
fn create_private_folder(folder: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(KeyError::io(folder))?;
    let mode = fs::metadata(folder).map_err(KeyError::io(folder))?.permissions().mode() & 0o777;
    // Whoever may write here may add a key that this service then trusts.
    if mode & 0o022 == 0 { Ok(()) } else { Err(KeyError::Exposed { path: folder.to_owned(), mode }) }
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(unix)]
fn refuse_exposed_file(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path).map_err(KeyError::io(path))?.permissions().mode() & 0o777;
    // The group may read: that is how orchestrators mount secrets for a service that is not root.
    if mode & 0o037 == 0 { Ok(()) } else { Err(KeyError::Exposed { path: path.to_owned(), mode }) }
}

/// Elsewhere the folder's access list decides, which the standard library cannot see.
#[cfg(not(unix))]
fn create_private_folder(folder: &Path) -> Result<(), KeyError> {
    DirBuilder::new().recursive(true).create(folder).map_err(KeyError::io(folder))
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn refuse_exposed_file(_: &Path) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;
    use crate::auth::keys::SigningKeys;

    #[cfg(unix)]
    fn mode(path: &Path) -> u32 {
        use std::os::unix::fs::PermissionsExt;
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[cfg(unix)]
    fn set_mode(path: &Path, mode: u32) {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_first_start_creates_a_private_key_and_later_ones_read_it() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("deep/keys");
        let first = SigningKeys::load_or_create(&folder).unwrap();
        let second = SigningKeys::load_or_create(&folder).unwrap();
        assert_eq!(first.jwks(), second.jwks());
        assert_eq!(first.derive("x"), second.derive("x"));
        let names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["0001.pem"], "no draft stays behind");
        #[cfg(unix)]
        assert_eq!((mode(&folder), mode(&folder.join("0001.pem"))), (0o700, 0o600));
    }

    #[test]
    fn simultaneous_first_starts_agree_on_one_key() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("keys");
        let start = std::sync::Barrier::new(8);
        let kids: Vec<_> = std::thread::scope(|scope| {
            let starts: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        SigningKeys::load_or_create(&folder).unwrap().kid().to_owned()
                    })
                })
                .collect();
            starts.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(kids.iter().all(|kid| *kid == kids[0]), "{kids:?}");
    }

    #[test]
    fn other_files_are_ignored_and_broken_keys_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let keys = SigningKeys::load_or_create(folder.path()).unwrap();
        fs::write(folder.path().join(".1234.new"), "half a").unwrap();
        fs::write(folder.path().join("README"), "about").unwrap();
        assert_eq!(SigningKeys::load_or_create(folder.path()).unwrap().kid(), keys.kid());

        let ec = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        let wrong = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(ec));
        for content in ["", "nonsense", &wrong] {
            let path = folder.path().join("0002.pem");
            fs::write(&path, content).unwrap();
            #[cfg(unix)]
            set_mode(&path, 0o600);
            let error = SigningKeys::load_or_create(folder.path()).unwrap_err();
            assert!(matches!(&error, KeyError::Invalid { path: named } if *named == path), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn keys_open_to_others_stop_the_start() {
        let folder = tempfile::tempdir().unwrap();
        SigningKeys::load_or_create(folder.path()).unwrap();
        let file = folder.path().join("0001.pem");
        for (path, mode, fine) in [
            (file.as_path(), 0o644, false),
            (&file, 0o620, false),
            (&file, 0o604, false),
            (&file, 0o440, true),
            (&file, 0o600, true),
            (folder.path(), 0o777, false),
            (folder.path(), 0o720, false),
            (folder.path(), 0o755, true),
        ] {
            set_mode(path, mode);
            let loaded = SigningKeys::load_or_create(folder.path());
            assert_eq!(loaded.is_ok(), fine, "{} {mode:o}", path.display());
            if let Err(error) = loaded {
                assert!(error.to_string().contains("chmod"), "{error}");
            }
        }
    }
}
