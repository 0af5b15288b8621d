//! Files that are not ours: seeds from the repository, sources at object-store URLs.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::datatypes::{DataType as ArrowType, Field, Schema};
use bytes::Bytes;
use datafusion::catalog::TableProvider;
use datafusion::datasource::file_format::FileFormat;
use datafusion::datasource::file_format::csv::CsvFormat;
use datafusion::datasource::file_format::file_compression_type::FileCompressionType;
use datafusion::datasource::file_format::json::JsonFormat;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::execution::context::SessionState;
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use url::Url;
use uuid::Uuid;
use weft_model::SeedFormat;

use crate::StorageError;
use crate::foreign_table::foreign_table;
use crate::warehouse::open_store;

/// Which format a file has; `Delta` is a table, not a file.
pub type FileKind = SeedFormat;

/// Where sources may lie.
#[derive(Clone, Debug, Default)]
pub struct SourceLimits {
    /// Whether `file://` URLs of this machine may be read: only where whoever writes manifests may
    /// read the machine's files anyway.
    pub local_files: bool,
    /// Options of the stores, for sources that give none of their own.
    pub options: HashMap<String, String>,
}

/// A table over bytes in memory, as a seed has them. `name` tells the compression by its ending.
///
/// CSV has a header and every column is text (empty is NULL); JSON is one object a line.
pub async fn memory_table(
    state: &SessionState,
    name: &str,
    kind: FileKind,
    bytes: Bytes,
) -> Result<Arc<dyn TableProvider>, StorageError> {
    let url = Url::parse(&format!("seed://{}/", Uuid::new_v4().simple()))
        .map_err(|e| StorageError::Url { url: name.to_owned(), problem: e.to_string() })?;
    let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let file_name = name.rsplit('/').next().unwrap_or(name);
    let path = object_store::path::Path::from(file_name);
    store
        .put(&path, PutPayload::from(bytes))
        .await
        .map_err(|e| StorageError::Store { url: name.to_owned(), source: e })?;
    state.runtime_env().register_object_store(&url, store);
    let file = url.join(file_name).map_err(|e| StorageError::Url { url: name.to_owned(), problem: e.to_string() })?;
    file_table(state, &file, kind).await
}

/// A table over whatever lies at `url`, with the store's own `options` over the general ones.
///
/// # Errors
///
/// [`StorageError::Url`] for a URL that may not be read, [`StorageError::Rows`] if the files are
/// not of that format.
pub async fn source_table(
    state: &SessionState,
    url: &str,
    kind: FileKind,
    options: &HashMap<String, String>,
    limits: &SourceLimits,
) -> Result<Arc<dyn TableProvider>, StorageError> {
    let refuse = |problem: String| StorageError::Url { url: url.to_owned(), problem };
    let (parsed, store, path) = open_source(url, options, limits)?;
    if kind == FileKind::Delta {
        let open = |url: &Url| open_source(url.as_str(), options, limits).map(|(_, store, _)| store);
        return foreign_table(state, &parsed, store, path, open).await;
    }
    let base = Url::parse(&format!("{}://{}", parsed.scheme(), parsed.host_str().unwrap_or("")))
        .map_err(|e| refuse(e.to_string()))?;
    state.runtime_env().register_object_store(&base, store);
    file_table(state, &parsed, kind).await
}

/// The store of a source, and the path in it that `url` names.
pub(crate) fn open_source(
    url: &str,
    options: &HashMap<String, String>,
    limits: &SourceLimits,
) -> Result<(Url, Arc<dyn ObjectStore>, object_store::path::Path), StorageError> {
    let refuse = |problem: String| StorageError::Url { url: url.to_owned(), problem };
    let parsed = Url::parse(url).map_err(|e| refuse(e.to_string()))?;
    if parsed.scheme() == "file" && !limits.local_files {
        return Err(refuse("files of this machine may not be sources here".to_owned()));
    }
    let mut all = limits.options.clone();
    all.extend(options.clone());
    let (store, path) = open_store(&parsed, &all)?;
    Ok((parsed, store, path))
}

/// A table over files whose store the session knows already.
pub async fn file_table(
    state: &SessionState,
    url: &Url,
    kind: FileKind,
) -> Result<Arc<dyn TableProvider>, StorageError> {
    let unreadable = |e| StorageError::Rows { source: Box::new(e) };
    let gzip = url.path().ends_with(".gz");
    let compression = if gzip { FileCompressionType::GZIP } else { FileCompressionType::UNCOMPRESSED };
    let format: Arc<dyn FileFormat> = match kind {
        FileKind::Csv => {
            let csv = CsvFormat::default().with_has_header(true).with_schema_infer_max_rec(0);
            Arc::new(csv.with_file_compression_type(compression).with_null_regex(Some("^$".to_owned())))
        }
        FileKind::Json => Arc::new(JsonFormat::default().with_file_compression_type(compression)),
        FileKind::Parquet | FileKind::Delta => Arc::new(ParquetFormat::default().with_force_view_types(false)),
    };
    let listing = ListingTableUrl::parse(url.as_str()).map_err(unreadable)?;
    let options = ListingOptions::new(format).with_file_extension("");
    let inferred = options.infer_schema(state, &listing).await.map_err(unreadable)?;
    let schema = if kind == FileKind::Csv { Arc::new(as_text(&inferred)) } else { inferred };
    let config = ListingTableConfig::new(listing).with_listing_options(options).with_schema(schema);
    Ok(Arc::new(ListingTable::try_new(config).map_err(unreadable)?))
}

/// The same columns, all of them text: the contract says what they are.
fn as_text(schema: &Schema) -> Schema {
    let text = |field: &Arc<Field>| Field::new(field.name(), ArrowType::Utf8, true);
    Schema::new(schema.fields().iter().map(text).collect::<Vec<_>>())
}
