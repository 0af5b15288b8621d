//! What ODPS leaves out and Weft needs: custom properties with `vendor: weft`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, Reader};

words! {
    /// How a port's rows come about.
    pub enum TransformKind as "a kind of transform", TRANSFORM_INVALID {
        Seed = "seed",
        Source = "source",
        Full = "full",
        Append = "append",
        ByKey = "by_key",
        ByTime = "by_time",
        Scd2 = "scd2",
        View = "view",
    }
}

words! {
    /// Format of a file that is read.
    pub enum FileFormat as "a format", TRANSFORM_INVALID {
        Csv = "csv",
        Json = "json",
        Parquet = "parquet",
        Delta = "delta",
    }
}

record! {
    /// The property `transform` of an output port.
    pub struct TransformProperty as "transform" {
        kind: TransformKind,
        /// The query's file, relative to the product's folder; `transforms/<port>.sql` if left out.
        sql: Option<String>,
        seed: Option<SeedProperty>,
        source: Option<SourceProperty>,
        /// What tells rows apart, of kinds `by_key` and `scd2`; the contract's primary key if left out.
        key: Option<Vec<String>>,
        time: Option<TimeProperty>,
        /// A condition on the query's columns, of kind `by_key`: the rows for which it is true take those with their
        /// key out.
        delete_when: Option<String>,
    }
}

record! {
    /// A file of the repository.
    pub struct SeedProperty as "seed" {
        /// Relative to the product's folder.
        path: String,
        /// Told by the file's name if left out.
        format: Option<FileFormat>,
    }
}

record! {
    /// Files at an object-store URL.
    pub struct SourceProperty as "source" {
        url: String,
        format: FileFormat,
        options: Option<Map<String, Json>>,
    }
}

record! {
    /// Which stretch of time one run replaces.
    pub struct TimeProperty as "time" {
        /// The column of dates or times that tells to which stretch a row belongs, or which of two rows is newer.
        column: String,
        /// The length of a stretch, as `P1D` or `1 hour`; of kind `by_time` only.
        interval: Option<String>,
        /// How far before the first change the table is made anew too; of kind `by_time` only.
        lookback: Option<String>,
    }
}

words! {
    /// What brings a port up to date, other than a clock.
    pub enum ScheduleTrigger as "a trigger", SCHEDULE_INVALID {
        Inputs = "inputs",
    }
}

record! {
    /// The property `schedule` of an output port: a clock, or its inputs.
    pub struct ScheduleProperty as "schedule" {
        /// Minute, hour, day of the month, month and day of the week.
        cron: Option<String>,
        /// In whose wall time; UTC if left out.
        timezone: Option<String>,
        on: Option<ScheduleTrigger>,
        /// How long the inputs must have had no new release, as `PT10M` or `10 min`.
        debounce: Option<String>,
    }
}

record! {
    /// The property `resources` of an output port: what its runs may take.
    pub struct ResourcesProperty as "resources" {
        /// How much a query may hold before it spills, as `2 GiB`.
        memory: Option<String>,
        /// How long a query may run, as `PT1H` or `1 hour`.
        time: Option<String>,
        /// How often a run is tried again where a store failed.
        retries: Option<i64>,
    }
}

record! {
    /// One entry of the property `overrides` of a product: a change that is allowed although it breaks
    /// readers.
    pub struct OverrideProperty as "override" {
        /// The change as a plan names it.
        change: String,
        reason: String,
        /// Who allowed it.
        approver: String,
        /// The last day on which it counts.
        until: String,
    }
}

record! {
    /// The property `featureView` of an output port: its rows say what was known of an entity at a time.
    pub struct FeatureViewProperty as "feature view" {
        /// The columns that name an entity together.
        entity: Vec<String>,
        /// The column that says from when on a row's values held.
        event_time: String,
        /// The column that says when a row was written.
        created_time: Option<String>,
        /// For how long a row's values count, as `P1D` or `36 h`; for ever if left out.
        ttl: Option<String>,
        /// Every column that is neither entity nor time if left out.
        features: Option<Vec<String>>,
    }
}

record! {
    /// One entry of the property `features` of a product: features that are asked for together.
    pub struct FeatureServiceProperty as "feature service" {
        /// As a port of the product could be called.
        name: String,
        description: Option<String>,
        features: Vec<FeatureChoice>,
    }
}

record! {
    /// Features of one view, and how they are found and called.
    pub struct FeaturePartProperty as "choice of features" {
        /// `domain.product.port`, or `port` alone for one of the same product.
        view: String,
        /// All of the view if left out.
        features: Option<Vec<String>>,
        /// By which column of the frame a column of the view's entity is found.
        keys: Option<Map<String, Json>>,
        /// What the features' names begin with in the answer, before two underscores.
        prefix: Option<String>,
    }
}

/// Features of a view: `VIEW:COLUMN`, `VIEW` for all of them, or written out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum FeatureChoice {
    Text(String),
    Part(FeaturePartProperty),
}

impl FromNode for FeatureChoice {
    const WORD: &'static str = "text or an object";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(FeatureChoice::Text(text.clone())),
            Value::Object(_) => FeaturePartProperty::from_node(node, reader).map(FeatureChoice::Part),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}
