//! Every query of a revision, planned against the contracts of what it reads.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::datatypes::SchemaRef;
use weft_engine::{ContractPlanner, Reach, SqlProblem};
use weft_model::{
    Code, Contract, DataProduct, Declared, Diagnostic, ManifestTree, OutputPort, Place, PortRef, ProductRef, Published,
    Transform, parallel,
};
use weft_storage::{arrow_schema, arrow_type};

use crate::asked;
use crate::fingerprint::first_input;

/// Plans every query of `declared`. A product with an error in one counts as broken from then on.
pub(crate) fn check(tree: &ManifestTree, declared: &mut Declared, published: &Published) -> Vec<Diagnostic> {
    let offers = Offers::of(declared, published);
    let work = |planner: &mut ContractPlanner, product: &DataProduct| of_product(planner, tree, product, &offers);
    let found = parallel::map_with(&declared.products, ContractPlanner::new, work);
    let has_error = |told: &[Diagnostic]| told.iter().any(Diagnostic::is_error);
    let broken = declared.products.iter().zip(&found).filter(|(_, told)| has_error(told));
    let broken: Vec<ProductRef> = broken.map(|(product, _)| product.name.clone()).collect();
    for product in broken {
        declared.mark_broken(&product);
    }
    found.into_iter().flatten().collect()
}

/// What is wrong with the queries of one product.
fn of_product(
    planner: &mut ContractPlanner,
    tree: &ManifestTree,
    product: &DataProduct,
    offers: &Offers<'_>,
) -> Vec<Diagnostic> {
    if offers.were_good_for(product) {
        return Vec::new();
    }
    let inputs = offers.inputs_of(product);
    let mut read = BTreeSet::new();
    let mut found = Vec::new();
    for output in &product.outputs {
        let Some((file, sql)) = output.transform.sql() else {
            found.extend(of_files(planner, product, output));
            continue;
        };
        match planner.check(sql, &inputs) {
            Ok(shape) => {
                read.extend(shape.reads);
                found.extend(compare(file, sql, &shape.schema, output));
                found.extend(of_kind(planner, (file, sql), product, output, &inputs));
            }
            Err(problem) => found.push(in_sql(file, sql, problem)),
        }
    }
    if !found.iter().any(Diagnostic::is_error) {
        found.extend(unread(tree, product, &read));
    }
    found
}

/// All ports: as declared, else as published. Made once for all who look for inputs.
pub(crate) struct Offers<'a> {
    declared: HashMap<PortRef, &'a OutputPort>,
    published: &'a Published,
}

impl<'a> Offers<'a> {
    pub(crate) fn of(declared: &'a Declared, published: &'a Published) -> Self {
        let outputs = declared
            .products
            .iter()
            .flat_map(|product| product.outputs.iter().map(|output| (product.port_ref(output), output)));
        Offers { declared: outputs.collect(), published }
    }

    /// The port as it is declared, without errors.
    pub(crate) fn declared(&self, port: &PortRef) -> Option<&'a OutputPort> {
        self.declared.get(port).copied()
    }

    fn contract(&self, port: &PortRef) -> Option<&'a Contract> {
        self.output(port).map(|output| &output.contract)
    }

    fn output(&self, port: &PortRef) -> Option<&'a OutputPort> {
        self.declared.get(port).copied().or_else(|| self.published_output(port))
    }

    /// Whether the port has no table of its own.
    pub(crate) fn is_view(&self, port: &PortRef) -> bool {
        self.output(port).is_some_and(|output| matches!(output.transform, Transform::View { .. }))
    }

    fn published_contract(&self, port: &PortRef) -> Option<&'a Contract> {
        self.published_output(port).map(|output| &output.contract)
    }

    fn published_output(&self, port: &PortRef) -> Option<&'a OutputPort> {
        let (release, _) = self.published.port(port)?;
        release.product.output(&port.port)
    }

    /// Whether the product was published as it is, over inputs of the same columns, and reads all of them: then its
    /// queries were planned before, and ran.
    pub(crate) fn were_good_for(&self, product: &DataProduct) -> bool {
        let is_same = self.published.releases.get(&product.name).is_some_and(|release| release.product == *product);
        is_same
            && product.inputs.iter().all(|input| {
                let mut queries = product.outputs.iter().filter_map(|output| output.transform.sql());
                let columns = |contract: &'a Contract| &contract.columns;
                queries.any(|(_, sql)| input.port.is_named_in(sql))
                    && self.published_contract(&input.port).map(columns) == self.contract(&input.port).map(columns)
            })
    }

    /// The schemas of a product's inputs.
    pub(crate) fn inputs_of(&self, product: &DataProduct) -> BTreeMap<PortRef, SchemaRef> {
        let ports = product.inputs.iter().map(|input| &input.port);
        ports.filter_map(|port| Some((port.clone(), arrow_schema(&self.contract(port)?.columns)))).collect()
    }
}

fn in_sql(file: &str, sql: &str, problem: SqlProblem) -> Diagnostic {
    let mut place = Place::of_word_at(file, sql, problem.line, problem.column);
    if let Some((line, column)) = problem.end {
        let end = Place::of_word_at(file, sql, line, column).bytes.0;
        if end > place.bytes.0 {
            place = Place::of_bytes(file, sql, place.bytes.0, end);
        }
    }
    let diagnostic = Diagnostic::error(problem.code, place, problem.message);
    match problem.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// A condition on the rows of files that cannot be computed.
fn of_files(planner: &mut ContractPlanner, product: &DataProduct, output: &OutputPort) -> Option<Diagnostic> {
    let (_, condition) = output.transform.merge()?;
    let (port, condition) = (product.port_ref(output), condition?);
    let asked = asked::changes(output, &format!("SELECT * FROM {port}"));
    let problem = planner.check(&asked.sql, &[(port, arrow_schema(&output.contract.columns))].into()).err()?;
    let message =
        format!("`deleteWhen: {condition}` cannot be computed from the contract's columns: {}", problem.message);
    let told = Diagnostic::error(Code::TRANSFORM_INVALID, Place::start_of(&product.file), message);
    Some(told.help("write a condition on columns of the contract"))
}

/// What the port's kind asks of its query beside the columns.
fn of_kind(
    planner: &mut ContractPlanner,
    (file, sql): (&str, &str),
    product: &DataProduct,
    output: &OutputPort,
    inputs: &BTreeMap<PortRef, SchemaRef>,
) -> Option<Diagnostic> {
    let refuse = |message: String, help: &str| {
        let place = Place::of_word_at(file, sql, 1, 1);
        Some(Diagnostic::error(Code::TRANSFORM_INVALID, place, message).help(help))
    };
    match &output.transform {
        Transform::Append { .. } => {
            let Some(first) = first_input(product, output) else {
                return refuse(
                    "a table to which rows are added needs an input that gains them".to_owned(),
                    "read an input port in the query, or use `full`",
                );
            };
            let reach = planner.reach(sql, inputs, first, None).unwrap_or(Reach::Anywhere);
            let message = format!("what `{first}` gains changes rows that were added before, and these stay");
            let help = "take each row of the input that is named first by itself: no groups, windows, limits or                         sub-queries over it; or use `by_time`, `by_key` or `full`";
            if reach == Reach::Rows { None } else { refuse(message, help) }
        }
        Transform::ByKey { delete_when: Some(condition), .. } => {
            let asked = asked::changes(output, sql);
            let problem = planner.check(&asked.sql, inputs).err()?;
            refuse(
                format!("`deleteWhen: {condition}` cannot be computed from the query's columns: {}", problem.message),
                "write a condition on columns that the query yields",
            )
        }
        _ => None,
    }
}

/// Whether a column that the contract lacks is one by which rows are taken out.
fn marks_deleted(output: &OutputPort, column: &str) -> bool {
    let Transform::ByKey { delete_when: Some(condition), .. } = &output.transform else { return false };
    condition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == column)
}

/// Where the query's columns are not the contract's: missing, extra, or of another type.
fn compare(file: &str, sql: &str, schema: &SchemaRef, output: &OutputPort) -> Vec<Diagnostic> {
    let contract = &output.contract;
    let mismatch = |name: &str, message: String| {
        Diagnostic::error(Code::SQL_CONTRACT_MISMATCH, column_place(file, sql, name), message)
    };
    let mut found = Vec::new();
    for column in asked::yielded(output) {
        match schema.field_with_name(&column.name) {
            Err(_) => found.push(
                Diagnostic::error(
                    Code::SQL_CONTRACT_MISMATCH,
                    Place::of_word_at(file, sql, 1, 1),
                    format!("the query yields no column `{}`, which the contract promises", column.name),
                )
                .help(format!("add it to the SELECT list, or take it out of `{}`", contract.file)),
            ),
            Ok(field) if same_type(field.data_type(), &arrow_type(&column.data_type)) => {}
            Ok(field) => found.push(
                mismatch(
                    &column.name,
                    format!(
                        "column `{}` comes out as {}, and the contract promises {}",
                        column.name,
                        field.data_type(),
                        column.data_type
                    ),
                )
                .help(format!("write `CAST(… AS {}) AS {}`", sql_type(&column.data_type), column.name)),
            ),
        }
    }
    for field in schema.fields() {
        if !asked::yielded(output).iter().any(|column| &column.name == field.name())
            && !marks_deleted(output, field.name())
        {
            found.push(
                mismatch(
                    field.name(),
                    format!("the query yields column `{}`, which the contract does not have", field.name()),
                )
                .help(format!("name it in `{}`, or take it out of the SELECT list", contract.file)),
            );
        }
    }
    found
}

/// Whether the two are one type to a table: text is text however it is laid out in memory.
pub(crate) fn same_type(a: &arrow::datatypes::DataType, b: &arrow::datatypes::DataType) -> bool {
    use arrow::datatypes::DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    let text = |t: &arrow::datatypes::DataType| matches!(t, Utf8 | LargeUtf8 | Utf8View);
    let bytes = |t: &arrow::datatypes::DataType| matches!(t, Binary | LargeBinary | BinaryView);
    (text(a) && text(b)) || (bytes(a) && bytes(b)) || a.equals_datatype(b)
}

fn sql_type(data_type: &weft_model::DataType) -> String {
    use weft_model::DataType::{Float32, Float64, String, Timestamp};
    match data_type {
        String => "VARCHAR".to_owned(),
        Float32 => "REAL".to_owned(),
        Float64 => "DOUBLE".to_owned(),
        Timestamp { utc: true } => "TIMESTAMP WITH TIME ZONE".to_owned(),
        Timestamp { utc: false } => "TIMESTAMP".to_owned(),
        other => other.to_string().to_uppercase(),
    }
}

/// Where the query names its output column `name`: the last place at which it stands as a word
/// after `AS`, else the last place at all, else the beginning.
pub(crate) fn column_place(file: &str, sql: &str, name: &str) -> Place {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = |at: usize| {
        let before = sql.get(..at).and_then(|text| text.chars().next_back());
        let after = sql.get(at + name.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    };
    let words: Vec<usize> = sql.match_indices(name).map(|(at, _)| at).filter(|at| whole(*at)).collect();
    let after_as =
        |at: &&usize| sql.get(..**at).is_some_and(|text| text.trim_end().to_ascii_lowercase().ends_with(" as"));
    let at = words.iter().rev().find(after_as).or_else(|| words.last()).copied();
    at.map_or_else(|| Place::of_word_at(file, sql, 1, 1), |at| Place::of_bytes(file, sql, at, at + name.len()))
}

/// Inputs that are declared and that no query reads.
fn unread(tree: &ManifestTree, product: &DataProduct, read: &BTreeSet<PortRef>) -> Vec<Diagnostic> {
    let text = tree.text(&product.file).map_or("", |text| text);
    product
        .inputs
        .iter()
        .filter(|input| !read.contains(&input.port))
        .map(|input| {
            let at = text.find(&input.contract.id).unwrap_or(0);
            let place = Place::of_bytes(&product.file, text, at, at + input.contract.id.len());
            Diagnostic::warning(
                Code::SQL_INPUT_UNUSED,
                place,
                format!("input port `{}` (`{}`) is read by no query of the product", input.name, input.port),
            )
            .help("take the input port out, so that lineage and plans tell the truth")
        })
        .collect()
}
