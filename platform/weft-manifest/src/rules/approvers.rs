//! Who may grant a role: teams and users that there are.

use std::collections::BTreeSet;

use weft_model::{Code, Diagnostic, Domain, ManifestTree};

use super::findings::Findings;
use crate::form::{self, Document, Opened, Spot, clipped, has_variable};
use crate::odcs::{DataContract, Role, TeamOrMembers};

const PRINCIPALS: &str = "governance/principals.yaml";

/// The teams and users of a mesh.
#[derive(Debug)]
pub(crate) struct Directory {
    names: BTreeSet<String>,
}

impl Directory {
    /// The names in `governance/principals.yaml`. `None` where that file is missing or cannot be
    /// read, so that nobody can say who there is.
    pub(crate) fn read(tree: &ManifestTree) -> Option<Self> {
        tree.file(PRINCIPALS)?;
        let Opened::Tree { root, .. } = form::open(tree, PRINCIPALS, &mut Vec::new()) else { return None };
        let lists = ["users", "services", "groups"].into_iter().filter_map(|key| root.get(key));
        let names = lists.flat_map(form::yaml::Node::items).filter_map(|item| item.get("name")?.text());
        Some(Directory { names: names.map(str::to_owned).collect() })
    }

    /// Tells of approvers in a contract that are no team and no user, in the mesh or in the contract.
    pub(crate) fn knows_approvers(
        &self,
        document: &Document<DataContract>,
        domain: Option<&Domain>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let (root, contract) = (document.spot(), &document.value);
        let mut known: BTreeSet<&str> = self.names.iter().map(String::as_str).collect();
        known.extend(own_team(contract));
        known.extend(
            domain.into_iter().flat_map(|domain| domain.stewards.iter().chain([&domain.owner])).map(String::as_str),
        );
        let mut findings = Findings::new();
        for (spot, role) in root.each("roles", &contract.roles) {
            approvers(spot, role, &known, &mut findings);
        }
        for (spot, server) in root.each("servers", &contract.servers) {
            for (spot, role) in spot.each("roles", &server.roles) {
                approvers(spot, role, &known, &mut findings);
            }
        }
        findings.tell(problems);
    }
}

fn own_team(contract: &DataContract) -> Vec<&str> {
    let (name, members) = match &contract.team {
        Some(TeamOrMembers::Team(team)) => (team.name.as_deref(), team.members.as_deref().unwrap_or_default()),
        Some(TeamOrMembers::Members(members)) => (None, members.as_slice()),
        None => (None, &[][..]),
    };
    name.into_iter().chain(members.iter().map(|member| member.username.as_str())).collect()
}

fn approvers(spot: Spot<'_>, role: &Role, known: &BTreeSet<&str>, findings: &mut Findings) {
    let written =
        [("firstLevelApprovers", &role.first_level_approvers), ("secondLevelApprovers", &role.second_level_approvers)];
    for (key, approver) in written {
        let Some(approver) = approver.as_deref().filter(|name| !known.contains(name) && !has_variable(name)) else {
            continue;
        };
        let help = findings.guess(approver, known.iter().copied(), || {
            format!("name a group or user of `{PRINCIPALS}`, or the contract's team")
        });
        let message = format!("`{}` approves role `{}` and is no team or user", clipped(approver), clipped(&role.role));
        findings.push(Diagnostic::error(Code::APPROVER_UNKNOWN, spot.at(key), message).help(help));
    }
}
