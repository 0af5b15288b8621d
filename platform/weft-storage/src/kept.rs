//! What is kept in memory of data files: their footers, and columns of their row groups as Arrow.
//!
//! A data file never changes, so nothing kept of it becomes wrong; what is no longer asked for makes room. All of it
//! lies below the barrier: no key knows who asked.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arrow::array::{Array, ArrayRef};
use datafusion::execution::cache::cache_manager::{CacheManager, CacheManagerConfig, FileMetadataCache};
use moka::sync::Cache;
use object_store::path::Path;

/// Bytes of footers and page indexes.
const FOOTER_BYTES: usize = 256 << 20;
/// The same where nothing is kept but what one query reads twice.
const FOOTER_BYTES_OF_PAST: usize = 1 << 20;
/// Of how many columns of files it is known that they were read before.
const READ_BEFORE: u64 = 1_000_000;
/// Where memory is full, one reading in so many tries whether its columns are asked for more often than others.
const TRY: u64 = 8;

/// The values of a chunk, in pieces of [`PIECE_ROWS`] rows but for the last.
pub(crate) type Pieces = Arc<[ArrayRef]>;

/// Rows of a piece: as many as go out at once where a table is read as it lies, so that none has to be cut.
pub(crate) const PIECE_ROWS: usize = 32_768;

/// One column of one row group of a file.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Chunk {
    pub(crate) file: Path,
    pub(crate) group: usize,
    pub(crate) column: usize,
}

/// The memory of one process for data files. Clones are the same memory.
#[derive(Clone)]
pub(crate) struct Kept {
    footers: Arc<FileMetadataCache>,
    columns: Cache<Chunk, Pieces>,
    /// Columns of files that were read once.
    before: Cache<(Path, usize), ()>,
    bytes_max: u64,
    tries: Arc<AtomicU64>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kept").field("bytes_max", &self.bytes_max).finish_non_exhaustive()
    }
}

impl Kept {
    /// At most `bytes_max` bytes of columns; 0 keeps none. Footers have room of their own.
    pub(crate) fn new(bytes_max: u64) -> Self {
        let weight = |_: &Chunk, values: &Pieces| {
            let bytes: usize = values.iter().map(|piece| piece.get_array_memory_size()).sum();
            u32::try_from(bytes >> 10).unwrap_or(u32::MAX)
        };
        Kept {
            footers: footers(FOOTER_BYTES),
            columns: Cache::builder().max_capacity(bytes_max >> 10).weigher(weight).build(),
            before: Cache::new(READ_BEFORE),
            bytes_max,
            tries: Arc::default(),
        }
    }

    /// For what is read once: no columns, and few footers.
    pub(crate) fn none() -> Self {
        Kept { footers: footers(FOOTER_BYTES_OF_PAST), ..Kept::new(0) }
    }

    pub(crate) fn footers(&self) -> Arc<FileMetadataCache> {
        Arc::clone(&self.footers)
    }

    /// Whether anything is kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.bytes_max > 0
    }

    /// Whether to take these columns of a file from here, which reads whole row groups where they are not kept yet:
    /// where `all` of the file is read and there is room, and else from the second time on that they are asked for.
    pub(crate) fn is_worth_it(&self, file: &Path, columns: &[usize], all: bool) -> bool {
        let keys: Vec<_> = columns.iter().map(|column| (file.clone(), *column)).collect();
        let all_before = keys.iter().all(|key| self.before.contains_key(key));
        let is_there = self.holds(file, columns);
        if !all_before {
            keys.into_iter().for_each(|key| self.before.insert(key, ()));
            return is_there || (all && self.has_room());
        }
        is_there || self.has_room() || self.tries.fetch_add(1, Ordering::Relaxed).is_multiple_of(TRY)
    }

    /// Whether these columns of a file are kept, as far as its first rows tell.
    pub(crate) fn holds(&self, file: &Path, columns: &[usize]) -> bool {
        let chunk = |column: &usize| Chunk { file: file.clone(), group: 0, column: *column };
        columns.iter().all(|column| self.columns.contains_key(&chunk(column)))
    }

    /// The columns of which anything is kept in one of these files and was asked for there. Looks at all that is kept.
    pub(crate) fn columns_of(&self, files: &HashSet<&Path>) -> BTreeSet<usize> {
        let kept = self.columns.iter().map(|(chunk, _)| chunk).filter(|chunk| files.contains(&chunk.file));
        let is_asked_for = |chunk: &Arc<Chunk>| self.before.contains_key(&(chunk.file.clone(), chunk.column));
        kept.filter(is_asked_for).map(|chunk| chunk.column).collect()
    }

    pub(crate) fn get(&self, chunk: &Chunk) -> Option<Pieces> {
        let found = self.columns.get(chunk);
        let outcome = if found.is_some() { "hit" } else { "miss" };
        metrics::counter!("weft_kept_columns_total", "outcome" => outcome).increment(1);
        found
    }

    pub(crate) fn keep(&self, chunk: Chunk, values: Pieces) {
        self.columns.insert(chunk, values);
        metrics::gauge!("weft_kept_columns_bytes").set(self.bytes() as f64);
    }

    /// Bytes of columns that are kept.
    pub(crate) fn bytes(&self) -> u64 {
        self.columns.run_pending_tasks();
        self.columns.weighted_size() << 10
    }

    /// Forgets what is kept of these files.
    pub(crate) fn forget_files(&self, files: &HashSet<&Path>) {
        for (chunk, _) in &self.columns {
            if files.contains(&chunk.file) {
                self.columns.invalidate(chunk.as_ref());
            }
        }
        for file in files {
            self.footers.remove(file);
        }
        metrics::gauge!("weft_kept_columns_bytes").set(self.bytes() as f64);
    }

    /// Forgets columns and footers.
    pub(crate) fn forget(&self) {
        self.columns.invalidate_all();
        self.columns.run_pending_tasks();
        self.footers.clear();
    }

    /// Whether more columns may be kept without others going for them.
    pub(crate) fn has_room(&self) -> bool {
        self.bytes() < self.bytes_max / 16 * 15
    }
}

fn footers(bytes_max: usize) -> Arc<FileMetadataCache> {
    let settings = CacheManagerConfig::default().with_metadata_cache_limit(bytes_max);
    let cache = CacheManager::try_new(&settings).map(|manager| manager.get_file_metadata_cache());
    cache.unwrap_or_else(|_| {
        datafusion::execution::runtime_env::RuntimeEnv::default().cache_manager.get_file_metadata_cache()
    })
}
