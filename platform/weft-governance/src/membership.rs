//! How a principal comes to be who a row speaks of.

use std::collections::{HashMap, VecDeque};

use weft_model::{DomainName, Principal};

use crate::{PolicyLine, PolicySnapshot};

/// One step from a principal to a role: `member` is in a group, or holds a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// As policies write it: `user:dana`, `group:analysts`.
    pub member: String,
    /// `group:analysts`, `role:analyst`.
    pub holds: String,
    /// The row that says so; `None` for a group, which the principal's credentials vouch for.
    pub line: Option<PolicyLine>,
}

impl PolicySnapshot {
    /// The shortest way from `principal` to `subject` in `domain` (`None` for the platform's own objects), in order
    /// of its steps; empty where they are the same or `subject` is `role:any`. `None` where there is no way.
    pub fn memberships(
        &self,
        principal: &Principal,
        domain: Option<&DomainName>,
        subject: &str,
    ) -> Option<Vec<Membership>> {
        let domain = domain.map_or_else(|| "dom:system".to_owned(), |domain| format!("dom:{domain}"));
        let own = principal.subject();
        if subject == own || subject == "role:any" {
            return Some(Vec::new());
        }
        let mut came_by: HashMap<String, Membership> = HashMap::new();
        let mut waiting = VecDeque::from([own.clone()]);
        while let Some(member) = waiting.pop_front() {
            let rows = self.roles_of(&member, &domain).map(|row| (row.role.clone(), Some(row.origin.line.clone())));
            let groups =
                principal.groups.iter().filter(|_| member == own).map(|group| (format!("group:{group}"), None));
            for (holds, line) in groups.chain(rows) {
                if holds != own && !came_by.contains_key(&holds) {
                    came_by.insert(holds.clone(), Membership { member: member.clone(), holds: holds.clone(), line });
                    waiting.push_back(holds);
                }
            }
        }
        let mut way = VecDeque::new();
        let mut at = subject;
        while at != own {
            let step = came_by.get(at)?;
            way.push_front(step.clone());
            at = &step.member;
        }
        Some(way.into())
    }
}
