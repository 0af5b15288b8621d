//! The proof that who sees what is told as it is decided.
//!
//! Two states of a mesh are made from one seed: principals, policies, restrictions and purposes, some of them the same
//! on both sides. Then everyone is asked about every column of every port, one decision at a time, and what comes out
//! is compared with the roster, with explanations, and its difference with the simulation.

mod brute_force;
mod explaining;
mod states;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use fastrand::Rng;
use weft_governance::{RosterQuestion, roster, simulate};

use brute_force::{Everyone, Told};
use states::State;

/// What came of a number of cases.
#[derive(Clone, Debug, Default)]
pub struct AccessReport {
    pub cases: u64,
    /// Ports that were asked about on one side, once for each purpose.
    pub rosters: u64,
    /// Changes that simulations told, each for one principal and column.
    pub changes: u64,
    /// Explanations that were compared with decisions.
    pub explanations: u64,
    /// Changes that explanations promise to help, and that did.
    pub helped: u64,
    /// What differs, in words; the first few.
    pub differences: Vec<String>,
}

/// Most differences that a report holds.
const DIFFERENCES_MAX: usize = 10;

/// Proves so many cases, the first of them made from `seed`.
pub fn prove_access(seed: u64, cases: u64) -> AccessReport {
    let mut report = AccessReport::default();
    for case in seed..seed.saturating_add(cases) {
        report.prove(case);
    }
    report
}

impl AccessReport {
    fn prove(&mut self, seed: u64) {
        let mut rng = Rng::with_seed(seed);
        let before = State::any(&mut rng);
        let after = before.changed(&mut rng);
        let at = states::instant();
        self.cases += 1;
        let known = [Everyone::asked(&before, at), Everyone::asked(&after, at)];
        for (state, known) in [&before, &after].into_iter().zip(&known) {
            self.compare_rosters(seed, state, known, &mut rng, at);
        }
        self.compare_changes(seed, [&before, &after], &known, at);
        self.compare_explanations(seed, &after, at);
    }

    fn compare_explanations(&mut self, seed: u64, state: &State, at: DateTime<Utc>) {
        let explained = explaining::everything(state, at);
        self.explanations += explained.explanations;
        self.helped += explained.helped;
        explained.differences.into_iter().for_each(|difference| self.note(format!("seed {seed}: {difference}")));
    }

    fn compare_rosters(&mut self, seed: u64, state: &State, known: &Everyone, rng: &mut Rng, at: DateTime<Utc>) {
        for (port, side) in &state.facts.ports {
            let columns = &side.columns;
            let column = columns.get(rng.usize(0..=columns.len())).map(|column| column.name.as_str());
            for purpose in [None, Some("billing"), Some("unheard_of")] {
                let question = RosterQuestion { port, columns, column, purpose, at };
                let told = roster(&state.snapshot, &question);
                self.rosters += 1;
                if let Some(difference) = known.unlike_roster(&told, &question, state) {
                    self.note(format!("seed {seed}, {port} for {purpose:?}: {difference}"));
                }
            }
        }
    }

    fn compare_changes(&mut self, seed: u64, [before, after]: [&State; 2], known: &[Everyone; 2], at: DateTime<Utc>) {
        let told: BTreeSet<Told> = brute_force::told(&simulate(before.mesh(), after.mesh(), at));
        let is = known[0].difference(&known[1]);
        self.changes += is.len() as u64;
        for missed in is.difference(&told) {
            self.note(format!("seed {seed}: not told: {missed:?}"));
        }
        for invented in told.difference(&is) {
            self.note(format!("seed {seed}: told and not so: {invented:?}"));
        }
    }

    fn note(&mut self, difference: String) {
        if self.differences.len() < DIFFERENCES_MAX {
            self.differences.push(difference);
        }
    }

    /// The same with what another part came to.
    pub fn add(&mut self, other: AccessReport) {
        self.cases += other.cases;
        self.rosters += other.rosters;
        self.changes += other.changes;
        self.explanations += other.explanations;
        self.helped += other.helped;
        other.differences.into_iter().for_each(|difference| self.note(difference));
    }

    /// Whether the cases are of a kind that proves something: something changes in most of them.
    pub fn is_telling(&self) -> bool {
        self.changes >= self.cases && self.helped >= self.cases
    }
}

impl fmt::Display for AccessReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let AccessReport { cases, rosters, changes, explanations, helped, differences } = self;
        write!(
            f,
            "{cases} pairs of states, {rosters} rosters, {changes} changes, {explanations} explanations of which "
        )?;
        write!(f, "{helped} helped, ")?;
        write!(f, "{} differences from deciding one by one", differences.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A few seconds' worth; `make prove` asks for 10,000.
    const CASES: u64 = 150;

    #[test]
    fn rosters_and_simulations_are_what_deciding_one_by_one_comes_to() {
        let report = prove_access(1, CASES);
        assert_eq!(report.differences, Vec::<String>::new());
        assert!(report.is_telling(), "{report}");
    }
}
