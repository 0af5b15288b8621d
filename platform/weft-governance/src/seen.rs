//! How one principal sees one port.

use weft_model::Column;

use crate::matrix::describe;
use crate::{Decision, Mask, Obligation, PolicyLine, RowPredicate};

/// How a principal sees the rows and columns of a port: a decision on reading, told column by column.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub rows: RowsSeen,
    /// The columns asked about, in the order of the port.
    pub columns: Vec<ColumnSeen>,
}

/// Which rows are seen.
#[derive(Clone, Debug, PartialEq)]
pub enum RowsSeen {
    /// The port may not be read.
    None,
    /// Those that pass each of these.
    Some(Vec<RowsKept>),
    All,
}

/// One condition on rows, filled in for the principal.
#[derive(Clone, Debug, PartialEq)]
pub struct RowsKept {
    pub condition: RowPredicate,
    pub by: PolicyLine,
}

/// One column, and how it is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSeen {
    pub name: String,
    pub sight: Sight,
}

/// How a column is seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Sight {
    Clear,
    /// The column, or parts of it, each under a mask.
    Masked(Vec<MaskSeen>),
    /// The port may be read, and is shown without the column.
    Hidden(PolicyLine),
    /// The port may not be read.
    Denied,
}

/// A mask on a column, or on a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskSeen {
    /// Names below the column; empty for the column as a whole.
    pub part: Vec<String>,
    pub mask: Mask,
    pub by: PolicyLine,
}

impl Sight {
    /// `clear`, `masked`, `hidden` or `denied`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Sight::Clear => "clear",
            Sight::Masked(_) => "masked",
            Sight::Hidden(_) => "hidden",
            Sight::Denied => "denied",
        }
    }

    /// Whether values, if masked ones, are seen.
    pub fn is_open(&self) -> bool {
        matches!(self, Sight::Clear | Sight::Masked(_))
    }

    /// The masks in the words of `restrictions.yaml`, without values: `null` or `partial_email, address.street: null`; nothing where there is none.
    pub fn masks(&self) -> Option<String> {
        let Sight::Masked(masks) = self else { return None };
        Some(worded(masks))
    }
}

impl RowsSeen {
    /// `none`, `some` or `all`.
    pub fn as_str(&self) -> &'static str {
        match self {
            RowsSeen::None => "none",
            RowsSeen::Some(_) => "some",
            RowsSeen::All => "all",
        }
    }
}

impl Seen {
    /// What `decision`, made on reading a port of at least these columns, lets the principal see of them.
    pub fn of<'c>(decision: &Decision, columns: impl IntoIterator<Item = &'c Column>) -> Self {
        let columns = columns.into_iter();
        if !decision.is_allowed() {
            let denied = columns.map(|column| ColumnSeen { name: column.name.clone(), sight: Sight::Denied });
            return Seen { rows: RowsSeen::None, columns: denied.collect() };
        }
        let mut kept = Vec::new();
        for imposed in decision.obligations() {
            if let Obligation::KeepRows(condition) = &imposed.obligation {
                kept.push(RowsKept { condition: condition.clone(), by: imposed.by.clone() });
            }
        }
        let columns = columns.map(|column| ColumnSeen { name: column.name.clone(), sight: sight(decision, column) });
        Seen { rows: if kept.is_empty() { RowsSeen::All } else { RowsSeen::Some(kept) }, columns: columns.collect() }
    }

    /// Whether nothing of the port is seen.
    pub fn is_nothing(&self) -> bool {
        self.rows == RowsSeen::None
    }

    /// How the column of that name is seen; `None` where it is not among those asked about.
    pub fn sight(&self, column: &str) -> Option<&Sight> {
        self.columns.iter().find(|seen| seen.name == column).map(|seen| &seen.sight)
    }
}

/// Masks of one column in the words of `restrictions.yaml`, without values.
pub(crate) fn worded(masks: &[MaskSeen]) -> String {
    let worded = |seen: &MaskSeen| match seen.part.is_empty() {
        true => describe(&seen.mask),
        false => format!("{}: {}", seen.part.join("."), describe(&seen.mask)),
    };
    masks.iter().map(worded).collect::<Vec<_>>().join(", ")
}

fn sight(decision: &Decision, column: &Column) -> Sight {
    let mut masks = Vec::new();
    for imposed in decision.obligations() {
        match &imposed.obligation {
            Obligation::HideColumn { column: hidden } if *hidden == column.name => {
                return Sight::Hidden(imposed.by.clone());
            }
            Obligation::MaskColumn { path, mask } if path.first() == Some(&column.name) => {
                let part = path.iter().skip(1).cloned().collect();
                masks.push(MaskSeen { part, mask: mask.clone(), by: imposed.by.clone() });
            }
            _ => {}
        }
    }
    if masks.is_empty() { Sight::Clear } else { Sight::Masked(masks) }
}
