//! Rules of a generated mesh: which rows the asker sees, which columns are masked or hidden.

use fastrand::Rng;

use crate::rows::Row;

/// Columns beyond those that every table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extra {
    Num,
    Divisor,
    Pay,
    Mail,
    At,
    Detail,
    Tags,
}

pub(crate) const EXTRAS: [Extra; 7] =
    [Extra::Num, Extra::Divisor, Extra::Pay, Extra::Mail, Extra::At, Extra::Detail, Extra::Tags];

/// Which rows of a table the asker sees. It has the attributes `region: r1`, `regions: [r1, r2]` and
/// `level: 5`, and is entitled to r1 and r3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Filter {
    None,
    OwnRegion,
    OwnRegions,
    Level,
    FlagOr,
    NotNull,
    Entitled,
    Zone,
}

impl Filter {
    pub(crate) fn any(rng: &mut Rng, has_detail: bool) -> Self {
        const ALL: [Filter; 8] = [
            Filter::OwnRegion,
            Filter::OwnRegions,
            Filter::Level,
            Filter::FlagOr,
            Filter::NotNull,
            Filter::Entitled,
            Filter::None,
            Filter::Zone,
        ];
        match rng.choice(ALL).unwrap() {
            Filter::Zone if !has_detail => Filter::OwnRegion,
            filter => filter,
        }
    }

    /// The condition as `restrictions.yaml` has it.
    pub(crate) fn condition(self) -> Option<&'static str> {
        match self {
            Filter::None => None,
            Filter::OwnRegion => Some("region = $principal.region"),
            Filter::OwnRegions => Some("region IN $principal.regions"),
            Filter::Level => Some("lvl <= $principal.level"),
            Filter::FlagOr => Some("flag = TRUE OR region = 'r3'"),
            Filter::NotNull => Some("NOT (region IS NULL) AND NOT (lvl > 7)"),
            Filter::Entitled => Some("region IN (a.grants.regions.region WHERE who = $principal.name)"),
            Filter::Zone => Some("detail.zone = $principal.region AND lvl BETWEEN 0 AND 9"),
        }
    }

    /// The same in Rust: only what is true is shown.
    pub(crate) fn shows(self, row: &Row) -> bool {
        let region = row.region.as_deref();
        match self {
            Filter::None => true,
            Filter::OwnRegion => region == Some("r1"),
            Filter::OwnRegions => matches!(region, Some("r1" | "r2")),
            Filter::Level => row.lvl <= 5,
            Filter::FlagOr => row.flag == Some(true) || region == Some("r3"),
            Filter::NotNull => region.is_some() && row.lvl <= 7,
            Filter::Entitled => matches!(region, Some("r1" | "r3")),
            Filter::Zone => row.zone.as_deref() == Some("r1") && (0..=9).contains(&row.lvl),
        }
    }
}

/// How a column is kept from the asker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Veil {
    Null,
    Constant,
    Prefix,
    PartialEmail,
    Round,
    Month,
    /// The column is not there.
    Hidden,
}

impl Veil {
    pub(crate) fn for_column(rng: &mut Rng, column: Extra) -> Self {
        let fitting: &[Veil] = match column {
            Extra::Num => &[Veil::Null, Veil::Constant, Veil::Prefix, Veil::Hidden],
            Extra::Divisor => &[Veil::Null, Veil::Constant, Veil::Round, Veil::Hidden],
            Extra::Pay => &[Veil::Null, Veil::Round, Veil::Hidden],
            Extra::Mail => &[Veil::Null, Veil::Constant, Veil::PartialEmail, Veil::Prefix, Veil::Hidden],
            Extra::At => &[Veil::Null, Veil::Month, Veil::Hidden],
            Extra::Detail => &[Veil::Null, Veil::Constant, Veil::Prefix],
            Extra::Tags => &[Veil::Null, Veil::Prefix, Veil::Hidden],
        };
        *rng.choice(fitting).unwrap()
    }

    /// The mask as `restrictions.yaml` has it.
    pub(crate) fn mask(self, column: Extra) -> Option<&'static str> {
        Some(match (self, column) {
            (Veil::Null, _) => "'null'",
            (Veil::Constant, Extra::Divisor) => "{constant: 7}",
            (Veil::Constant, Extra::Num) => "{constant: '77'}",
            (Veil::Constant, _) => "{constant: veiled}",
            (Veil::Prefix, _) => "{prefix: 2}",
            (Veil::PartialEmail, _) => "partial_email",
            (Veil::Round, _) => "{round: 100}",
            (Veil::Month, _) => "{truncate: month}",
            (Veil::Hidden, _) => return None,
        })
    }
}

/// Where the mask of a column lies: nested columns are masked inside.
pub(crate) fn veiled_path(column: Extra) -> &'static str {
    match column {
        Extra::Num => "num",
        Extra::Divisor => "divisor",
        Extra::Pay => "pay",
        Extra::Mail => "mail",
        Extra::At => "at",
        Extra::Detail => "detail.note",
        Extra::Tags => "tags.[]",
    }
}

/// One table with its rules.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) extras: Vec<Extra>,
    pub(crate) filter: Filter,
    pub(crate) veils: Vec<(Extra, Veil)>,
}

impl Table {
    pub(crate) fn any(rng: &mut Rng, name: &'static str) -> Self {
        let extras: Vec<Extra> = EXTRAS.into_iter().filter(|_| rng.u8(0..10) < 7).collect();
        let filter = Filter::any(rng, extras.contains(&Extra::Detail));
        let veils = extras.iter().filter(|_| rng.u8(0..10) < 3).copied().collect::<Vec<_>>();
        let veils = veils.into_iter().map(|column| (column, Veil::for_column(rng, column))).collect();
        Table { name, extras, filter, veils }
    }

    pub(crate) fn veil(&self, column: Extra) -> Option<Veil> {
        self.veils.iter().find(|(veiled, _)| *veiled == column).map(|(_, veil)| *veil)
    }

    /// Whether the asker's queries may name the column.
    pub(crate) fn shows(&self, column: Extra) -> bool {
        self.extras.contains(&column) && self.veil(column) != Some(Veil::Hidden)
    }
}
