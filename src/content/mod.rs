//! The content of documents: stored once by its SHA-256, in a folder or in an S3-compatible store, and streamed in and
//! out.
//!
//! What comes in goes to a name of its own first, and to the one of its hash when it is whole. An upload that breaks off
//! leaves at most bytes no record names, which do no harm.

mod open;

use std::error::Error as StdError;
use std::io;
use std::ops::Range;
use std::sync::Arc;

pub use actix_web::web::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt, WriteMultipart};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::error::{Code, Error, Result};

/// Bytes that go to the store together; S3 takes no less but for the last ones.
const PART_BYTES: usize = 5 << 20;
/// Parts on their way at the same time: what an upload needs of memory is bounded by them.
const PARTS_IN_FLIGHT: usize = 2;

/// Where content is kept.
#[derive(Clone)]
pub struct Contents {
    store: Arc<dyn ObjectStore>,
    max_bytes: u64,
}

/// What has been taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// How many bytes.
    pub size_bytes: u64,
}

impl Contents {
    /// The largest content that is taken in.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Takes in the chunks of one content, without holding all of them. It is durable when this returns. `look` is shown
    /// the first bytes, `head_bytes` of them or all there are, before anything can be read by others.
    pub async fn keep<T>(
        &self,
        upload: Uuid,
        chunks: impl Stream<Item = Result<Bytes>> + Unpin,
        head_bytes: usize,
        look: impl FnOnce(&[u8]) -> Result<T>,
    ) -> Result<(Kept, T)> {
        let mut chunks = chunks.fuse();
        let mut head: Vec<u8> = Vec::new();
        let mut early: Vec<Bytes> = Vec::new();
        while head.len() < head_bytes
            && let Some(chunk) = chunks.next().await.transpose()?
        {
            head.extend(&chunk[..chunk.len().min(head_bytes - head.len())]);
            early.push(chunk);
        }
        let seen = look(&head)?;
        let staged = Path::from(format!("uploads/{upload}"));
        let parts = self.store.put_multipart(&staged).await.map_err(failed)?;
        let mut writer = WriteMultipart::new_with_chunk_size(parts, PART_BYTES);
        let all = futures_util::stream::iter(early.into_iter().map(Ok)).chain(chunks);
        let kept = match self.write(&mut writer, all).await {
            Ok(kept) => kept,
            Err(error) => {
                if let Err(left) = writer.abort().await {
                    tracing::warn!(%left, "an upload that broke off could not be removed");
                }
                return Err(error);
            }
        };
        writer.finish().await.map_err(failed)?;
        // Whatever lay there before had the same content; replacing it makes sure that it is whole and durable.
        self.store.rename(&staged, &place(&kept.sha256)).await.map_err(failed)?;
        Ok((kept, seen))
    }

    async fn write(
        &self,
        writer: &mut WriteMultipart,
        mut chunks: impl Stream<Item = Result<Bytes>> + Unpin,
    ) -> Result<Kept> {
        let (mut hash, mut size_bytes) = (Sha256::new(), 0_u64);
        while let Some(chunk) = chunks.next().await.transpose()? {
            size_bytes = size_bytes.saturating_add(chunk.len().try_into().unwrap_or(u64::MAX));
            if size_bytes > self.max_bytes {
                return Err(Error::new(Code::PayloadTooLarge).with("limit", self.max_bytes.to_string()));
            }
            hash.update(&chunk);
            writer.wait_for_capacity(PARTS_IN_FLIGHT).await.map_err(failed)?;
            writer.put(chunk);
        }
        Ok(Kept { sha256: hex::encode(hash.finalize()), size_bytes })
    }

    /// Some bytes of a content, as a stream; not none.
    pub async fn read(&self, sha256: &str, bytes: Range<u64>) -> Result<BoxStream<'static, Result<Bytes>>> {
        let options = GetOptions { range: Some(GetRange::Bounded(bytes)), ..GetOptions::default() };
        let found = self.store.get_opts(&place(sha256), options).await.map_err(failed)?;
        Ok(found.into_stream().map_err(failed).boxed())
    }
}

/// Two digits of the hash make a folder: no folder gets too many files.
fn place(sha256: &str) -> Path {
    let folder: String = sha256.chars().take(2).collect();
    Path::from(format!("sha256/{folder}/{sha256}"))
}

fn failed(error: object_store::Error) -> Error {
    let code = match error {
        // A record names it, so it was there.
        object_store::Error::NotFound { .. } => Code::Internal,
        _ if is_full(&error) => Code::StorageFull,
        _ => Code::ContentUnavailable,
    };
    let error = Error::new(code).caused_by(error);
    if code == Code::ContentUnavailable { error.retry_after(5) } else { error }
}

fn is_full(error: &(dyn StdError + 'static)) -> bool {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|cause| {
        matches!(cause.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
    })
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    fn contents() -> Contents {
        Contents { store: Arc::new(InMemory::new()), max_bytes: 20 << 20 }
    }

    async fn keep(contents: &Contents, chunks: Vec<Result<Bytes>>) -> Result<(Kept, Vec<u8>)> {
        let look = |head: &[u8]| Ok(head.to_vec());
        contents.keep(Uuid::from_u128(1), futures_util::stream::iter(chunks), 5, look).await
    }

    async fn stored(contents: &Contents) -> Vec<String> {
        let mut all: Vec<_> =
            contents.store.list(None).map_ok(|it| it.location.to_string()).try_collect().await.unwrap();
        all.sort();
        all
    }

    #[tokio::test]
    async fn what_is_kept_is_read_whole_and_in_part() {
        let contents = contents();
        let chunks = ["Ha", "llo ", "Welt"].map(|text| Ok(Bytes::from_static(text.as_bytes())));
        let (kept, head) = keep(&contents, chunks.into()).await.unwrap();
        assert_eq!((kept.size_bytes, head.as_slice()), (10, b"Hallo".as_slice()));
        assert_eq!(kept.sha256, hex::encode(Sha256::digest("Hallo Welt")));
        for (range, expected) in [(0..10, "Hallo Welt"), (6..8, "We"), (9..10, "t")] {
            let read: Vec<Bytes> = contents.read(&kept.sha256, range).await.unwrap().try_collect().await.unwrap();
            assert_eq!(read.concat(), expected.as_bytes());
        }
        let whole = vec![Ok(Bytes::from_static(b"Hallo Welt"))];
        assert_eq!(keep(&contents, whole).await.unwrap().0, kept);
        assert_eq!(stored(&contents).await, [place(&kept.sha256).to_string()], "the same content is stored once");
    }

    #[tokio::test]
    async fn many_parts_are_put_together_in_their_order() {
        let contents = contents();
        let bytes: Vec<u8> = (0..12_000_007_u32).map(|number| (number % 251) as u8).collect();
        let chunks = bytes.chunks(65_521).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let (kept, _) = keep(&contents, chunks).await.unwrap();
        assert_eq!(kept.sha256, hex::encode(Sha256::digest(&bytes)));
        let read: Vec<Bytes> =
            contents.read(&kept.sha256, 0..kept.size_bytes).await.unwrap().try_collect().await.unwrap();
        assert!(read.concat() == bytes);
    }

    #[tokio::test]
    async fn what_breaks_off_or_is_too_large_is_not_kept() {
        let contents = Contents { max_bytes: 7, ..contents() };
        let broken = vec![Ok(Bytes::from_static(b"Hal")), Err(Error::new(Code::RequestTimeout))];
        assert_eq!(keep(&contents, broken).await.unwrap_err().code(), Code::RequestTimeout);
        let late = vec![Ok(Bytes::from_static(b"Hallo!")), Err(Error::new(Code::RequestTimeout))];
        assert_eq!(keep(&contents, late).await.unwrap_err().code(), Code::RequestTimeout);
        let large = vec![Ok(Bytes::from_static(b"Hallo Welt"))];
        assert_eq!(keep(&contents, large).await.unwrap_err().code(), Code::PayloadTooLarge);
        assert!(stored(&contents).await.is_empty());
        assert_eq!(contents.read("ab", 0..1).await.err().map(|error| error.code()), Some(Code::Internal));
    }
}
