//! How a change moves the set of data that a contract permits.

use std::ops::BitOr;

use weft_model::compatibility::Rule;

/// Which data is permitted after a change and was not before, and the other way round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shift {
    /// Data may pass that was ruled out.
    pub(super) looser: bool,
    /// Data is ruled out that passed.
    pub(super) tighter: bool,
    /// Part of it cannot be told from the contracts.
    pub(super) undetermined: bool,
}

impl Shift {
    pub(super) const NONE: Shift = Shift { looser: false, tighter: false, undetermined: false };
    pub(super) const LOOSER: Shift = Shift { looser: true, ..Shift::NONE };
    pub(super) const TIGHTER: Shift = Shift { tighter: true, ..Shift::NONE };
    pub(super) const BOTH: Shift = Shift { looser: true, tighter: true, undetermined: false };
    pub(super) const UNDETERMINED: Shift = Shift { undetermined: true, ..Shift::NONE };

    /// Of a constraint that is there or not.
    pub(super) fn of_presence(before: bool, after: bool) -> Shift {
        match (before, after) {
            (false, true) => Shift::TIGHTER,
            (true, false) => Shift::LOOSER,
            _ => Shift::NONE,
        }
    }

    /// The rule for a bound, a pattern or the like; `None` where nothing moves.
    pub(super) fn bound_rule(self) -> Option<Rule> {
        match self {
            Shift::NONE => None,
            Shift::LOOSER => Some(Rule::BoundLooser),
            Shift::TIGHTER => Some(Rule::BoundTighter),
            _ => Some(Rule::BoundChanged),
        }
    }

    /// The rule for a guarantee that blocks; `None` where nothing moves.
    pub(super) fn quality_rule(self) -> Option<Rule> {
        match self {
            Shift::NONE => None,
            Shift { looser: true, tighter: true, .. } => Some(Rule::QualityShifted),
            Shift { looser: true, .. } => Some(Rule::QualityLooser),
            Shift { undetermined: true, .. } => Some(Rule::QualityUndetermined),
            Shift { .. } => Some(Rule::QualityTighter),
        }
    }
}

impl BitOr for Shift {
    type Output = Shift;

    fn bitor(self, other: Shift) -> Shift {
        Shift {
            looser: self.looser || other.looser,
            tighter: self.tighter || other.tighter,
            undetermined: self.undetermined || other.undetermined,
        }
    }
}

/// Compares two predicates on numbers that change their answer at `bounds` only, by asking both
/// about values at, between and beyond the bounds. `whole` asks about whole numbers alone.
pub(super) fn by_probing(old: impl Fn(f64) -> bool, new: impl Fn(f64) -> bool, bounds: &[f64], whole: bool) -> Shift {
    let probe = |shift: Shift, value: f64| {
        shift
            | match (old(value), new(value)) {
                (false, true) => Shift::LOOSER,
                (true, false) => Shift::TIGHTER,
                _ => Shift::NONE,
            }
    };
    probes(bounds, whole).into_iter().fold(Shift::NONE, probe)
}

/// Values that tell apart predicates which change their answer at `bounds` only, in rising order.
pub(super) fn probes(bounds: &[f64], whole: bool) -> Vec<f64> {
    let mut sorted: Vec<f64> = bounds.iter().copied().filter(|bound| bound.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut values: Vec<f64> = if whole {
        sorted.iter().flat_map(|bound| [bound.floor() - 1.0, bound.floor(), bound.ceil(), bound.ceil() + 1.0]).collect()
    } else {
        let between = sorted.windows(2).filter_map(|pair| Some(f64::midpoint(*pair.first()?, *pair.last()?)));
        let beyond = [sorted.first().map(|low| low - 1.0), sorted.last().map(|high| high + 1.0)];
        sorted.iter().copied().chain(between).chain(beyond.into_iter().flatten()).collect()
    };
    values.sort_by(f64::total_cmp);
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_bound_and_the_next_whole_number_permit_the_same() {
        assert_eq!(by_probing(|v| v > 4.0, |v| v >= 5.0, &[4.0, 5.0], true), Shift::NONE);
        assert_eq!(by_probing(|v| v > 4.0, |v| v >= 5.0, &[4.0, 5.0], false), Shift::TIGHTER);
    }

    #[test]
    fn a_range_that_moves_is_looser_and_tighter() {
        let within = |low: f64, high: f64| move |v: f64| low <= v && v <= high;
        assert_eq!(by_probing(within(0.0, 10.0), within(5.0, 15.0), &[0.0, 5.0, 10.0, 15.0], false), Shift::BOTH);
    }
}
