//! Where data lies.

use weft_model::compatibility::{Change, Rule, Sign};

use super::access;
use super::pairs::{Pair, pairs};
use super::scope::{Scope, keys_of, written};
use crate::odcs::Server;

/// Keys of a server that do not say where data lies.
const TEXT: &[&str] = &["id", "server", "description", "customProperties", "roles"];

/// Changes of servers: new ones, moved ones, and those that go away.
pub(super) fn changes(old: Option<&[Server]>, new: Option<&[Server]>, scope: &Scope, found: &mut Vec<Change>) {
    let id = |server: &Server| server.id.as_ref().map(|id| id.0.clone());
    let name = |server: &Server| Some(server.server.clone());
    for pair in pairs(old, new, &[&id, &name]) {
        match pair {
            Pair::Both(old, new) if old == new => {}
            Pair::Both(old, new) => server(old, new, scope, found),
            Pair::Removed(old) => {
                found.push(scope.change(Rule::ServerMoved, Sign::Removed).aspect(format!("server {}", old.server)));
            }
            Pair::Added(new) => {
                found.push(scope.change(Rule::ServerAdded, Sign::Added).aspect(format!("server {}", new.server)));
            }
        }
    }
}

fn server(old: &Server, new: &Server, scope: &Scope, found: &mut Vec<Change>) {
    let aspect = |key: &str| format!("{key} of server {}", old.server);
    let (before, after) = (keys_of(old), keys_of(new));
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added).filter(|key| key.as_str() != "roles") {
        let (before, after) = (before.get(key), after.get(key));
        if before != after {
            let rule = if TEXT.contains(&key.as_str()) { Rule::TextChanged } else { Rule::ServerMoved };
            found.push(scope.aspect(rule, &aspect(key), before.map(written), after.map(written)));
        }
    }
    access::roles(old.roles.as_deref(), new.roles.as_deref(), &format!("{}'s ", old.server), scope, found);
}
