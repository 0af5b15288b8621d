//! Meshes that these suites start with, made from the kit's smallest one.

use std::path::{Path, PathBuf};

use weft_manifest::source;
use weft_model::ManifestTree;
use weft_testkit::{Manifests, minimal_mesh};

/// The repository, whose manifests are the demo mesh.
pub(crate) fn repository() -> PathBuf {
    Path::new("../..").canonicalize().expect("the repository is there")
}

/// The manifests of a folder as they are on disk.
pub(crate) fn tree(mesh: &Path) -> ManifestTree {
    let source = source::open_directory(mesh).expect("a mesh");
    let revision = source.newest().expect("a revision");
    source.tree(&revision).expect("a tree")
}

/// `sales.orders.lines` from a file, and a second product `sales.totals.overall` that sums it up.
pub(crate) fn with_totals() -> Manifests {
    let manifests = minimal_mesh();
    manifests
        .write("products/sales/totals/product.odps.yaml", TOTALS)
        .write("products/sales/totals/contracts/overall.odcs.yaml", OVERALL)
        .write("products/sales/totals/transforms/overall.sql", OVERALL_SQL);
    manifests
}

/// `sales.orders.lines` and a second product `sales.returns.lines`, neither of which reads the other.
pub(crate) fn with_returns() -> Manifests {
    let manifests = minimal_mesh();
    for file in ["product.odps.yaml", "contracts/lines.odcs.yaml", "data/lines.csv"] {
        let text = manifests.text(&format!("products/sales/orders/{file}"));
        let text = text.replace("-1c9f6d6a0", "-2c9f6d6a0").replace("name: Orders", "name: Returns");
        manifests.write(&format!("products/sales/returns/{file}"), text);
    }
    manifests
}

const TOTALS: &str = "\
apiVersion: v1.1.0
kind: DataProduct
id: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0011
name: Totals
version: 1.0.0
status: active
domain: sales
description:
  purpose: What all orders come to.
inputPorts:
  - name: lines
    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0002
    version: 1.0.0
outputPorts:
  - name: overall
    description: One row over all orders.
    type: tables
    contractId: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0012
    version: 1.0.0
    customProperties:
      - property: transform
        vendor: weft
        value:
          kind: full
          sql: transforms/overall.sql
";

const OVERALL: &str = "\
apiVersion: v3.2.0
kind: DataContract
id: 7a8f0f0e-5a0a-4c57-9a37-1c9f6d6a0012
name: Overall
version: 1.0.0
description:
  purpose: What all orders come to.
schema:
  - name: overall
    physicalType: table
    description: One row over all orders.
    properties:
      - name: orders
        description: Number of orders.
        logicalType: integer
        physicalType: bigint
        required: true
      - name: amount
        description: What they cost together.
        logicalType: number
        physicalType: decimal(12,2)
";

const OVERALL_SQL: &str = "\
SELECT
    count(*) AS orders,
    CAST(sum(amount) AS DECIMAL(12, 2)) AS amount
FROM sales.orders.lines
";
