//! What a change of a contract means: to whom it matters, and what it asks for.
//!
//! Finding changes is `weft-manifest`'s; this module holds the words, and the table that grades them.

mod readers;
mod rule;

use serde::{Serialize, Serializer};

pub use readers::{Circumstance, Hinge, Readership, graded};
pub use rule::Rule;

/// How much a change matters to someone. Ordered: an error outranks a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// It does not concern them.
    None,
    Info,
    Warning,
    /// It breaks what they rely on.
    Error,
}

/// Whom a change may concern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Those who read the port.
    Consumers,
    /// The pipeline that fills it.
    Producer,
    /// Those who hold a grant on it.
    AccessHolders,
}

/// How much a change matters to each audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Grades {
    pub consumers: Grade,
    pub producer: Grade,
    pub access_holders: Grade,
}

impl Grades {
    /// How much it matters to one audience.
    pub fn of(&self, audience: Audience) -> Grade {
        match audience {
            Audience::Consumers => self.consumers,
            Audience::Producer => self.producer,
            Audience::AccessHolders => self.access_holders,
        }
    }
}

/// Which part of a semantic version must rise. Ordered: major is the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    Patch,
    Minor,
    Major,
}

impl Bump {
    /// `patch`, `minor` or `major`.
    pub fn as_str(self) -> &'static str {
        match self {
            Bump::Patch => "patch",
            Bump::Minor => "minor",
            Bump::Major => "major",
        }
    }

    /// The part that rises from `old` to `new`; `None` where `new` is no higher.
    ///
    /// A version that falls, or differs in its build alone, has no bump; one that ends a
    /// pre-release of its own number counts as a patch.
    pub fn between(old: &semver::Version, new: &semver::Version) -> Option<Bump> {
        if new.cmp_precedence(old).is_le() {
            None
        } else if new.major > old.major {
            Some(Bump::Major)
        } else if new.minor > old.minor {
            Some(Bump::Minor)
        } else {
            Some(Bump::Patch)
        }
    }
}

/// What a table must go through for the change to take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeltaAction {
    None,
    AddColumn,
    /// The column is added, and rows already there need a value.
    AddColumnWithBackfill,
    /// The column stays in the files until its sunset.
    KeepUntilSunset,
    /// The old name stays as an alias in a view; column mapping only where every reader can.
    ViewAlias,
    /// Type widening where readers have the feature, or a rewrite.
    WidenOrRewrite,
    /// The old and the new type cannot share a table.
    NewTable,
    Constraint,
    /// Every row is made anew.
    FullBackfill,
    DeleteJob,
    StopDeleting,
    CopyOrClone,
    Rewrite,
    NewColumn,
}

/// Whether something came, went or became something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    Added,
    Removed,
    Changed,
}

impl Sign {
    /// `+`, `-` or `~`.
    pub fn as_str(self) -> &'static str {
        match self {
            Sign::Added => "+",
            Sign::Removed => "-",
            Sign::Changed => "~",
        }
    }
}

impl Serialize for Sign {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a change is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Subject {
    /// Name of the table; `None` for what holds of the whole contract.
    pub table: Option<String>,
    /// Path of the column as readers of the old contract know it: `address.city`, `tags.[]` for
    /// the elements of a list, `prices.{}` for the values of a map, `prices.{key}` for its keys.
    pub column: Option<String>,
    /// The path by the names that SQL sees, where `physicalName` makes them others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
}

impl Subject {
    /// The path by which SQL reads the column.
    pub fn read_as(&self) -> Option<&str> {
        self.stored.as_deref().or(self.column.as_deref())
    }
}

/// One difference between two contracts, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub rule: Rule,
    /// The row of the compatibility table that grades it.
    pub row: &'static str,
    pub sign: Sign,
    #[serde(flatten)]
    pub subject: Subject,
    /// What of the subject it is: `type`, `required`, `freshness`. Empty where the table or the
    /// column itself comes or goes.
    pub aspect: String,
    /// As the old contract has it; `None` where it has nothing.
    pub before: Option<String>,
    pub after: Option<String>,
    pub grades: Grades,
    /// What about the readers decides the grade for consumers; until [`graded`] is asked, the
    /// grade is what it is when nothing is known of them.
    pub hinge: Option<Hinge>,
    /// The part of the version that must rise at least.
    pub bump: Bump,
    pub delta: DeltaAction,
}

impl Change {
    /// A change graded by its row, as long as nothing is known of the readers.
    pub fn new(rule: Rule, sign: Sign, subject: Subject) -> Self {
        let terms = rule.terms();
        Change {
            rule,
            row: terms.row,
            sign,
            subject,
            aspect: String::new(),
            before: None,
            after: None,
            grades: terms.grades,
            hinge: rule.hinge(),
            bump: terms.bump,
            delta: terms.delta,
        }
    }

    /// Of one aspect of the subject.
    #[must_use]
    pub fn aspect(mut self, aspect: impl Into<String>) -> Self {
        self.aspect = aspect.into();
        self
    }

    /// With what stood there before and what stands there now.
    #[must_use]
    pub fn from_to(mut self, before: Option<String>, after: Option<String>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    /// Whether it breaks a reader.
    pub fn breaks(&self) -> bool {
        self.grades.consumers == Grade::Error
    }
}

/// The part of the version that must rise at least; `None` where nothing changes.
pub fn minimum_bump(changes: &[Change]) -> Option<Bump> {
    changes.iter().map(|change| change.bump).max()
}

#[cfg(test)]
mod tests;
