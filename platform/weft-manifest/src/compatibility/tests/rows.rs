//! The rows of the compatibility table, in its order.

use super::*;

#[test]
fn an_optional_column_added_is_minor_and_a_class_makes_access_holders_look() {
    check_columns(
        ID,
        &format!("{ID}\n{{name: note, logicalType: string}}"),
        expect![[r#"
        + orders.note string
            info warning info | minor | add_column | error if wildcard, else info
    "#]],
    );
    check_columns(
        ID,
        &format!("{ID}\n{{name: mail, logicalType: string, classification: pii}}"),
        expect![[r#"
        + orders.mail string
            info warning warning | minor | add_column | error if wildcard, else info
    "#]],
    );
}

#[test]
fn a_required_column_added_breaks_the_producer() {
    check_columns(
        ID,
        &format!("{ID}\n{{name: note, logicalType: string, required: true}}"),
        expect![[r#"
        + orders.note string
            info error info | minor | add_column_with_backfill | error if wildcard, else info
    "#]],
    );
}

#[test]
fn a_column_removed_breaks_whoever_reads_it() {
    check_columns(
        &format!("{ID}\n{{name: note, logicalType: string}}"),
        ID,
        expect![[r#"
        - orders.note string
            error info info | major | keep_until_sunset | error if read, else warning
    "#]],
    );
}

#[test]
fn columns_in_another_order_break_whoever_takes_all_of_them() {
    check_columns(
        "{name: a, logicalType: string}\n{name: b, logicalType: string}",
        "{name: b, logicalType: string}\n{name: a, logicalType: string}",
        expect![[r#"
            ~ order of columns of orders
                info info - | minor | none | error if wildcard, else info
        "#]],
    );
}

#[test]
fn a_rename_with_the_same_id_offers_an_alias() {
    check_columns(
        "{id: n, name: note, logicalType: string}",
        "{id: n, name: remark, logicalType: string}",
        expect![[r#"
        ~ name of orders.note note → remark
            error info info | major | view_alias
    "#]],
    );
    check_columns(
        "{name: note, logicalType: string}",
        "{name: note, physicalName: remark, logicalType: string}",
        expect![[r#"
            ~ physicalName of orders.note note → remark
                error info info | major | view_alias
        "#]],
    );
    check_columns(
        "{name: note, logicalType: string}",
        "{name: note, physicalName: note, logicalType: string}",
        expect![[r#"
            ~ physicalName of orders.note
                info - - | patch | none
        "#]],
    );
}

#[test]
fn a_lossless_widening_warns_typed_clients() {
    check_columns(
        "{name: a, logicalType: number, physicalType: 'decimal(10,2)'}
         {name: b, logicalType: integer, logicalTypeOptions: {format: i32}}
         {name: c, logicalType: integer, physicalType: int}
         {name: d, logicalType: date}
         {name: e, logicalType: number, physicalType: float}
         {name: f, logicalType: integer, physicalType: int}
         {name: g, logicalType: string, physicalType: varchar(20)}
         {name: h, logicalType: integer, physicalType: int}",
        "{name: a, logicalType: number, physicalType: 'decimal(12,2)'}
         {name: b, logicalType: integer, logicalTypeOptions: {format: i64}}
         {name: c, logicalType: number, physicalType: 'decimal(12,2)'}
         {name: d, logicalType: timestamp, logicalTypeOptions: {timezone: false}}
         {name: e, logicalType: number, physicalType: double}
         {name: f, logicalType: number}
         {name: g, logicalType: string, physicalType: varchar(40)}
         {name: h, logicalType: integer, physicalType: INTEGER}",
        expect![[r#"
            ~ type of orders.a decimal(10,2) → decimal(12,2)
                warning info - | minor | widen_or_rewrite
            ~ type of orders.b integer i32 → integer i64
                warning info - | minor | widen_or_rewrite
            ~ type of orders.c int → decimal(12,2)
                warning info - | minor | widen_or_rewrite
            ~ type of orders.d date → timestamp_ntz
                warning info - | minor | widen_or_rewrite
            ~ type of orders.e float → double
                warning info - | minor | widen_or_rewrite
            ~ type of orders.f int → number
                warning info - | minor | widen_or_rewrite
            ~ type of orders.g varchar(20) → varchar(40)
                warning info - | minor | constraint
            ~ type of orders.h int → INTEGER
                info info - | patch | none
        "#]],
    );
}

#[test]
fn any_other_type_is_a_new_table() {
    check_columns(
        "{name: a, logicalType: number, physicalType: 'decimal(10,2)'}
         {name: b, logicalType: integer, logicalTypeOptions: {format: i64}}
         {name: c, logicalType: integer, logicalTypeOptions: {format: i64}}
         {name: d, logicalType: timestamp}
         {name: e, logicalType: string}
         {name: f, logicalType: string, physicalType: jsonb}
         {name: g, logicalType: number, physicalType: 'decimal(10,2)'}",
        "{name: a, logicalType: number, physicalType: 'decimal(10,4)'}
         {name: b, logicalType: integer, logicalTypeOptions: {format: i32}}
         {name: c, logicalType: number}
         {name: d, logicalType: timestamp, logicalTypeOptions: {timezone: false}}
         {name: e, logicalType: integer}
         {name: f, logicalType: string, physicalType: xml}
         {name: g, logicalType: number}",
        expect![[r#"
            ~ type of orders.a decimal(10,2) → decimal(10,4)
                error error - | major | new_table
            ~ type of orders.b integer i64 → integer i32
                error error - | major | new_table
            ~ type of orders.c integer i64 → number
                error error - | major | new_table
            ~ type of orders.d timestamp → timestamp_ntz
                error error - | major | new_table
            ~ type of orders.e string → integer
                error error - | major | new_table
            ~ type of orders.f jsonb → xml
                error error - | major | new_table
            ~ type of orders.g decimal(10,2) → number
                error error - | major | new_table
        "#]],
    );
    check_columns(
        "{name: a}\n{name: b, logicalType: string}",
        "{name: a, logicalType: string}\n{name: b}",
        expect![[r#"
        + type of orders.a string
            info error - | minor | constraint
        - type of orders.b string
            error info - | major | new_table
    "#]],
    );
}

#[test]
fn required_is_minor_one_way_and_major_the_other() {
    check_columns(
        "{name: a, logicalType: string}\n{name: b, logicalType: string, required: true}",
        "{name: a, logicalType: string, required: true}\n{name: b, logicalType: string, required: false}",
        expect![[r#"
            + required of orders.a
                info error - | minor | constraint
            - required of orders.b
                error info - | major | constraint
        "#]],
    );
    check_columns(
        "{name: o, logicalType: object, logicalTypeOptions: {required: [x]}, properties: [{name: x, logicalType: string}]}",
        "{name: o, logicalType: object, properties: [{name: x, logicalType: string}]}",
        expect![[r#"
            - required of orders.o.x
                error info - | major | constraint
        "#]],
    );
}

#[test]
fn another_meaning_under_the_same_type_is_major() {
    check_columns(
        "{name: a, logicalType: number, transformLogic: cents}
         {name: b, logicalType: number, customProperties: [{property: currency, value: EUR}]}
         {name: c, logicalType: timestamp, logicalTypeOptions: {defaultTimezone: Etc/UTC}}
         {name: d, logicalType: number, description: Delay in minutes.}",
        "{name: a, logicalType: number, transformLogic: cents / 100}
         {name: b, logicalType: number, customProperties: [{property: currency, value: USD}]}
         {name: c, logicalType: timestamp, logicalTypeOptions: {defaultTimezone: Europe/Rome}}
         {name: d, logicalType: number, description: Delay in seconds.}",
        expect![[r#"
            ~ transformLogic of orders.a
                error info - | major | full_backfill
            ~ currency of orders.b EUR → USD
                error info - | major | full_backfill
            ~ defaultTimezone of orders.c Etc/UTC → Europe/Rome
                error info - | major | full_backfill
            ~ description of orders.d
                error info - | major | full_backfill
        "#]],
    );
}

#[test]
fn another_key_or_granularity_is_a_new_table() {
    check_columns(
        "{name: a, logicalType: string, primaryKey: true}\n{name: b, logicalType: string}",
        "{name: a, logicalType: string, primaryKey: true}\n{name: b, logicalType: string, primaryKey: true}",
        expect![[r#"
            ~ primary key of orders a → a, b
                error error - | major | new_table
        "#]],
    );
    check(
        &contract(ID, "dataGranularityDescription: one row an order", ""),
        &contract(ID, "dataGranularityDescription: one row a line", ""),
        expect![[r#"
            ~ granularity of orders
                error error - | major | new_table
        "#]],
    );
    check_columns(
        "{id: k, name: a, logicalType: string, primaryKey: true}",
        "{id: k, name: b, logicalType: string, primaryKey: true}",
        expect![[r#"
            ~ name of orders.a a → b
                error info info | major | view_alias
        "#]],
    );
}

#[test]
fn an_enum_is_a_set_of_values() {
    check_columns(
        "{name: a, logicalType: string, enum: [{value: x}, {value: y}]}",
        "{name: a, logicalType: string, enum: [{value: z}, {value: x}]}",
        expect![[r#"
            + enum values of orders.a z
                warning info - | minor | constraint | error if exhaustive, else warning
            - enum values of orders.a y
                info error - | minor | constraint
        "#]],
    );
    check_columns(
        "{name: a, logicalType: integer, enum: [{value: 1}]}\n{name: b, logicalType: integer}",
        "{name: a, logicalType: integer}\n{name: b, logicalType: integer, enum: [{value: 1}]}",
        expect![[r#"
            - enum of orders.a 1
                warning info - | minor | constraint | error if exhaustive, else warning
            + enum of orders.b 1
                info error - | minor | constraint
        "#]],
    );
    check_columns(
        "{name: a, logicalType: number, enum: [{value: 1}, {value: 2}]}",
        "{name: a, logicalType: number, enum: [{value: 2, label: two}, {value: 1.0}]}",
        expect![[r#"
            ~ labels of enum of orders.a
                info - - | patch | none
        "#]],
    );
}

#[test]
fn bounds_are_compared_by_the_values_they_let_through() {
    check_columns(
        "{name: a, logicalType: integer, logicalTypeOptions: {minimum: 5, maximum: 10}}
         {name: b, logicalType: integer, logicalTypeOptions: {minimum: 5}}
         {name: c, logicalType: number, logicalTypeOptions: {minimum: 5}}
         {name: d, logicalType: string, logicalTypeOptions: {minLength: 2, pattern: '^a'}}
         {name: e, logicalType: date, logicalTypeOptions: {minimum: '2024-01-01'}}
         {name: f, logicalType: date, logicalTypeOptions: {minimum: '2024-01-01'}}
         {name: g, logicalType: number, logicalTypeOptions: {multipleOf: 0.5}}
         {name: h, logicalType: array, items: {logicalType: string}, logicalTypeOptions: {maxItems: 3}}
         {name: i, logicalType: string, logicalTypeOptions: {pattern: '^a', format: uri}}",
        "{name: a, logicalType: integer, logicalTypeOptions: {minimum: 6, maximum: 20}}
         {name: b, logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 4}}
         {name: c, logicalType: number, logicalTypeOptions: {exclusiveMinimum: 4}}
         {name: d, logicalType: string, logicalTypeOptions: {minLength: 1, pattern: '^b'}}
         {name: e, logicalType: date, logicalTypeOptions: {exclusiveMinimum: '2023-12-31'}}
         {name: f, logicalType: date, logicalTypeOptions: {minimum: soon}}
         {name: g, logicalType: number, logicalTypeOptions: {multipleOf: 0.25}}
         {name: h, logicalType: array, items: {logicalType: string}}
         {name: i, logicalType: string, logicalTypeOptions: {format: email}}",
        expect![[r#"
            ~ minimum of orders.a 5 → 6
                info error - | minor | constraint
            ~ maximum of orders.a 10 → 20
                warning info - | minor | constraint
            ~ minimum of orders.c 5 → > 4
                warning info - | minor | constraint
            ~ minLength of orders.d 2 → 1
                warning info - | minor | constraint
            ~ pattern of orders.d ^a → ^b
                warning warning - | minor | constraint
            ~ minimum of orders.f 2024-01-01 → soon
                warning warning - | minor | constraint
            ~ multipleOf of orders.g 0.5 → 0.25
                warning info - | minor | constraint
            - maxItems of orders.h 3
                warning info - | minor | constraint
            - pattern of orders.i ^a
                warning info - | minor | constraint
            ~ format of orders.i uri → email
                warning warning - | minor | constraint
        "#]],
    );
}

#[test]
fn a_quality_rule_that_blocks_is_a_guarantee() {
    let column = |rule: &str| orders(&format!("{{name: a, logicalType: string, quality: [{rule}]}}"));
    let bare = orders("{name: a, logicalType: string}");
    check(
        &column("{metric: nullValues, mustBe: 0}"),
        &bare,
        expect![[r#"
        - quality rule nullValues of orders.a = 0
            error info - | minor | none
    "#]],
    );
    check(
        &column("{metric: nullValues, mustBe: 0, severity: warning}"),
        &bare,
        expect![[r#"
        - quality rule nullValues of orders.a = 0, warning
            info info - | patch | none
    "#]],
    );
    check(
        &bare,
        &column("{metric: nullValues, mustBe: 0}"),
        expect![[r#"
        + quality rule nullValues of orders.a = 0
            info error - | minor | none
    "#]],
    );
    check(
        &column("{metric: rowCount, mustBe: 0}"),
        &bare,
        expect![[r#"
        - quality rule rowCount of orders.a = 0
            info info - | patch | none
    "#]],
    );
}

#[test]
fn thresholds_are_compared_by_the_counts_they_let_through() {
    let column = |rule: &str| orders(&format!("{{name: a, logicalType: string, quality: [{{{rule}}}]}}"));
    let nulls = |rule: &str| column(&format!("metric: nullValues, {rule}"));
    check(
        &nulls("mustBe: 0"),
        &nulls("mustBeLessThan: 1"),
        expect![[r#"
        ~ quality rule nullValues of orders.a = 0 → < 1
            error info - | minor | none
    "#]],
    );
    check(
        &nulls("mustBe: 0, unit: percent"),
        &nulls("mustBeLessThan: 1, unit: percent"),
        expect![[r#"
        ~ quality rule nullValues of orders.a = 0 % → < 1 %
            error info - | minor | none
    "#]],
    );
    check(
        &nulls("mustBeBetween: [2, 4]"),
        &nulls("mustBeBetween: [3, 6]"),
        expect![[r#"
        ~ quality rule nullValues of orders.a 2 to 4 → 3 to 6
            error error - | minor | none
    "#]],
    );
    check(
        &nulls("mustBe: 0"),
        &nulls("mustBe: 0, severity: info"),
        expect![[r#"
        ~ quality rule nullValues of orders.a = 0 → = 0, info
            error info - | minor | none
    "#]],
    );
    check(
        &nulls("mustBe: 0"),
        &nulls("mustBe: 0, unit: percent"),
        expect![[r#"
        ~ quality rule nullValues of orders.a = 0 → = 0 %
            warning warning - | minor | none
    "#]],
    );
    let valid =
        |values: &str| column(&format!("metric: invalidValues, mustBe: 0, arguments: {{validValues: [{values}]}}"));
    check(
        &valid("a, b"),
        &valid("a"),
        expect![[r#"
        ~ quality rule invalidValues of orders.a
            info error - | minor | none
    "#]],
    );
    check(
        &valid("a"),
        &valid("a, b"),
        expect![[r#"
        ~ quality rule invalidValues of orders.a
            error info - | minor | none
    "#]],
    );
    let query = |query: &str| column(&format!("type: sql, query: {query}, mustBe: 0"));
    check(
        &query("SELECT 1"),
        &query("SELECT 2"),
        expect![[r#"
        ~ quality rule sql of orders.a
            warning warning - | minor | none
    "#]],
    );
    check_columns(
        "{name: a, logicalType: string, unique: true}",
        "{name: a, logicalType: string}",
        expect![[r#"
        - unique of orders.a
            error info - | minor | none
    "#]],
    );
}

#[test]
fn a_looser_service_level_breaks_whoever_builds_on_it() {
    let level = |text: &str| format!("slaProperties: [{{{text}}}]");
    check_contract(
        &level("property: latency, value: 12, unit: h"),
        &level("property: latency, value: 1, unit: d"),
        expect![[r#"
            ~ latency 12 h → 1 d
                warning info - | major | none | error if own_service_level, else warning
        "#]],
    );
    check_contract(
        &level("property: freshness, value: 1, unit: d, element: orders.a"),
        &level("property: freshness, value: 24, unit: h, element: orders.b"),
        expect![[r#"
            ~ freshness.element orders.a → orders.b
                warning warning - | major | none
            ~ freshness 1 d → 24 h
                info - - | patch | none
        "#]],
    );
    check_contract(
        &level("property: availability, value: 99.9"),
        &level("property: availability, value: 99.99"),
        expect![[r#"
            ~ availability 99.9 → 99.99
                info error - | minor | none
        "#]],
    );
    check_contract(
        &level("property: freshness, value: 1, unit: d"),
        &level("property: freshness, value: soon"),
        expect![[r#"
            ~ freshness 1 d → soon
                warning warning - | major | none
        "#]],
    );
}

#[test]
fn rows_that_are_historical_from_now_on_are_no_longer_promised_to_be_fresh() {
    let level = |is: &str| {
        format!(
            "slaProperties:\n  - {{property: latency, value: 1, unit: d, customProperties: [{{property: historical, vendor: weft, value: {is}}}]}}"
        )
    };
    check_contract(
        &level("false"),
        &level("true"),
        expect![[r#"
            ~ latency.historical false → true
                warning info - | major | none | error if own_service_level, else warning
        "#]],
    );
    check_contract(
        &level("true"),
        &level("false"),
        expect![[r#"
            ~ latency.historical true → false
                info error - | minor | none
        "#]],
    );
}

#[test]
fn two_levels_of_one_property_are_told_apart_by_driver_and_element() {
    let levels = |first: &str, second: &str| {
        format!(
            "slaProperties:\n  - {{property: timeOfAvailability, value: '{first}', driver: regulatory}}\n  - {{property: timeOfAvailability, value: '{second}', driver: analytics}}"
        )
    };
    check_contract(
        &levels("09:00", "08:00"),
        &levels("09:00", "08:30"),
        expect![[r#"
        ~ timeOfAvailability 08:00 → 08:30
            warning info - | major | none | error if own_service_level, else warning
    "#]],
    );
}

#[test]
fn retention_that_shrinks_loses_rows_and_retention_that_grows_is_a_question_of_privacy() {
    let level = |text: &str| format!("slaProperties: [{{property: retention, {text}}}]");
    check_contract(
        &level("value: P2Y"),
        &level("value: 1, unit: y"),
        expect![[r#"
        ~ retention P2Y → 1 y
            error info info | major | delete_job
    "#]],
    );
    check_contract(
        &level("value: 90, unit: d"),
        &level("value: 1, unit: y"),
        expect![[r#"
        ~ retention 90 d → 1 y
            warning info info | minor | stop_deleting
    "#]],
    );
}

#[test]
fn a_class_that_moves_either_way_is_for_access_holders_to_approve() {
    check_columns(
        "{name: a, logicalType: string, classification: public}\n{name: b, logicalType: string, classification: pii}\n{name: c, logicalType: string, classification: secret-squirrel}",
        "{name: a, logicalType: string, classification: pii}\n{name: b, logicalType: string}\n{name: c, logicalType: string, classification: internal}",
        expect![[r#"
            ~ classification of orders.a public → pii
                warning - error | minor | none
            - classification of orders.b pii
                - - error | minor | none
            ~ classification of orders.c secret-squirrel → internal
                warning - error | minor | none
        "#]],
    );
}

#[test]
fn a_role_that_goes_away_takes_its_grants_along() {
    check_contract(
        "roles: [{role: reader, access: read}, {role: auditor}, {role: clerk, access: read}]",
        "roles: [{role: reader, access: read, firstLevelApprovers: lead}, {role: clerk, access: write}]",
        expect![[r#"
            + firstLevelApprovers of role reader lead
                - - info | patch | none
            - role auditor
                - - error | major | none
            ~ access of role clerk read → write
                - - error | major | none
        "#]],
    );
}

#[test]
fn a_location_that_moves_breaks_whoever_reads_the_files_themselves() {
    check_contract(
        "servers: [{server: lake, type: local, path: /a, format: csv}]",
        "servers: [{server: lake, type: local, path: /b, format: csv, description: New.}, {server: sea, type: local, path: /c, format: csv}]",
        expect![[r#"
            ~ path of server lake /a → /b
                info warning warning | minor | copy_or_clone | error if lent_credentials, else info
            + description of server lake New.
                info - - | patch | none
            + server sea
                info warning warning | patch | copy_or_clone
        "#]],
    );
}

#[test]
fn other_partition_columns_are_a_rewrite() {
    check_columns(
        "{name: a, logicalType: date, partitioned: true, partitionKeyPosition: 1}\n{name: b, logicalType: string}",
        "{name: a, logicalType: date, partitioned: true, partitionKeyPosition: 1}\n{name: b, logicalType: string, partitioned: true, partitionKeyPosition: 2}",
        expect![[r#"
            ~ partition columns of orders a → a, b
                warning error - | minor | rewrite
        "#]],
    );
}

#[test]
fn a_relationship_removed_warns_and_one_that_points_elsewhere_breaks() {
    let column = |links: &str| orders(&format!("{{name: a, logicalType: string, relationships: [{links}]}}"));
    let bare = orders("{name: a, logicalType: string}");
    check(
        &column("{to: b.id}"),
        &bare,
        expect![[r#"
        - relationship of orders.a to b.id
            warning - - | minor | none
    "#]],
    );
    check(
        &column("{to: b.id}"),
        &column("{to: c.id}"),
        expect![[r#"
        ~ relationship of orders.a to b.id → to c.id
            error error - | major | none
    "#]],
    );
    check(
        &bare,
        &column("{to: c.id}"),
        expect![[r#"
        + relationship of orders.a to c.id
            info error - | minor | none
    "#]],
    );
    check(
        &contract(ID, "relationships: [{from: orders.id, to: b.id}]", ""),
        &contract(ID, "relationships: [{from: orders.id, to: c.id}]", ""),
        expect![[r#"
            ~ relationship of orders orders.id to b.id → orders.id to c.id
                error error - | major | none
        "#]],
    );
}

#[test]
fn a_vector_of_another_make_is_a_new_column() {
    let column = |more: &str| orders(&format!("{{name: v, logicalType: vector, logicalTypeOptions: {{{more}}}}}"));
    check(
        &column("dimensions: 3, embeddingModel: a"),
        &column("dimensions: 4, embeddingModel: b, distanceMetric: cosine, normalized: true"),
        expect![[r#"
            ~ dimensions of orders.v 3 → 4
                error error - | major | new_column
            + distanceMetric of orders.v cosine
                error error - | major | new_column
            ~ normalized of orders.v false → true
                error error - | major | new_column
            ~ embeddingModel of orders.v a → b
                error error - | major | new_column
        "#]],
    );
    check(&column("dimensions: 3"), &column("dimensions: 3, elementType: float32, normalized: false"), expect![]);
}

#[test]
fn a_measure_with_another_expression_is_another_measure() {
    check_columns(
        "{name: m, logicalType: number, semanticType: measure, transformLogic: sum(a)}",
        "{name: m, logicalType: number, semanticType: measure, transformLogic: avg(a)}",
        expect![[r#"
            ~ transformLogic of orders.m
                error - - | major | none
        "#]],
    );
}

#[test]
fn deprecation_warns_and_an_earlier_end_breaks() {
    check_columns(
        "{name: a, logicalType: string}",
        "{name: a, logicalType: string, deprecated: true}",
        expect![[r#"
        + deprecated of orders.a
            warning - - | minor | none
    "#]],
    );
    check_contract(
        "status: active\nslaProperties: [{property: endOfLife, value: '2030-12-31'}]",
        "status: deprecated\nslaProperties: [{property: endOfLife, value: '2030-06-30'}]",
        expect![[r#"
            ~ endOfLife 2030-12-31 → 2030-06-30
                error - - | major | none
            ~ status active → deprecated
                warning - - | minor | none
        "#]],
    );
}

#[test]
fn words_are_a_patch_and_what_agents_must_not_do_is_a_warning() {
    check_columns(
        "{name: a, logicalType: string}",
        "{name: a, logicalType: string, description: A., tags: [x], synonyms: [{synonym: b}], examples: [1]}",
        expect![[r#"
            + description of orders.a
                info - - | patch | none
            + synonyms of orders.a
                info - - | patch | none
            + tags of orders.a
                info - - | patch | none
            + examples of orders.a
                info - - | patch | none
        "#]],
    );
    check_contract(
        "context: Read with care.",
        "context: {instructions: Read., constraints: [{constraint: No joins.}]}",
        expect![[r#"
            + context constraint No joins.
                warning - - | patch | none
            ~ instructions Read with care. → Read.
                info - - | patch | none
        "#]],
    );
}
