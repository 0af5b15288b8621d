//! `weft access`: who may see what and why, what would change that, and asking for more.

mod explain;
mod request;
mod requests;
mod roster;
mod simulate;

use weft_model::PortRef;
use weft_wire::RuleLine;

use super::Failure;
use super::arguments::Access;

pub(super) fn access(command: Access) -> Result<(), Failure> {
    match command {
        Access::Roster(arguments) => roster::roster(&arguments),
        Access::Simulate(arguments) => simulate::simulate(&arguments),
        Access::Explain(arguments) => explain::explain(arguments),
        Access::Request(arguments) => request::ask(arguments),
        Access::Requests(arguments) => requests::requests(&arguments),
        Access::Approve(arguments) => request::approve(arguments),
        Access::Decline(arguments) => request::decide(arguments, "decline"),
        Access::Withdraw(arguments) => request::decide(arguments, "withdraw"),
        Access::Extend(arguments) => request::extend(arguments),
        Access::Revoke(arguments) => request::decide(arguments, "revoke"),
        Access::Export(arguments) => request::export(&arguments),
    }
}

/// A port, and a column of it where one is named. A column's name may hold dots itself.
fn port_and_column(what: &str) -> Result<(PortRef, Option<String>), Failure> {
    let mut parts = what.splitn(4, '.');
    let port: Vec<&str> = parts.by_ref().take(3).collect();
    let column = parts.next().map(str::to_owned);
    let refused = |error: weft_model::NameError| {
        Failure::usage(format!("`{what}` is no port or column: {error}")).help("write DOMAIN.PRODUCT.PORT[.COLUMN]")
    };
    Ok((port.join(".").parse().map_err(refused)?, column))
}

/// `file:line`; none for what stands in no file.
fn place(line: &RuleLine) -> Option<String> {
    Some(format!("{}:{}", line.file.as_ref()?, line.line?))
}
