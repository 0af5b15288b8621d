//! The question: who wants to do what to which object, what for and when.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use weft_model::{Action, Column, DomainName, NameError, PortRef, Principal, ProductRef, Revision};

use crate::approvals::AskedAccess;
use crate::{Decision, PolicyLine};

/// One question to an [`Authorizer`].
#[derive(Clone, Debug)]
pub struct AccessRequest<'a> {
    pub principal: &'a Principal,
    pub action: Action,
    pub object: ObjectRef,
    /// What the data is wanted for, as the caller declares it.
    pub purpose: Option<&'a str>,
    pub at: DateTime<Utc>,
}

/// Decides access.
///
/// Holds one state of the policies and never does IO to answer.
pub trait Authorizer: Send + Sync + fmt::Debug {
    /// Revision of the policies in force. Recorded with every query.
    fn policy_revision(&self) -> &Revision;

    /// Decides one request. Total: whatever goes wrong inside is a deny that says so in
    /// [`because`](Decision::because), so that no caller can mistake trouble for permission.
    ///
    /// Who may read an object may also discover it, unless a line denies that: so a policy for
    /// readers need not say everything twice. A product or domain is decided as itself; whether it
    /// holds a port that may be discovered is for the caller to ask port by port.
    fn decide(&self, request: &AccessRequest<'_>) -> Decision;

    /// Decides reading a port whose table has these columns, and on what terms: row filters, masks and
    /// columns left out. Total, like [`decide`](Self::decide); a restriction that does not fit the
    /// columns is a deny. `request.action` must be [`weft_model::Action::Read`] and its object a port.
    fn decide_read(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Decision;

    /// Decides on one column of a port by rows alone, whatever restrictions hold. Total, like [`decide`](Self::decide).
    fn decide_column(&self, request: &AccessRequest<'_>, column: &Column) -> Decision;

    /// Decides by rows alone what whoever asks is told of the columns of a port, for looking through many ports. Total,
    /// like [`decide`](Self::decide): of a port that may not be discovered, and in trouble, no column is known.
    fn columns_told(&self, request: &AccessRequest<'_>, columns: &[Column]) -> Told;

    /// How many of the instants at which rows begin or cease to count have passed by `at`. Where two instants agree in
    /// that, so do [`columns_told`](Self::columns_told) and decisions on discovering.
    fn turn(&self, at: DateTime<Utc>) -> usize;

    /// The rule by which access is approved without anybody looking at it; `None` where somebody has to.
    fn approval_rule(&self, asked: &AskedAccess<'_>) -> Option<PolicyLine>;
}

/// What somebody is told of a port's columns, by their places among them. No place is in both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Whether rows let the port be read, if perhaps not every row or column. That restricted data close when policies
    /// grow old is not in it.
    pub readable: bool,
    /// Columns that a row denies to know of, in order.
    pub unknown: Vec<usize>,
    /// Of a port that may be read, columns that the table does not have for the asker, in order.
    pub hidden: Vec<usize>,
}

/// What a request is about.
///
/// Reads and writes as the dotted name: `sales`, `sales.orders`, `sales.orders.lines`, and
/// `system.…` for the platform's own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectRef {
    Domain(DomainName),
    Product(ProductRef),
    Port(PortRef),
    /// Something of the platform's own: `system.mesh.runs`.
    Platform(String),
}

impl ObjectRef {
    /// The domain as policies write it: `dom:sales`; `dom:system` for the platform's own.
    pub(crate) fn domain_term(&self) -> String {
        match self {
            ObjectRef::Domain(domain) => format!("dom:{domain}"),
            ObjectRef::Product(product) => format!("dom:{}", product.domain),
            ObjectRef::Port(port) => format!("dom:{}", port.domain),
            ObjectRef::Platform(_) => "dom:system".to_owned(),
        }
    }

    /// The object as policies write it: `obj:sales.orders`.
    pub(crate) fn object_term(&self) -> String {
        format!("obj:{self}")
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ObjectRef::Domain(domain) => domain.fmt(f),
            ObjectRef::Product(product) => product.fmt(f),
            ObjectRef::Port(port) => port.fmt(f),
            ObjectRef::Platform(name) => f.write_str(name),
        }
    }
}

impl FromStr for ObjectRef {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let parts: Vec<&str> = text.split('.').collect();
        if parts.first() == Some(&"system") {
            for part in &parts {
                part.parse::<DomainName>()?;
            }
            return Ok(ObjectRef::Platform(text.to_owned()));
        }
        match parts.len() {
            1 => Ok(ObjectRef::Domain(text.parse()?)),
            2 => Ok(ObjectRef::Product(text.parse()?)),
            _ => Ok(ObjectRef::Port(text.parse()?)),
        }
    }
}
