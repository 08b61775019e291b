//! Where the content of documents is kept.

use std::path::PathBuf;

use secrecy::SecretString;
use serde::Deserialize;

use super::{Config, optional_secret, text};

/// Where the content of documents is kept, and how large it may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentsConfig {
    /// In a folder, or in an S3-compatible store.
    pub storage: DocumentStorage,
    /// The folder; one inside the data folder without.
    #[serde(deserialize_with = "text")]
    pub folder: Option<String>,
    /// The largest content.
    pub max_bytes: u64,
    /// How long one upload may take.
    pub upload_timeout_seconds: u64,
    /// S3: the bucket.
    #[serde(deserialize_with = "text")]
    pub s3_bucket: Option<String>,
    /// S3: its region.
    pub s3_region: String,
    /// S3: where it is reached; Amazon without.
    #[serde(deserialize_with = "text")]
    pub s3_endpoint: Option<String>,
    /// S3: the id of the access key; what the machine is allowed without.
    #[serde(deserialize_with = "text")]
    pub s3_access_key_id: Option<String>,
    /// S3: the secret of the access key.
    #[serde(deserialize_with = "optional_secret")]
    pub s3_secret_access_key: Option<SecretString>,
}

/// Where content is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DocumentStorage {
    /// In a folder.
    Folder,
    /// In an S3-compatible store.
    S3,
}

impl DocumentsConfig {
    /// What is missing, by the name of the setting.
    pub(super) fn missing(&self) -> Option<(&'static str, String)> {
        if self.storage == DocumentStorage::S3 && self.s3_bucket.is_none() {
            return Some(("documents.s3_bucket", "expected the name of a bucket (documents.storage is s3)".to_owned()));
        }
        match (&self.s3_access_key_id, &self.s3_secret_access_key) {
            (Some(_), None) => Some((
                "documents.s3_access_key_id",
                "set documents.s3_secret_access_key (KH_DOCUMENTS__S3_SECRET_ACCESS_KEY) as well".to_owned(),
            )),
            (None, Some(_)) => Some((
                "documents.s3_secret_access_key",
                "set documents.s3_access_key_id (KH_DOCUMENTS__S3_ACCESS_KEY_ID) as well".to_owned(),
            )),
            _ => None,
        }
    }
}

impl Config {
    /// The folder the content of documents is kept in.
    pub fn documents_folder(&self) -> PathBuf {
        match &self.documents.folder {
            Some(folder) => folder.into(),
            None => self.data.folder.join("documents"),
        }
    }
}
