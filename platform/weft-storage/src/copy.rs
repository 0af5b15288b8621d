//! Every object of a warehouse as a file of a folder, and back: for backups.

use std::path::Path as Folder;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, WriteMultipart};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{StorageError, Warehouse};

/// How many objects are copied at the same time.
const AT_A_TIME: usize = 8;

/// Up to how many bytes an object is copied in one piece.
const SMALL: u64 = 8 << 20;

/// An object of a warehouse in a copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CopiedObject {
    /// Relative to the warehouse, and to the folder of the copy.
    pub path: String,
    pub bytes: u64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

impl Warehouse {
    /// Copies every object of the warehouse into `folder`, which must exist, and gives them in order of path. What is
    /// written meanwhile may be missing; what is deleted meanwhile is left out.
    ///
    /// # Errors
    ///
    /// [`StorageError::Store`]; the folder may hold a part then.
    pub async fn copy_out(&self, folder: &Folder) -> Result<Vec<CopiedObject>, StorageError> {
        let target = self.local(folder)?;
        let mut paths = Vec::new();
        let mut listed = self.root.list(Some(&self.prefix));
        while let Some(object) = listed.try_next().await.map_err(|error| self.store_error(error))? {
            paths.push(object.location);
        }
        let copies = paths.into_iter().map(|path| {
            let (relative, target) = (self.relative(&path), Arc::clone(&target));
            async move {
                match copy(self.root.as_ref(), &path, target.as_ref(), &Path::from(relative.as_str())).await {
                    Ok((bytes, sha256)) => Ok(Some(CopiedObject { path: relative, bytes, sha256 })),
                    Err(object_store::Error::NotFound { .. }) => Ok(None),
                    Err(error) => Err(self.store_error(error)),
                }
            }
        });
        let copied = stream::iter(copies).buffer_unordered(AT_A_TIME).try_collect::<Vec<_>>().await?;
        let mut copied: Vec<CopiedObject> = copied.into_iter().flatten().collect();
        copied.sort();
        Ok(copied)
    }

    /// Fills this warehouse, which must hold nothing yet, with `objects` from a folder that
    /// [`copy_out`](Self::copy_out) filled: first what nothing refers to, so that no reader of it finds half a table.
    ///
    /// # Errors
    ///
    /// [`StorageError::NotEmpty`]; [`StorageError::Corrupt`] where a file is not what was copied;
    /// [`StorageError::Store`]. On the last two the warehouse holds a part.
    pub async fn copy_in(&self, folder: &Folder, objects: &[CopiedObject]) -> Result<(), StorageError> {
        let there = self.root.list(Some(&self.prefix)).try_next().await.map_err(|error| self.store_error(error))?;
        if there.is_some() {
            return Err(StorageError::NotEmpty { url: self.url().to_string() });
        }
        let source = self.local(folder)?;
        // Data, then the logs that name it, then the releases that name versions of tables.
        for stage in [Stage::Data, Stage::Log, Stage::Rest] {
            let of_stage = objects.iter().filter(|object| Stage::of(&object.path) == stage);
            let copies = of_stage.map(|object| {
                let source = Arc::clone(&source);
                async move {
                    let from = Path::from(object.path.as_str());
                    let copied = copy(source.as_ref(), &from, self.root.as_ref(), &self.path(&object.path)).await;
                    match copied.map_err(|error| self.store_error(error))? {
                        (bytes, sha256) if bytes == object.bytes && sha256 == object.sha256 => Ok(()),
                        _ => Err(StorageError::Corrupt {
                            path: object.path.clone(),
                            problem: "the copy is not what was copied".to_owned(),
                        }),
                    }
                }
            });
            stream::iter(copies).buffer_unordered(AT_A_TIME).try_collect::<()>().await?;
        }
        Ok(())
    }

    fn local(&self, folder: &Folder) -> Result<Arc<dyn ObjectStore>, StorageError> {
        let local = LocalFileSystem::new_with_prefix(folder).map_err(|error| self.store_error(error))?;
        Ok(Arc::new(local))
    }

    fn relative(&self, path: &Path) -> String {
        let parts = path.prefix_match(&self.prefix);
        parts.map_or_else(String::new, |parts| parts.map(|part| part.as_ref().to_owned()).collect::<Vec<_>>().join("/"))
    }
}

/// When an object is written into a warehouse that is filled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Data,
    Log,
    Rest,
}

impl Stage {
    fn of(path: &str) -> Stage {
        match path {
            log if log.contains("/_delta_log/") => Stage::Log,
            data if data.ends_with(".parquet") => Stage::Data,
            _ => Stage::Rest,
        }
    }
}

/// Copies an object, as it comes where it is large; its size and SHA-256.
async fn copy(
    source: &dyn ObjectStore,
    from: &Path,
    target: &dyn ObjectStore,
    to: &Path,
) -> Result<(u64, String), object_store::Error> {
    let found = source.get(from).await?;
    let bytes = found.meta.size;
    if bytes <= SMALL {
        let body = found.bytes().await?;
        let digest = hex::encode(Sha256::digest(&body));
        target.put(to, body.into()).await?;
        return Ok((bytes, digest));
    }
    let mut body = found.into_stream();
    let mut write = WriteMultipart::new(target.put_multipart(to).await?);
    let mut digest = Sha256::new();
    while let Some(chunk) = body.next().await {
        let chunk = match chunk {
            Ok(chunk) => chunk,
            Err(error) => {
                write.abort().await?;
                return Err(error);
            }
        };
        digest.update(&chunk);
        write.wait_for_capacity(AT_A_TIME).await?;
        write.put(chunk);
    }
    write.finish().await?;
    Ok((bytes, hex::encode(digest.finalize())))
}

#[cfg(test)]
mod tests {
    use object_store::PutPayload;
    use object_store::memory::InMemory;

    use super::*;

    async fn filled() -> Warehouse {
        let warehouse = Warehouse::over(Arc::new(InMemory::new()), "memory:///mesh").unwrap();
        for (path, text) in [
            ("sales/orders/lines/part-0.parquet", "rows"),
            ("sales/orders/lines/_delta_log/00000000000000000000.json", "{}"),
            ("sales/_releases/orders/1.json", "{\"number\":1}"),
            ("_fence/1.json", ""),
        ] {
            warehouse.root.put(&warehouse.path(path), PutPayload::from_static(text.as_bytes())).await.unwrap();
        }
        warehouse
    }

    #[tokio::test]
    async fn a_warehouse_that_is_filled_from_a_copy_holds_the_same() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let copied = filled().await.copy_out(one.path()).await.unwrap();
        assert_eq!(copied.iter().map(|object| object.bytes).collect::<Vec<_>>(), [0, 12, 2, 4]);
        let other = Warehouse::over(Arc::new(InMemory::new()), "memory:///elsewhere/else").unwrap();
        other.copy_in(one.path(), &copied).await.unwrap();
        assert_eq!(other.copy_out(two.path()).await.unwrap(), copied);
        assert!(matches!(other.copy_in(one.path(), &copied).await, Err(StorageError::NotEmpty { .. })));
    }

    #[tokio::test]
    async fn a_file_that_was_changed_since_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let copied = filled().await.copy_out(folder.path()).await.unwrap();
        std::fs::write(folder.path().join("sales/orders/lines/part-0.parquet"), "raws").unwrap();
        let other = Warehouse::over(Arc::new(InMemory::new()), "memory:///mesh").unwrap();
        let error = other.copy_in(folder.path(), &copied).await.unwrap_err();
        assert!(matches!(&error, StorageError::Corrupt { path, .. } if path.ends_with("part-0.parquet")), "{error}");
    }
}
