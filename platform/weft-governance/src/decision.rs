//! The answer to "may this principal do that, and on what terms?"

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use weft_model::PortRef;

/// The answer to one [`crate::AccessRequest`].
///
/// Anyone may build a denying `Decision`. Only this crate can build an allowing one, so code that
/// holds one has proof that the question was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    effect: Effect,
    /// Terms that must all hold on an allow. Empty on a deny.
    obligations: Arc<[Imposed]>,
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

    /// The same allow on these terms; a deny stays a deny without terms.
    pub(crate) fn on_terms(self, obligations: Vec<Imposed>) -> Self {
        match self.effect {
            Effect::Allow => Decision { obligations: obligations.into(), ..self },
            Effect::Deny => self,
        }
    }

    /// Whether the request may go on, under [`obligations`](Self::obligations).
    pub fn is_allowed(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Terms that must all hold. Empty on a deny.
    pub fn obligations(&self) -> &[Imposed] {
        &self.obligations
    }

    /// Whether an obligation keeps rows from the principal: then nothing that depends on all rows,
    /// a count for one, may be shown.
    pub fn hides_rows(&self) -> bool {
        self.obligations.iter().any(|imposed| matches!(imposed.obligation, Obligation::KeepRows(_)))
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

/// An obligation, and the restriction that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Imposed {
    pub obligation: Obligation,
    pub by: PolicyLine,
}

/// A term of an allowing decision. Whoever holds the decision must keep every one, and code that
/// reads data must refuse one that it does not know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Obligation {
    /// Keep only rows for which the predicate is true; NULL counts as false. Several add up: a row
    /// must pass every one.
    KeepRows(RowPredicate),
    /// Replace the values of a column, or of a part within it, by masked ones of the same type. At
    /// most one for each path.
    MaskColumn { path: ColumnPath, mask: Mask },
    /// Leave the column out, as if the table had none of that name.
    HideColumn { column: String },
}

/// A column, or a part of a nested one: the column's name first, then names downwards; `[]` stands
/// for the elements of a list, `{}` for the values of a map. Never empty.
pub type ColumnPath = Vec<String>;

/// A condition on a row that cannot fail, whatever the row holds, with the truth values of SQL: a
/// comparison with NULL is unknown, and so is its negation.
///
/// Every value in it is known: attributes of the principal and dates are filled in.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RowPredicate {
    /// Neither true nor false: what became of a comparison with an attribute that is missing.
    Unknown,
    /// `column` (a top-level column, or a field within a struct) compared with a value that its
    /// type can hold.
    Compare {
        column: ColumnPath,
        comparison: Comparison,
        value: Literal,
    },
    /// Unknown where the column is NULL; false where the list is empty.
    In {
        column: ColumnPath,
        values: Vec<Literal>,
    },
    /// Whether the value is among those of column `of` in the released rows of `port` that pass
    /// `only`. The platform reads them, whoever asks.
    InPort {
        column: ColumnPath,
        port: PortRef,
        of: String,
        only: Box<RowPredicate>,
    },
    IsNull {
        column: ColumnPath,
    },
    /// True if empty.
    All(Vec<RowPredicate>),
    /// False if empty.
    Any(Vec<RowPredicate>),
    Not(Box<RowPredicate>),
}

/// How a column is compared with a value of its own type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value that a restriction writes, or that stands in the place of an attribute.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    Boolean(bool),
    Integer(i64),
    /// Also for decimal columns.
    Number(f64),
    Text(String),
    Date(NaiveDate),
    Timestamp(DateTime<Utc>),
}

/// What stands in the place of a hidden value. NULL stays NULL under every mask.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Mask {
    /// NULL; for a part of a list or map, NULL for each element. The column becomes nullable.
    Null,
    /// Always this value, which the column's type can hold.
    Constant(Literal),
    /// A keyed hash (HMAC-SHA-256 under the platform's key and `salt`): equal values stay equal
    /// within one salt. 32 hex digits for a string, a number that is not negative for `bigint`.
    Hash { salt: String },
    /// Strings: the first character before the `@`, `***`, and the domain; `***` where it is no e-mail.
    PartialEmail,
    /// Strings: the first so many characters, then `***` where there are more.
    Prefix { characters: u32 },
    /// Numbers: down to a multiple of `to`, which is positive.
    Round { to: u64 },
    /// Dates and timestamps: to the beginning of the part.
    Truncate { to: DatePart },
}

/// To what a date is truncated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DatePart {
    Day,
    Month,
    Quarter,
    Year,
}

impl DatePart {
    /// The word that restrictions use.
    pub fn as_str(self) -> &'static str {
        match self {
            DatePart::Day => "day",
            DatePart::Month => "month",
            DatePart::Quarter => "quarter",
            DatePart::Year => "year",
        }
    }
}
