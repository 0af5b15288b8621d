//! `weft token NAME`: a signed bearer token, and nothing else on standard output.

use chrono::Duration;
use weft_identity::{IdentityError, TokenSigner};
use weft_model::Clock;

use super::arguments::Token;
use super::{Failure, terminal};
use crate::clock::SystemClock;
use crate::home::Home;
use crate::mesh_folder;

pub(super) fn token(arguments: &Token) -> Result<(), Failure> {
    let home = Home::at(&arguments.home.home);
    let token = mint(&home, &arguments.name, arguments.ttl)?;
    warn_of_a_stranger(&arguments.name, &home);
    terminal::print(&format!("{token}\n"))
}

/// A token for `name`, signed with the key of `home`; the key is made where there is none.
pub(super) fn mint(home: &Home, name: &str, ttl: Duration) -> Result<String, Failure> {
    let signer = TokenSigner::open_or_create(&home.keys()).map_err(failure)?;
    signer.mint(name, ttl, SystemClock.now()).map_err(failure)
}

/// `30m`, `8h`, `7d`, `90s`.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    let wrong = || "write a number and s, m, h or d, such as 8h".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let duration = match unit {
        "s" => Duration::try_seconds(number),
        "m" => Duration::try_minutes(number),
        "h" => Duration::try_hours(number),
        "d" => Duration::try_days(number),
        _ => None,
    };
    duration.filter(|duration| *duration > Duration::zero()).ok_or_else(wrong)
}

/// The server decides whom it knows. A name that the mesh in this folder does not declare is most
/// likely a slip.
fn warn_of_a_stranger(name: &str, home: &Home) {
    let Ok(tree) = mesh_folder::working_tree(std::path::Path::new("."), home) else { return };
    let (rules, _) = weft_governance::read(&tree);
    let principals = rules.principals();
    if principals.iter().next().is_some() && principals.find(name).is_none() {
        terminal::note(&format!(
            "warning[{}]: governance/principals.yaml here declares no `{name}`; a server that does not know the name refuses the token",
            weft_model::Code::PRINCIPAL_UNKNOWN
        ));
    }
}

fn failure(error: IdentityError) -> Failure {
    Failure::coded(error.code(), error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_and_a_unit() {
        assert_eq!(lifetime("90s"), Ok(Duration::seconds(90)));
        assert_eq!(lifetime("30m"), Ok(Duration::minutes(30)));
        assert_eq!(lifetime("8h"), Ok(Duration::hours(8)));
        assert_eq!(lifetime("7d"), Ok(Duration::days(7)));
        for wrong in ["", "8", "h", "0h", "-1h", "8 h", "8hours", "99999999999999999999d", "9999999999999d"] {
            assert!(lifetime(wrong).is_err(), "{wrong}");
        }
    }
}
