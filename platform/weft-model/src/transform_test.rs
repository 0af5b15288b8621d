//! What an author says of a transform by example: rows that it is given, and the rows that come of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{Place, PortName, PortRef, ProductRef};

/// A unit test of one port's query, already checked for form and references.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransformTest {
    pub product: ProductRef,
    /// The port whose query is tested. It is made by SQL.
    pub port: PortName,
    /// Path of the test in the repository.
    pub file: String,
    /// Where the test says what it expects: there a difference is told.
    pub expects_at: Place,
    /// The instant that the query takes for now.
    pub at: DateTime<Utc>,
    /// Whether the rows must come in the order expected.
    pub in_order: bool,
    /// Rows of each input. An input that is left out has none.
    pub given: BTreeMap<PortRef, Vec<TestRow>>,
    pub expected: Vec<TestRow>,
    /// Names of the columns that are compared: those that each of the expected rows has. Empty where no
    /// row is expected.
    pub columns: Vec<String>,
}

impl TransformTest {
    /// The full name of the port whose query is tested.
    pub fn port_ref(&self) -> PortRef {
        self.product.port(&self.port)
    }
}

/// One row that a test gives or expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestRow {
    /// Where it is written.
    pub place: Place,
    /// One JSON object, in one line, whose keys are columns.
    pub json: String,
}
