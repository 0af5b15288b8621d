use arrow::array::{ArrayRef, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder};
use datafusion::datasource::source::DataSourceExec;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::Operator;
use datafusion::physical_expr::expressions::{binary, col, lit};
use datafusion::physical_plan::collect;
use datafusion::prelude::SessionContext;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;

use super::*;

const ROWS: i64 = 1_000;

/// A file of four row groups in a store, and a way to read it.
struct Stored {
    context: SessionContext,
    store: Arc<InMemory>,
    schema: SchemaRef,
    kept: Kept,
    bytes: u64,
}

impl Stored {
    async fn new(kept_bytes: u64) -> Self {
        let schema: SchemaRef = Arc::new(Schema::new(vec![
            Field::new("id", DataType::Int64, true),
            Field::new("name", DataType::Utf8, true),
        ]));
        let ids = Arc::new((0..ROWS).collect::<Int64Array>()) as ArrayRef;
        let names = Arc::new((0..ROWS).map(|n| (n % 7 != 0).then(|| format!("name {n}"))).collect::<StringArray>());
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![ids, names]).unwrap();
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(250)).build();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let (store, size) = (Arc::new(InMemory::new()), bytes.len() as u64);
        store.put(&Path::from("t/a.parquet"), PutPayload::from(bytes)).await.unwrap();
        let context = SessionContext::new();
        context
            .runtime_env()
            .object_store_registry
            .register_store(url().as_ref(), Arc::clone(&store) as Arc<dyn ObjectStore>);
        Stored { context, store, schema, kept: Kept::new(kept_bytes), bytes: size }
    }

    /// The rows in the columns at `places` that may have an id of `from` or more.
    async fn read(&self, places: &[usize], from: Option<i64>) -> Result<Vec<RecordBatch>> {
        let readers = Arc::new(CachedParquetFileReaderFactory::new(
            Arc::clone(&self.store) as Arc<dyn ObjectStore>,
            self.kept.footers(),
        ));
        let mut source = ParquetSource::new(Arc::clone(&self.schema));
        if let Some(from) = from {
            let is_meant = binary(col("id", &self.schema)?, Operator::GtEq, lit(from), &self.schema)?;
            source = source.with_predicate(is_meant);
        }
        let source = Arc::new(KeptSource::new(source, readers, self.kept.clone()));
        let config = FileScanConfigBuilder::new(url(), source)
            .with_file_groups(vec![FileGroup::new(vec![PartitionedFile::new("t/a.parquet", self.bytes)])])
            .with_projection_indices(Some(places.to_vec()))?
            .build();
        let batches = collect(DataSourceExec::from_data_source(config), self.context.task_ctx()).await?;
        let schema = self.schema.project(places)?;
        Ok(vec![arrow::compute::concat_batches(&Arc::new(schema), &batches)?])
    }
}

fn url() -> ObjectStoreUrl {
    ObjectStoreUrl::parse("weft://test").unwrap()
}

#[tokio::test]
async fn what_is_kept_is_what_the_file_says_in_any_order_of_columns() {
    let (with, without) = (Stored::new(1 << 20).await, Stored::new(0).await);
    for round in 0..4 {
        for places in [vec![0, 1], vec![1, 0], vec![1], vec![]] {
            for from in [None, Some(600), Some(5_000)] {
                let read = with.read(&places, from).await.unwrap();
                assert_eq!(read, without.read(&places, from).await.unwrap(), "{round} {places:?} {from:?}");
            }
        }
    }
    assert!(with.kept.bytes() > 0);
    assert_eq!(without.kept.bytes(), 0);
}

#[tokio::test]
async fn what_is_kept_needs_the_store_no_more_until_it_is_forgotten() {
    let stored = Stored::new(1 << 20).await;
    let whole = stored.read(&[0, 1], None).await.unwrap();
    stored.store.delete(&Path::from("t/a.parquet")).await.unwrap();
    assert_eq!(stored.read(&[0, 1], None).await.unwrap(), whole);
    assert_eq!(stored.read(&[1], None).await.unwrap()[0].column(0), whole[0].column(1));
    stored.kept.forget();
    assert!(stored.read(&[0, 1], None).await.is_err());
}

#[tokio::test]
async fn a_part_of_a_file_is_kept_once_it_is_read_again() {
    let stored = Stored::new(1 << 20).await;
    stored.read(&[0], Some(600)).await.unwrap();
    assert_eq!(stored.kept.bytes(), 0);
    stored.read(&[0], Some(600)).await.unwrap();
    let part = stored.kept.bytes();
    stored.read(&[0], None).await.unwrap();
    assert!(part > 0 && stored.kept.bytes() > part, "{part} of {}", stored.kept.bytes());
}

#[tokio::test]
async fn a_file_that_is_laid_out_in_another_way_is_read_as_it_lies() {
    let mut stored = Stored::new(1 << 20).await;
    let narrow = Field::new("id", DataType::Int32, true);
    stored.schema = Arc::new(Schema::new(vec![narrow, Field::new("name", DataType::Utf8, true)]));
    for _ in 0..3 {
        let read = stored.read(&[0], None).await.unwrap();
        assert_eq!(read[0].num_rows(), 1_000);
    }
    assert_eq!(stored.kept.bytes(), 0);
}
