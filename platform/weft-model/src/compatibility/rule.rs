//! The compatibility table: one line a kind of change.

use serde::Serialize;

use super::Bump::{self, Major, Minor, Patch};
use super::DeltaAction::{self, *};
use super::Grade::{self, Error, Info, None as Unconcerned, Warning};
use super::{Circumstance, Grades, Hinge};

/// What a row of the table says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    pub(super) row: &'static str,
    pub(super) grades: Grades,
    pub(super) bump: Bump,
    pub(super) delta: DeltaAction,
}

/// Declares the kinds of change. Grades stand in the order consumers, producer, access holders.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident: $row:literal [$consumers:ident $producer:ident $access:ident] $bump:ident $delta:path;)+) => {
        /// A kind of change: a row of the compatibility table, in one direction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Rule {
            $($(#[$doc])* $name,)+
        }

        impl Rule {
            /// Every kind, in the table's order.
            pub const ALL: &'static [Rule] = &[$(Rule::$name),+];

            pub(super) fn terms(self) -> Terms {
                let (row, consumers, producer, access_holders, bump, delta) = match self {
                    $(Rule::$name => ($row, $consumers, $producer, $access, $bump, $delta),)+
                };
                Terms { row, grades: Grades { consumers, producer, access_holders }, bump, delta }
            }
        }
    };
}

rules! {
    TableAdded: "optional column added at end" [Info Warning Info] Minor DeltaAction::None;
    OptionalColumnAdded: "optional column added at end" [Info Warning Info] Minor AddColumn;
    /// The columns stay and stand in another order.
    ColumnsReordered: "optional column added at end" [Info Info Unconcerned] Minor DeltaAction::None;
    RequiredColumnAdded: "required column added" [Info Error Info] Minor AddColumnWithBackfill;
    TableRemoved: "column removed" [Error Info Info] Major KeepUntilSunset;
    ColumnRemoved: "column removed" [Error Info Info] Major KeepUntilSunset;
    /// The same column by its id, or the stored name of the same column.
    Renamed: "rename with same `id`" [Error Info Info] Major ViewAlias;
    TypeWidened: "lossless widening" [Warning Info Unconcerned] Minor WidenOrRewrite;
    /// The type is written in another way and stores the same values.
    TypeRespelled: "lossless widening" [Info Info Unconcerned] Patch DeltaAction::None;
    TypeChanged: "other type change" [Error Error Unconcerned] Major NewTable;
    /// A type is told where none was.
    TypeAdded: "other type change" [Info Error Unconcerned] Minor Constraint;
    TypeRemoved: "other type change" [Error Info Unconcerned] Major NewTable;
    NowRequired: "nullable to required / required to nullable" [Info Error Unconcerned] Minor Constraint;
    NowNullable: "nullable to required / required to nullable" [Error Info Unconcerned] Major Constraint;
    MeaningChanged: "unit, currency, time-zone or meaning change" [Error Info Unconcerned] Major FullBackfill;
    KeyChanged: "key set changed, granularity text changed" [Error Error Unconcerned] Major NewTable;
    GranularityChanged: "key set changed, granularity text changed" [Error Error Unconcerned] Major NewTable;
    /// Values that were ruled out may occur.
    EnumGrown: "enum value added / removed" [Warning Info Unconcerned] Minor Constraint;
    EnumShrunk: "enum value added / removed" [Info Error Unconcerned] Minor Constraint;
    BoundLooser: "bounds, pattern looser / tighter" [Warning Info Unconcerned] Minor Constraint;
    BoundTighter: "bounds, pattern looser / tighter" [Info Error Unconcerned] Minor Constraint;
    /// Looser for some values and tighter for others, or not comparable.
    BoundChanged: "bounds, pattern looser / tighter" [Warning Warning Unconcerned] Minor Constraint;
    /// A blocking guarantee is given up or asks for less.
    QualityLooser: "quality guarantee removed or loosened" [Error Info Unconcerned] Minor DeltaAction::None;
    QualityTighter: "quality guarantee removed or loosened" [Info Error Unconcerned] Minor DeltaAction::None;
    /// Looser for some data and tighter for other.
    QualityShifted: "quality guarantee removed or loosened" [Error Error Unconcerned] Minor DeltaAction::None;
    /// What the rule permits before and after cannot be compared.
    QualityUndetermined: "quality guarantee removed or loosened" [Warning Warning Unconcerned] Minor DeltaAction::None;
    /// A rule that blocks nothing.
    QualityAdvice: "quality guarantee removed or loosened" [Info Info Unconcerned] Patch DeltaAction::None;
    ServiceLooser: "freshness, availability looser" [Warning Info Unconcerned] Major DeltaAction::None;
    ServiceTighter: "freshness, availability looser" [Info Error Unconcerned] Minor DeltaAction::None;
    /// Other data is measured, or the values cannot be compared.
    ServiceChanged: "freshness, availability looser" [Warning Warning Unconcerned] Major DeltaAction::None;
    RetentionShorter: "retention shorter / longer" [Error Info Info] Major DeleteJob;
    /// Data is kept for longer than was agreed: privacy must be reviewed.
    RetentionLonger: "retention shorter / longer" [Warning Info Info] Minor StopDeleting;
    ClassificationRaised: "classification raised" [Warning Unconcerned Error] Minor DeltaAction::None;
    ClassificationLowered: "classification lowered" [Unconcerned Unconcerned Error] Minor DeltaAction::None;
    RoleRemoved: "role removed, approver changed" [Unconcerned Unconcerned Error] Major DeltaAction::None;
    RoleChanged: "role removed, approver changed" [Unconcerned Unconcerned Info] Patch DeltaAction::None;
    ServerAdded: "new server, location moved" [Info Warning Warning] Patch CopyOrClone;
    ServerMoved: "new server, location moved" [Info Warning Warning] Minor CopyOrClone;
    PartitioningChanged: "partition columns changed" [Warning Error Unconcerned] Minor Rewrite;
    RelationshipRemoved: "relationship removed / target changed" [Warning Unconcerned Unconcerned] Minor DeltaAction::None;
    RelationshipAdded: "relationship removed / target changed" [Info Error Unconcerned] Minor DeltaAction::None;
    RelationshipMoved: "relationship removed / target changed" [Error Error Unconcerned] Major DeltaAction::None;
    VectorChanged: "vector dimensions, model, metric, normalised" [Error Error Unconcerned] Major NewColumn;
    MeasureChanged: "semanticType measure expression changed" [Error Unconcerned Unconcerned] Major DeltaAction::None;
    Deprecated: "deprecated set / endOfLife date moved earlier" [Warning Unconcerned Unconcerned] Minor DeltaAction::None;
    EndsEarlier: "deprecated set / endOfLife date moved earlier" [Error Unconcerned Unconcerned] Major DeltaAction::None;
    /// What an agent must not do with the data.
    ContextConstraintChanged: "description, tags, synonyms, examples, context text" [Warning Unconcerned Unconcerned] Patch DeltaAction::None;
    TextChanged: "description, tags, synonyms, examples, context text" [Info Unconcerned Unconcerned] Patch DeltaAction::None;
}

impl Rule {
    /// What about the readers decides the grade for consumers.
    pub(super) fn hinge(self) -> Option<Hinge> {
        let hinge = |on, then: Grade, otherwise: Grade| Some(Hinge { on, then, otherwise });
        match self {
            Rule::OptionalColumnAdded | Rule::RequiredColumnAdded | Rule::ColumnsReordered => {
                hinge(Circumstance::Wildcard, Error, Info)
            }
            Rule::ColumnRemoved | Rule::TableRemoved => hinge(Circumstance::Read, Error, Warning),
            Rule::EnumGrown => hinge(Circumstance::Exhaustive, Error, Warning),
            Rule::ServiceLooser => hinge(Circumstance::OwnServiceLevel, Error, Warning),
            Rule::ServerMoved => hinge(Circumstance::LentCredentials, Error, Info),
            _ => Option::None,
        }
    }
}
