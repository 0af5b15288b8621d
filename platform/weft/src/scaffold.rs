//! New meshes, domains and products, as files that are sound from the start.
//!
//! Pure: each function gives the files that are to be written, by their paths in the repository.

mod columns;
mod shape;

use std::collections::BTreeMap;

use uuid::Uuid;
use weft_model::{DomainName, ProductName};

pub use columns::{Guess, Sample, ScaffoldError, columns_of_csv};

/// What files hold, by their paths in the repository.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Where users, services and groups are declared.
pub const PRINCIPALS_FILE: &str = "governance/principals.yaml";

/// A mesh without a domain.
pub fn mesh() -> Files {
    let texts = [
        (".gitignore", "/.weft\n/weft\n"),
        ("README.md", README),
        ("governance/model.conf", include_str!("../../../governance/model.conf")),
        (PRINCIPALS_FILE, PRINCIPALS),
        ("governance/restrictions.yaml", RESTRICTIONS),
        ("governance/policies/roles.csv", ROLES),
        ("products/README.md", PRODUCTS),
    ];
    texts.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into()
}

/// A domain whose owner is the group `<domain>-owners`, and whose transforms run as `<domain>-jobs`.
pub fn domain(domain: &DomainName) -> Files {
    let file = |name: &str| format!("products/{domain}/{name}");
    Files::from([
        (
            file("domain.yaml"),
            format!(
                "domain: {domain}\ndescription: What the team of {domain} knows and answers for.\n\
                 owner: {domain}-owners\nservice: {domain}-jobs\n"
            )
            .into_bytes(),
        ),
        (file("access.csv"), ACCESS.replace("{domain}", domain.as_str()).into_bytes()),
    ])
}

/// `principals.yaml` with the group and the service that [`domain`] names, put at the head of the
/// lists `services` and `groups`. `None` where the text has no such lists in block style.
pub fn with_principals_of(domain: &DomainName, principals: &str) -> Option<String> {
    let entries = [
        ("services:", format!("  - {{name: {domain}-jobs, groups: [], attributes: {{}}}}")),
        ("groups:", format!("  - {{name: {domain}-owners, description: Owns the domain `{domain}`.}}")),
    ];
    let mut lines: Vec<String> = principals.lines().map(str::to_owned).collect();
    for (list, entry) in entries {
        let head = lines.iter().position(|line| {
            line.split('#').next().unwrap_or_default().trim_end().trim_end_matches("[]").trim_end() == list
        })?;
        if let Some(line) = lines.get_mut(head) {
            *line = list.to_owned();
        }
        lines.insert(head + 1, entry);
    }
    Some(format!("{}\n", lines.join("\n")))
}

/// What a product's rows are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file that is kept beside the manifest, in a format of `csv` or `parquet`.
    Seed { format: &'static str, bytes: Vec<u8> },
    /// What lies at a URL, in a format of `parquet` or `delta`.
    Source { format: &'static str, url: String },
}

/// A product of one port, `rows`, that is made from `origin`; `guess` is what that seems to hold. What
/// was guessed is marked for a person to confirm.
pub fn product(domain: &DomainName, product: &ProductName, origin: Origin, guess: &Guess) -> Files {
    let file = |name: &str| format!("products/{domain}/{product}/{name}");
    let (id, contract) = (Uuid::new_v4().to_string(), Uuid::new_v4().to_string());
    let transform = match &origin {
        Origin::Seed { format, .. } => {
            format!("          kind: seed\n          seed: {{path: data/rows.{format}, format: {format}}}\n")
        }
        Origin::Source { format, url } => {
            let url = serde_json::Value::from(url.as_str());
            format!("          kind: source\n          source: {{url: {url}, format: {format}}}\n")
        }
    };
    let filled = |text: &str| {
        let text = text.replace("{domain}", domain.as_str()).replace("{product}", product.as_str());
        text.replace("{id}", &id).replace("{contract}", &contract).replace("{transform}", &transform)
    };
    let about = filled("# {product}\n\nWhat these rows are, for whom, and what to know before using them.\n");
    let texts = [
        ("product.odps.yaml", filled(PRODUCT)),
        ("contracts/rows.odcs.yaml", format!("{}{}", filled(CONTRACT), guess.to_properties())),
        ("about.md", about),
    ];
    let mut files: Files = texts.map(|(name, text)| (file(name), text.into_bytes())).into();
    if let Origin::Seed { format, bytes } = origin {
        files.insert(file(&format!("data/rows.{format}")), bytes);
    }
    files
}

/// Rows for a product that is not begun from any.
pub const EXAMPLE: &str = "id,name,amount\n1,first,10.50\n2,second,7.25\n";

const README: &str = "\
# A data mesh

`products/` holds the data products of each domain, `governance/` the rules of the whole mesh. What is committed counts.

```console
$ weft validate
$ weft plan
$ weft up
```
";

const PRODUCTS: &str = "\
# Products

One folder a domain, one folder a product in it. `weft init domain NAME` and `weft init product DOMAIN.NAME` begin one.
";

const PRINCIPALS: &str = "\
# Who takes part. In production the users come from OIDC claims instead.
users: []

# As these the platform runs the transforms of each domain.
services: []

groups: []
";

const RESTRICTIONS: &str = "\
# What is masked in the whole mesh unless an exemption is granted (action `unmask` in an `access.csv`). A column that has
# no classification, or a word that is not in this file, is masked until somebody classifies it.

# Words that ask for no mask.
clear: [public, internal]

# Of several masks of one column the strictest holds.
masks:
  - {id: confidential, tag: confidential, mask: \"null\"}
  - {id: personal, tag: personal, mask: \"null\"}
";

const ROLES: &str = "\
# Which group plays which role in every domain. What a role may do, each domain's owner says in the domain's own
# `access.csv`. A row: g, group:NAME, role:NAME, dom:any
";

const ACCESS: &str = "\
# Who may do what in the domain `{domain}`. This file may speak of `dom:{domain}` and its objects only.
# p, who, domain, object, action, tag, condition, effect

# The owner sees everything.
g, group:{domain}-owners, role:owner, dom:{domain}
p, role:owner, dom:{domain}, obj:{domain}, discover, *, -, allow
p, role:owner, dom:{domain}, obj:{domain}, read, *, -, allow
p, role:owner, dom:{domain}, obj:{domain}, unmask, *, -, allow
p, role:owner, dom:{domain}, obj:{domain}, see_all_rows, *, -, allow

# Transforms of this domain read all of it.
p, service:{domain}-jobs, dom:{domain}, obj:{domain}, discover, *, -, allow
p, service:{domain}-jobs, dom:{domain}, obj:{domain}, read, *, -, allow
p, service:{domain}-jobs, dom:{domain}, obj:{domain}, unmask, *, -, allow
p, service:{domain}-jobs, dom:{domain}, obj:{domain}, see_all_rows, *, -, allow
";

const PRODUCT: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: {id}
name: {product}
version: 0.1.0
status: draft
domain: {domain}
description:
  purpose: What {product} is for, in a sentence.
outputPorts:
  - name: rows
    description: One row per thing.
    type: tables
    contractId: {contract}
    version: 0.1.0
    customProperties:
      - property: transform
        vendor: weft
        value:
{transform}team:
  name: {domain}-owners
";

const CONTRACT: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: {contract}
name: Rows of {product}
version: 0.1.0
status: draft
domain: {domain}
description:
  purpose: What these rows say and who answers for them.
schema:
  - name: rows
    physicalType: table
    description: One row per thing.
    properties:
";

#[cfg(test)]
mod tests;
