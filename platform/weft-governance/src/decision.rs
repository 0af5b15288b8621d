//! The answer to "may this principal do that, and on what terms?"

use std::fmt;
use std::sync::Arc;

use weft_model::AttributeValue;

/// The answer to one [`crate::AccessRequest`].
///
/// Anyone may build a denying `Decision`. Only this crate can build an allowing one, so code that
/// holds one has proof that the question was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    effect: Effect,
    /// Terms that must all hold on an allow. Empty on a deny.
    obligations: Arc<[Obligation]>,
    because: Arc<[PolicyLine]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Allow,
    Deny,
}

impl Decision {
    /// A deny in the platform's own words, for trouble and for what no policy has to settle.
    pub fn deny(reason: impl Into<String>) -> Self {
        Decision::denied_by(vec![PolicyLine { place: None, text: reason.into().into() }])
    }

    /// A deny because no policy line speaks for the request.
    pub(crate) fn unmatched() -> Self {
        Decision::denied_by(Vec::new())
    }

    pub(crate) fn denied_by(because: Vec<PolicyLine>) -> Self {
        Decision { effect: Effect::Deny, obligations: Arc::from([]), because: because.into() }
    }

    pub(crate) fn allowed_by(because: Vec<PolicyLine>) -> Self {
        Decision { effect: Effect::Allow, obligations: Arc::from([]), because: because.into() }
    }

    /// Whether the request may go on, under [`obligations`](Self::obligations).
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Terms that must all hold. Empty on a deny.
    pub fn obligations(&self) -> &[Obligation] {
        &self.obligations
    }

    /// The policy lines that settled it, for the audit log and "why can't I see this?": on an allow
    /// every line that allows, on a deny the line that denies, or the platform's own words where
    /// something went wrong. Empty when no line speaks for the request, which is a deny.
    pub fn because(&self) -> &[PolicyLine] {
        &self.because
    }
}

/// One reason for a decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyLine {
    /// File (relative to the repository) and line from 1; `None` for the platform's own words.
    pub place: Option<(Arc<str>, u32)>,
    /// The line as the author wrote it.
    pub text: Arc<str>,
}

impl fmt::Display for PolicyLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some((file, line)) => write!(f, "{file}:{line}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A term of an allowing decision. Whoever holds the decision must keep every one.
///
/// No policy produces one yet; code that reads data must refuse one that it does not know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Obligation {
    /// Keep only rows for which the predicate is true; NULL counts as false.
    KeepRows(RowPredicate),
    /// Replace the column by a masked value of the same type.
    MaskColumn { column: String, mask: Mask },
}

/// A condition on a row that cannot fail, whatever the row holds.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RowPredicate {
    Compare { column: String, comparison: Comparison, value: Operand },
    IsNull { column: String },
    All(Vec<RowPredicate>),
    Any(Vec<RowPredicate>),
    Not(Box<RowPredicate>),
}

/// How a column is compared with a value of its own type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The value that a column is compared with.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Operand {
    /// An attribute of the principal, already looked up; absent attributes make no predicate.
    Attribute {
        name: String,
        value: AttributeValue,
    },
    Literal(AttributeValue),
}

/// What stands in the place of a hidden value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mask {
    Null,
}
