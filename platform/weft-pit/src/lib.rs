//! Point-in-time joins: to each row of a frame of entities, the newest row of a history that was there at its moment.
//!
//! SQL says so as `ASOF JOIN … MATCH_CONDITION (…)`: [`say_as_left_joins`] makes something of it that DataFusion plans,
//! [`with_point_in_time`] finds that in the plan, and [`PitPlanner`] makes a [`PitJoinExec`] of what was found.
//!
//! Which row of the history is joined, for a row of the frame with the same keys:
//!
//! - one whose time is not after the frame's time, and not before it by more than the time to live; both ends count;
//! - with `knowledge time`, one that was there by then: created not after the frame's time;
//! - of those the one with the greatest time, then the one created last, then the one with the greatest values in the
//!   columns that are joined, in their order. NULL is less than any value.
//!
//! Rows of the frame are neither lost nor doubled and stay in order. Without a key or a time they get NULL, as those do
//! for which there is nothing.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic))]

mod asof;
mod candidates;
mod condition;
mod exec;
mod frame;
mod keys;
mod node;
mod planner;
mod times;
mod window;

pub use asof::{MARK, mark, say_as_left_joins, with_point_in_time};
pub use exec::PitJoinExec;
pub use node::{PitJoinNode, PitTerms};
pub use planner::PitPlanner;
