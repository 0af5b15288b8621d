//! The rules of one revision, in the form in which they decide.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use weft_model::{Column, DomainName, MajorVersion, PortRef, ProductRef, Revision};

use super::PolicyError;
use crate::approvals::ApprovalRule;
use crate::decider::Decider;
use crate::kept::KeptRules;
use crate::names::{expanded, tags_of, tags_within};
use crate::restrictions::Restrictions;
use crate::row::{PolicyRow, RoleRow, RowSet};
use crate::row_condition::RowCondition;
use crate::{MeshFacts, Principals};

/// The tag whose carriers close when nothing is known of later policies.
const RESTRICTED: &str = "restricted";

/// The rules of one revision.
pub(super) struct Compiled {
    pub(super) revision: Revision,
    pub(super) principals: Arc<Principals>,
    pub(super) decider: Option<Decider>,
    pub(super) policies: Vec<Arc<PolicyRow>>,
    pub(super) by_object: HashMap<String, Vec<usize>>,
    /// What members hold in one domain; what they hold in every domain stands in `roles_anywhere`.
    pub(super) roles: HashMap<String, RoleGraph>,
    pub(super) roles_anywhere: RoleGraph,
    pub(super) containments: HashMap<String, Vec<String>>,
    pub(super) closed: BTreeMap<String, String>,
    pub(super) ports: HashMap<PortRef, PortSide>,
    pub(super) product_tags: BTreeMap<ProductRef, BTreeSet<String>>,
    pub(super) purposes: BTreeMap<ProductRef, BTreeSet<String>>,
    /// Purposes that rows name.
    pub(super) named_purposes: HashSet<String>,
    /// The instants at which rows cease to count.
    pub(super) ends: Vec<DateTime<Utc>>,
    pub(super) mesh_restrictions: Option<Arc<Restrictions>>,
    pub(super) product_restrictions: BTreeMap<ProductRef, Arc<Restrictions>>,
    pub(super) approvals: Vec<ApprovalRule>,
    /// Products of which nothing may be read, and why.
    pub(super) closed_products: BTreeMap<ProductRef, String>,
    /// Ports that go away with this revision. Its rules do not speak of them any more, so nobody reads
    /// them while it is carried out.
    pub(super) retired: BTreeSet<PortRef>,
}

/// What is known of a port when the policies are compiled.
pub(super) struct PortSide {
    /// With those that they lie under.
    pub(super) tags: BTreeSet<String>,
    pub(super) columns: Vec<Column>,
    pub(super) major: Option<MajorVersion>,
    pub(super) restricted: bool,
}

/// Member to the rows that give it roles.
pub(super) type RoleGraph = HashMap<String, Vec<RoleRow>>;

/// The rules that a snapshot is made of.
pub(crate) struct Parts<'a> {
    pub(crate) revision: Revision,
    pub(crate) principals: Arc<Principals>,
    pub(crate) rows: Vec<&'a RowSet>,
    pub(crate) facts: &'a MeshFacts,
    /// Domains in which nothing is open, and why.
    pub(crate) closed: BTreeMap<DomainName, String>,
    pub(crate) mesh_restrictions: Option<Arc<Restrictions>>,
    pub(crate) product_restrictions: BTreeMap<ProductRef, Arc<Restrictions>>,
    /// Products of which nothing may be read, and why.
    pub(crate) closed_products: BTreeMap<ProductRef, String>,
    pub(crate) approvals: Vec<ApprovalRule>,
    pub(crate) kept: KeptRules,
}

impl Compiled {
    pub(super) fn new(parts: Parts<'_>) -> Result<Self, PolicyError> {
        let decider = Decider::new().map_err(|error| PolicyError::Model { reason: error.to_string() })?;
        let mut rules = Compiled::closed(parts.revision);
        rules.decider = Some(decider);
        rules.principals = parts.principals;
        rules.closed = parts.closed.into_iter().map(|(domain, why)| (format!("dom:{domain}"), why)).collect();
        rules.policies = parts.rows.iter().flat_map(|rows| rows.policies.iter().cloned()).collect();
        for (index, row) in rules.policies.iter().enumerate() {
            match rules.by_object.get_mut(&row.object) {
                Some(rows) => rows.push(index),
                None => {
                    rules.by_object.insert(row.object.clone(), vec![index]);
                }
            }
        }
        let conditions = rules.policies.iter().filter_map(|row| RowCondition::read(&row.condition));
        for condition in conditions {
            rules.named_purposes.extend(condition.purpose.map(str::to_owned));
            rules.ends.extend(condition.until);
        }
        for row in parts.rows.iter().flat_map(|rows| &rows.containments) {
            rules.containments.entry(row.object.clone()).or_default().push(row.container.clone());
        }
        for row in parts.rows.iter().flat_map(|rows| &rows.roles) {
            let graph = match row.domain.as_str() {
                "dom:any" => &mut rules.roles_anywhere,
                domain => rules.roles.entry(domain.to_owned()).or_default(),
            };
            graph.entry(row.member.clone()).or_default().push(row.clone());
        }
        for (name, port) in &parts.facts.ports {
            let tags = expanded(port.tags.iter().map(String::as_str));
            let restricted = tags.contains(RESTRICTED) || holds_restricted(&port.columns);
            let (columns, major) = (port.columns.clone(), port.major.clone());
            rules.ports.insert(name.clone(), PortSide { tags, columns, major, restricted });
            if let Some(version) = &port.major {
                rules.hold_for_version(name, version);
            }
        }
        let product_tags = parts.facts.tags.iter();
        rules.product_tags =
            product_tags.map(|(name, tags)| (name.clone(), expanded(tags.iter().map(String::as_str)))).collect();
        rules.purposes.clone_from(&parts.facts.purposes);
        rules.mesh_restrictions = parts.mesh_restrictions;
        rules.product_restrictions = parts.product_restrictions;
        rules.approvals = parts.approvals;
        rules.closed_products = parts.closed_products;
        rules.retired.clone_from(&parts.facts.retired);
        Ok(rules)
    }

    pub(super) fn closed(revision: Revision) -> Self {
        Compiled {
            revision,
            principals: Arc::default(),
            decider: None,
            policies: Vec::new(),
            by_object: HashMap::new(),
            roles: HashMap::new(),
            roles_anywhere: HashMap::new(),
            containments: HashMap::new(),
            closed: BTreeMap::new(),
            ports: HashMap::new(),
            product_tags: BTreeMap::new(),
            purposes: BTreeMap::new(),
            named_purposes: HashSet::new(),
            ends: Vec::new(),
            mesh_restrictions: None,
            product_restrictions: BTreeMap::new(),
            approvals: Vec::new(),
            closed_products: BTreeMap::new(),
            retired: BTreeSet::new(),
        }
    }
}

/// Whether a column, or a part of one, carries the tag `restricted` or one under it.
pub(super) fn holds_restricted(columns: &[Column]) -> bool {
    let is_restricted =
        |tag: &str| tag.strip_prefix(RESTRICTED).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    columns.iter().any(|column| tags_of(column).chain(tags_within(column)).any(is_restricted))
}
