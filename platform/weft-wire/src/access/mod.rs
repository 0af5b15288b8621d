//! Who may see what: rosters of ports, and what a change of rules would do.

mod roster;
mod simulate;

pub use roster::{
    Roster, RosterColumn, RosterGroup, RosterMember, RosterMembership, RosterPath, RosterRequest, RuleLine,
};
pub use simulate::{SimulateRequest, Simulated, SimulatedChange};
