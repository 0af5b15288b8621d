//! What manifests say of themselves, and where: what standards judge.

use crate::{DomainName, Place, ProductRef};

/// The manifests of one revision that were read without errors of form, each with what a standard can
/// ask of it. Others are not here, since what seems to be missing in them may only be unread.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// In order of name.
    pub domains: Vec<DomainOutline>,
    /// In order of name. One whose own document could not be read may still have contracts.
    pub products: Vec<ProductOutline>,
}

/// A text as it is written, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub place: Place,
}

/// A `domain.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainOutline {
    pub name: DomainName,
    /// Where the name stands.
    pub head: Place,
    pub description: Option<Written>,
    pub owner: Written,
    pub stewards: Vec<Written>,
    pub contact: Option<Written>,
}

/// A product's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductOutline {
    pub name: ProductRef,
    /// `None` where the document has errors of form.
    pub document: Option<DocumentOutline>,
    /// The output ports, in the order written; empty where there is no document.
    pub ports: Vec<PartOutline>,
    /// In order of path.
    pub contracts: Vec<ContractOutline>,
}

/// What products and contracts say alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentOutline {
    /// Where the document says what it is: its name, else its id.
    pub head: Place,
    pub status: Option<String>,
    pub purpose: Option<Written>,
    pub usage: Option<Written>,
    pub limitations: Option<Written>,
    /// Where the description, the team and the list of support channels stand, if they do.
    pub description: Option<Place>,
    pub team: Option<Place>,
    pub support: Option<Place>,
    /// How many people the team has.
    pub members: usize,
    /// How many channels there are.
    pub channels: usize,
}

/// A contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContractOutline {
    pub document: DocumentOutline,
    pub roles: Vec<RoleOutline>,
    /// Where the list of service levels stands, if it does.
    pub service_levels_at: Option<Place>,
    pub service_levels: Vec<ServiceLevelOutline>,
    pub tables: Vec<TableOutline>,
}

/// A name, and the words that explain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartOutline {
    pub name: Written,
    pub description: Option<Written>,
}

/// A role that a contract offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleOutline {
    pub name: Written,
    pub has_first_approver: bool,
    pub has_second_approver: bool,
}

/// A service level that a contract promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceLevelOutline {
    /// Its full name, such as `latency`, also where it is written short.
    pub property: &'static str,
    /// The value as written, without its unit.
    pub value: Written,
    /// What the value comes to, for a length of time that is known.
    pub milliseconds: Option<u64>,
}

/// A table of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableOutline {
    pub part: PartOutline,
    /// Columns and, after each, the parts within it. The items of a list and the two sides of a map
    /// have an empty name.
    pub columns: Vec<ColumnOutline>,
}

/// A column, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnOutline {
    pub part: PartOutline,
    /// Names from the column down, with dots between.
    pub path: String,
    /// Whether this is a part of a column.
    pub is_within: bool,
    pub classification: Option<Written>,
    /// Whether it, what it is part of, or a tag about persons says how sensitive it is.
    pub is_classified: bool,
    /// Whether it holds single values and is called like personal data.
    pub looks_personal: bool,
}
