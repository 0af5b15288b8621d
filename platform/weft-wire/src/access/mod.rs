//! Who may see what: rosters of ports, what a change of rules would do, why it is so, and asking for more.

mod explanation;
mod request;
mod roster;
mod simulate;

pub use explanation::{Change, Evidence, ExplainRequest, Explanation, Explanations, NearMiss};
pub use request::{Decided, Granted, NewRequest, Request, RequestDecision};
pub use roster::{
    Roster, RosterColumn, RosterGroup, RosterMember, RosterMembership, RosterPath, RosterRequest, RuleLine,
};
pub use simulate::{SimulateRequest, Simulated, SimulatedChange};
