//! Where content is kept, as it is configured.

use std::fs::{self, DirBuilder};
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use rustls::crypto::ring;
use secrecy::ExposeSecret;

use super::Contents;
use crate::config::{Config, DocumentStorage, DocumentsConfig};
use crate::error::{Error, Result};

impl Contents {
    /// Opens the configured store. A folder is made if it is not there; a store on the network is not asked before it is
    /// needed.
    ///
    /// # Errors
    /// A folder that cannot be made, or settings that do not lead to a store.
    pub fn open(config: &Config) -> Result<Self> {
        // TLS with the cryptography the databases are reached with. Whoever was faster has chosen the same.
        let _chosen = ring::default_provider().install_default();
        let settings = &config.documents;
        let store: Arc<dyn ObjectStore> = match settings.storage {
            DocumentStorage::Folder => Arc::new(folder(&config.documents_folder())?),
            DocumentStorage::S3 => Arc::new(s3(settings)?),
        };
        Ok(Self { store, max_bytes: settings.max_bytes })
    }
}

/// Readable for its owner alone.
fn folder(path: &Path) -> Result<LocalFileSystem> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Error::internal)?;
    let path = fs::canonicalize(path).map_err(Error::internal)?;
    // A record is committed only when its content survives a power failure.
    Ok(LocalFileSystem::new_with_prefix(path).map_err(Error::internal)?.with_fsync(true))
}

fn s3(settings: &DocumentsConfig) -> Result<impl ObjectStore> {
    let bucket = settings.s3_bucket.as_deref().unwrap_or_default();
    let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(&settings.s3_region);
    if let Some(endpoint) = &settings.s3_endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let (Some(id), Some(secret)) = (&settings.s3_access_key_id, &settings.s3_secret_access_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose_secret());
    }
    builder.build().map_err(Error::internal)
}
