//! Unit tests of transforms: each query run on the rows of its tests, before any plan applies.

mod difference;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::{Schema, SchemaRef};
use arrow::record_batch::RecordBatch;
use chrono::NaiveDate;
use weft_catalog::product_of_file;
use weft_engine::{QueryError, try_query};
use weft_model::{
    Code, DataProduct, Declared, Diagnostic, ManifestTree, Place, PortRef, ProductRef, Published, TransformTest,
};
use weft_storage::{arrow_schema, nullable_schema};

use crate::sql_check::{self, Offers};

/// What became of one test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestVerdict {
    Passed,
    Failed,
    /// Its product has errors, so there is nothing to run.
    NotRun,
}

/// One test and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    pub product: ProductRef,
    /// Path of the test in the repository.
    pub file: String,
    pub verdict: TestVerdict,
}

/// What became of the tests of a revision.
#[derive(Clone, Debug, Default)]
pub struct Tested {
    /// In order of file.
    pub outcomes: Vec<TestOutcome>,
    /// One for each test that failed, and what keeps the others from being run. In the order in which
    /// people read them.
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs the tests of transforms whose files are `wanted`, and nothing else, over ports that are called as on
/// `today`. Touches no table; total.
pub async fn test(tree: &ManifestTree, today: NaiveDate, wanted: impl Fn(&str) -> bool) -> Tested {
    let published = Published::default();
    let (mut declared, mut diagnostics) = weft_manifest::read(tree, today);
    diagnostics.extend(sql_check::check(tree, &mut declared, &published));
    let offers = Offers::of(&declared, &published);
    let mut tested = Tested::default();
    let tests: BTreeMap<&str, &TransformTest> = declared.tests.iter().map(|test| (test.file.as_str(), test)).collect();
    let files = tree.under("products/").map(|(file, _)| file).filter(|file| is_test(file) && wanted(file));
    for (file, product) in files.filter_map(|file| Some((file, product_of_file(file)?))) {
        let runnable = tests.get(file).and_then(|test| Some((*test, declared.product(&test.product)?)));
        let verdict = match runnable {
            None => TestVerdict::NotRun,
            Some((test, product)) => match run(test, product, &offers).await {
                Ok(()) => TestVerdict::Passed,
                Err(difference) => {
                    tested.diagnostics.push(*difference);
                    TestVerdict::Failed
                }
            },
        };
        tested.outcomes.push(TestOutcome { product, file: file.to_owned(), verdict });
    }
    let left_out = tested.outcomes.iter().filter(|outcome| outcome.verdict == TestVerdict::NotRun);
    let left_out: BTreeSet<&ProductRef> = left_out.map(|outcome| &outcome.product).collect();
    let is_why = |file: &str| match product_of_file(file) {
        Some(product) => left_out.contains(&product),
        None => left_out.iter().any(|product| file == format!("products/{}/domain.yaml", product.domain)),
    };
    tested.diagnostics.extend(diagnostics.into_iter().filter(|diagnostic| is_why(&diagnostic.place.file)));
    weft_model::diagnostic::sort(&mut tested.diagnostics);
    tested
}

/// Runs every test of `declared`. A product with a test that fails counts as broken from then on.
pub(crate) async fn check(declared: &mut Declared, published: &Published) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let mut broken: BTreeSet<ProductRef> = BTreeSet::new();
    let offers = Offers::of(declared, published);
    for test in &declared.tests {
        let Some(product) = declared.product(&test.product) else { continue };
        if let Err(difference) = run(test, product, &offers).await {
            diagnostics.push(*difference);
            broken.insert(product.name.clone());
        }
    }
    for product in broken {
        declared.mark_broken(&product);
    }
    diagnostics
}

/// Whether a file below `products/` is a test, by its path.
fn is_test(file: &str) -> bool {
    matches!(file.split('/').collect::<Vec<_>>().as_slice(), [_, _, _, "tests", name] if name.ends_with(".yaml"))
}

/// Runs one test of `product`. The error is what its author reads.
async fn run(test: &TransformTest, product: &DataProduct, offers: &Offers<'_>) -> Result<(), Box<Diagnostic>> {
    // Reading lets no test pass whose port has no query.
    let Some(output) = product.output(&test.port) else { return Ok(()) };
    let Some((sql_file, sql)) = output.transform.sql() else { return Ok(()) };
    let mut tables: BTreeMap<PortRef, RecordBatch> = BTreeMap::new();
    for (port, schema) in offers.inputs_of(product) {
        let given = test.given.get(&port).map(Vec::as_slice).unwrap_or_default();
        // A row may leave out what the contract requires.
        let rows = table::of_rows(given, &nullable_schema(&schema)).map_err(|at| no_row(at, &port, &schema))?;
        tables.insert(port, rows);
    }
    let port = test.port_ref();
    let schema = arrow_schema(&output.contract.columns);
    let compared = chosen(&schema, &test.columns);
    let expected = table::of_rows(&test.expected, &compared).map_err(|at| no_row(at, &port, &compared))?;
    let found = try_query(sql, &tables, test.at).await.map_err(|error| broke_off(test, sql_file, &error))?;
    let found = table::of_answer(&found, &compared)
        .map_err(|error| broke_off(test, sql_file, &QueryError::Invalid { problem: error.to_string() }))?;
    match difference::between(&expected, &found, test.in_order) {
        None => Ok(()),
        Some(difference) => Err(Box::new(
            Diagnostic::error(Code::TEST_FAILED, test.expects_at.clone(), difference.told_of(&port))
                .labelled("other rows come out")
                .help(format!("mend `{sql_file}`, or expect what comes out")),
        )),
    }
}

/// The columns of `schema` with these names, each allowed to hold NULL.
fn chosen(schema: &SchemaRef, names: &[String]) -> SchemaRef {
    let fields = names.iter().filter_map(|name| schema.field_with_name(name).ok().cloned());
    nullable_schema(&SchemaRef::new(Schema::new(fields.collect::<Vec<_>>())))
}

fn no_row(at: Place, port: &PortRef, schema: &SchemaRef) -> Box<Diagnostic> {
    let columns: Vec<String> =
        schema.fields().iter().map(|field| format!("`{}` ({})", field.name(), field.data_type())).collect();
    Box::new(
        Diagnostic::error(Code::TEST_VALUE, at, format!("this is no row of `{port}`"))
            .help(format!("its columns are {}", columns.join(", "))),
    )
}

fn broke_off(test: &TransformTest, sql_file: &str, error: &QueryError) -> Box<Diagnostic> {
    let message = format!("`{}` cannot be made of the rows given: {error}", test.port_ref());
    Box::new(
        Diagnostic::error(Code::TEST_BROKE_OFF, test.expects_at.clone(), message)
            .help(format!("mend `{sql_file}`, or give it rows that can be")),
    )
}

#[cfg(test)]
mod tests;
