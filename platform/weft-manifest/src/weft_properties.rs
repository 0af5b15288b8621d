//! What ODPS leaves out and Weft needs: custom properties with `vendor: weft`.

use serde_json::{Map, Value as Json};

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
