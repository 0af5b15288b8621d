//! `weft access`: who may see what, and what would change that.

mod roster;
mod simulate;

use super::Failure;
use super::arguments::Access;

pub(super) fn access(command: Access) -> Result<(), Failure> {
    match command {
        Access::Roster(arguments) => roster::roster(&arguments),
        Access::Simulate(arguments) => simulate::simulate(&arguments),
    }
}
