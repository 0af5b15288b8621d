//! Data files that one version of a table does not name, and what they are called to people.

use std::collections::HashSet;

use object_store::ObjectStoreExt;
use object_store::path::Path;

use crate::{StorageError, TableFile, Warehouse};

impl Warehouse {
    /// The data files in the folder of the table at `location` that `version` does not name, relative to the warehouse
    /// and in order: those of other versions, and those that no commit names.
    ///
    /// # Errors
    ///
    /// If the version cannot be opened, or the store not be asked.
    pub async fn superseded(&self, location: &str, version: u64) -> Result<Vec<String>, StorageError> {
        let found = self.objects_besides(location, version).await?;
        Ok(self.called(found.iter()))
    }

    /// Deletes these files at once, whoever may still read them, and names them. `version` must be the newest, and
    /// nobody may be writing the table. Stopping in between leaves some of them for the next time.
    ///
    /// # Errors
    ///
    /// As [`superseded`](Self::superseded).
    pub async fn forget_superseded(&self, location: &str, version: u64) -> Result<Vec<String>, StorageError> {
        let found = self.objects_besides(location, version).await?;
        for path in &found {
            match self.root.delete(path).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(self.store_error(error)),
            }
        }
        // Nor is anything of them left in memory.
        self.forget_kept();
        Ok(self.called(found.iter()))
    }

    /// Whether all of `files`, which are of the table at `location`, are still there. Lists the table's folder once.
    ///
    /// # Errors
    ///
    /// If the store cannot be asked.
    pub async fn has_files(&self, location: &str, files: &[TableFile]) -> Result<bool, StorageError> {
        let there: HashSet<Path> =
            self.data_objects(location).await?.into_iter().map(|object| object.location).collect();
        Ok(files.iter().all(|file| there.contains(&file.path)))
    }

    /// What `files` are called, relative to the warehouse and in order.
    pub fn names_of(&self, files: &[TableFile]) -> Vec<String> {
        self.called(files.iter().map(|file| &file.path))
    }

    async fn objects_besides(&self, location: &str, version: u64) -> Result<Vec<Path>, StorageError> {
        let table = self.table(location, version).await?;
        let named: HashSet<&Path> = table.files.iter().map(|file| &file.path).collect();
        let objects = self.data_objects(location).await?.into_iter().map(|object| object.location);
        Ok(objects.filter(|path| !named.contains(path)).collect())
    }

    fn called<'a>(&self, paths: impl Iterator<Item = &'a Path>) -> Vec<String> {
        let prefix = &self.prefix;
        let inside = |path: &Path| match path.prefix_match(prefix) {
            Some(parts) => parts.collect::<Path>().to_string(),
            None => path.to_string(),
        };
        let mut names: Vec<String> = paths.map(inside).collect();
        names.sort();
        names
    }
}
