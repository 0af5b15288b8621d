//! The rows of both worlds.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int32Array, Int64Array, ListBuilder, RecordBatch,
    StringArray, StringBuilder, StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field};
use fastrand::Rng;

use crate::rules::{Extra, Filter, Table, Veil};

/// A row of any table; what the table lacks is not written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) region: Option<String>,
    pub(crate) lvl: i32,
    pub(crate) flag: Option<bool>,
    day: i32,
    num: Option<String>,
    divisor: i64,
    pay: i128,
    mail: String,
    at: i64,
    pub(crate) zone: Option<String>,
    score: i64,
    note: String,
    tags: Vec<String>,
}

const DAY_MICROS: i64 = 86_400_000_000;

impl Row {
    /// A row of which every expression can be computed.
    fn harmless(rng: &mut Rng, id: i64) -> Self {
        let region = |rng: &mut Rng| match rng.u8(0..8) {
            0 => None,
            1 => Some("r2".to_owned()),
            2 => Some("r3".to_owned()),
            _ => Some("r1".to_owned()),
        };
        Row {
            id,
            region: region(rng),
            lvl: rng.i32(0..9),
            flag: [Some(true), Some(true), Some(false), None][rng.usize(0..4)],
            day: 18_000 + rng.i32(0..60),
            num: (rng.u8(0..10) > 0).then(|| rng.u32(1_000..9_999).to_string()),
            divisor: rng.i64(101..199) + 100 * rng.i64(0..3),
            pay: i128::from(rng.i64(10_001..19_999) + 10_000 * rng.i64(0..4)),
            mail: format!("{}{}@{}.example", rng.lowercase(), rng.u16(0..50), ["x", "y"][rng.usize(0..2)]),
            at: DAY_MICROS * (18_000 + rng.i64(0..90)) + rng.i64(0..DAY_MICROS),
            zone: region(rng),
            score: rng.i64(1..100),
            note: format!("{}{}", ["ab", "cd"][rng.usize(0..2)], rng.u8(10..99)),
            tags: (0..rng.usize(0..3)).map(|_| format!("t{}{}", rng.u8(0..3), rng.u8(0..9))).collect(),
        }
    }

    /// The same row with what some expressions fail on.
    fn brittle(self) -> Self {
        // Longer than what a prefix shows, as is what stands in its place in the other world.
        Row { num: Some("x700".to_owned()), divisor: 0, ..self }
    }

    /// A row that breaks whatever is computed from it, and says so.
    fn nasty(rng: &mut Rng, id: i64) -> Self {
        let text = |rng: &mut Rng| match rng.u8(0..5) {
            0 => String::new(),
            1 => "9".repeat(30),
            _ => format!("SECRET-{}", rng.u16(0..1_000)),
        };
        Row {
            num: (rng.u8(0..10) > 0).then(|| text(rng)),
            divisor: [0, 0, -1, i64::MIN, i64::MAX][rng.usize(0..5)],
            pay: i128::from(rng.i64(-999_999_999..999_999_999)),
            mail: text(rng),
            at: DAY_MICROS * rng.i64(-30_000..60_000),
            score: [0, i64::MAX, i64::MIN, -5][rng.usize(0..4)],
            note: text(rng),
            tags: (0..rng.usize(0..6)).map(|_| text(rng)).collect(),
            region: [None, Some("r1"), Some("r2"), Some("r9")][rng.usize(0..4)].map(str::to_owned),
            lvl: rng.i32(-3..12),
            flag: [Some(true), Some(false), None][rng.usize(0..3)],
            day: rng.i32(-20_000..40_000),
            zone: [None, Some("r1"), Some("SECRET")][rng.usize(0..3)].map(str::to_owned),
            id,
        }
    }

    /// Other values in what is veiled, of which the veil shows the same.
    fn behind(mut self, rng: &mut Rng, table: &Table) -> Self {
        for (column, veil) in &table.veils {
            let anything = matches!(veil, Veil::Null | Veil::Constant | Veil::Hidden);
            let nasty = Row::nasty(rng, 0);
            match column {
                Extra::Num if matches!(veil, Veil::Hidden | Veil::Null) => self.num = nasty.num,
                // NULL stays NULL under a constant: so whether it is one is the same in both worlds.
                Extra::Num if anything => self.num = self.num.map(|_| nasty.num.unwrap_or_default()),
                Extra::Num => self.num = self.num.map(|num| format!("{}{}", &num[..2], rng.u32(10..99_999))),
                Extra::Divisor if anything => self.divisor = nasty.divisor,
                Extra::Divisor => self.divisor = self.divisor / 100 * 100 + rng.i64(0..100),
                Extra::Pay if anything => self.pay = nasty.pay,
                Extra::Pay => self.pay = self.pay / 10_000 * 10_000 + i128::from(rng.i64(0..10_000)),
                Extra::Mail if anything => self.mail = nasty.mail,
                Extra::Mail if *veil == Veil::Prefix => self.mail = format!("{}SECRET", &self.mail[..2]),
                Extra::Mail => {
                    let (first, domain) = (self.mail[..1].to_owned(), self.mail.split_once('@').unwrap().1.to_owned());
                    self.mail = format!("{first}SECRET{}@{domain}", rng.u8(0..9));
                }
                Extra::At if anything => self.at = nasty.at,
                Extra::At => self.at = first_of_month(self.at) + rng.i64(0..28 * DAY_MICROS),
                Extra::Detail if anything => self.note = nasty.note,
                Extra::Detail => self.note = format!("{}SECRET{}", &self.note[..2], rng.u8(0..9)),
                Extra::Tags if *veil == Veil::Hidden => self.tags = nasty.tags,
                Extra::Tags if anything => {
                    self.tags.iter_mut().for_each(|tag| *tag = format!("SECRET{}", rng.u8(0..9)));
                }
                Extra::Tags => {
                    self.tags.iter_mut().for_each(|tag| *tag = format!("{}SECRET{}", &tag[..2], rng.u8(0..9)))
                }
            }
        }
        self
    }
}

fn first_of_month(micros: i64) -> i64 {
    use chrono::Datelike;
    let day = chrono::DateTime::from_timestamp_micros(micros).unwrap().date_naive().with_day(1).unwrap();
    day.and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp_micros()
}

/// The rows of one table in both worlds. What the asker may see of them is the same, in the same order.
///
/// Half of the rows at least are shown: engines skip what a filter leaves few rows of, which would
/// hide a leak. In some tables a few of those shown are brittle: whether a query meets them must not
/// depend on the rows between them.
pub(crate) fn both_worlds(rng: &mut Rng, table: &Table) -> [Vec<Row>; 2] {
    let mut worlds = [Vec::new(), Vec::new()];
    let count = rng.i64(30..120);
    let mut next_id = 0;
    let is_brittle = rng.u8(0..4) == 0;
    while next_id < count {
        let mut row = Row::harmless(rng, next_id);
        if is_brittle && rng.u8(0..20) == 0 {
            row = row.brittle();
        }
        if !table.filter.shows(&row) {
            continue;
        }
        next_id += 1;
        worlds[0].push(row.clone());
        worlds[1].push(row.behind(rng, table));
        if table.filter != Filter::None {
            for world in &mut worlds {
                // Some more here than there: nothing may tell how many are hidden.
                for _ in 0..[0, 0, 0, 1, 1, 2][rng.usize(0..6)] {
                    let id = -1 - rng.i64(0..1_000_000);
                    let hidden = Row::nasty(rng, id);
                    if !table.filter.shows(&hidden) {
                        world.push(hidden);
                    }
                }
            }
        }
    }
    worlds
}

/// Rows as the table's columns.
pub(crate) fn batch(rows: &[Row], table: &Table) -> RecordBatch {
    fn texts<'r>(values: impl Iterator<Item = Option<&'r str>>) -> ArrayRef {
        Arc::new(values.collect::<StringArray>())
    }
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.id)))),
        ("region", texts(rows.iter().map(|row| row.region.as_deref()))),
        ("lvl", Arc::new(Int32Array::from_iter_values(rows.iter().map(|row| row.lvl)))),
        ("flag", Arc::new(rows.iter().map(|row| row.flag).collect::<BooleanArray>())),
        ("day", Arc::new(Date32Array::from_iter_values(rows.iter().map(|row| row.day)))),
    ];
    for extra in &table.extras {
        columns.push(match extra {
            Extra::Num => ("num", texts(rows.iter().map(|row| row.num.as_deref()))),
            Extra::Divisor => ("divisor", Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.divisor)))),
            Extra::Pay => {
                let pay = Decimal128Array::from_iter_values(rows.iter().map(|row| row.pay));
                ("pay", Arc::new(pay.with_precision_and_scale(12, 2).unwrap()))
            }
            Extra::Mail => ("mail", texts(rows.iter().map(|row| Some(row.mail.as_str())))),
            Extra::At => {
                let at = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|row| row.at));
                ("at", Arc::new(at.with_timezone("UTC")))
            }
            Extra::Detail => {
                let field = |name, data_type| Arc::new(Field::new(name, data_type, true));
                let score: ArrayRef = Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.score)));
                let parts = vec![
                    (field("zone", DataType::Utf8), texts(rows.iter().map(|row| row.zone.as_deref()))),
                    (field("score", DataType::Int64), score),
                    (field("note", DataType::Utf8), texts(rows.iter().map(|row| Some(row.note.as_str())))),
                ];
                ("detail", Arc::new(StructArray::from(parts)))
            }
            Extra::Tags => {
                let mut lists = ListBuilder::new(StringBuilder::new());
                for row in rows {
                    row.tags.iter().for_each(|tag| lists.values().append_value(tag));
                    lists.append(true);
                }
                ("tags", Arc::new(lists.finish()))
            }
        });
    }
    RecordBatch::try_from_iter(columns).unwrap()
}
