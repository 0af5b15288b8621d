//! The Open Data Contract Standard, version 3.2.0, as native types.
//!
//! Documents of versions 3.0 and 3.1 are read by the same types. Those of version 2.2, which has
//! another shape, are first put into that of version 3.

mod quality;
mod schema;
mod server;
mod sla;
mod team;
mod upgrade;

pub use quality::{DataQuality, Dimension, Metric, QualityType};
pub use schema::{
    DistanceMetric, ElementType, EnumValue, LogicalType, LogicalTypeOptions, MapType, ObjectType, Property,
    PropertyRelationship, References, RelationshipType, SchemaObject, SchemaRelationship, SemanticType,
};
pub use server::{PortNumber, Server, ServerType};
pub(crate) use sla::{HISTORICAL, PERCENTILE};
pub use sla::{Pricing, ServiceLevel};
pub use team::{Role, SupportItem, Team, TeamOrMembers};
pub(crate) use upgrade::upgraded;

use crate::bitol::{AuthoritativeDefinition, ContextOrText, CustomProperty, Description};

words! {
    /// Which version of the standard a document follows.
    pub enum ApiVersion as "an ODCS version", DOCUMENT_KIND {
        V3_2_0 = "v3.2.0",
        V3_1_0 = "v3.1.0",
        V3_0_2 = "v3.0.2",
        V3_0_1 = "v3.0.1",
        V3_0_0 = "v3.0.0",
        V2_2_2 = "v2.2.2",
        V2_2_1 = "v2.2.1",
        V2_2_0 = "v2.2.0",
    }
}

words! {
    /// What a document of this standard is.
    pub enum Kind as "a kind of document", DOCUMENT_KIND {
        DataContract = "DataContract",
    }
}

record! {
    /// A data contract: what a table holds and what may be relied on.
    pub struct DataContract as "the contract" {
        /// The contract's own version, a semantic version.
        version: String,
        api_version: ApiVersion,
        kind: Kind,
        /// Usually a UUID; products name the contract by it.
        id: String,
        /// proposed, draft, active, deprecated or retired.
        status: Option<String>,
        name: Option<String>,
        tenant: Option<String>,
        domain: Option<String>,
        /// Superseded by the product naming its contracts since 3.1.
        data_product: Option<String>,
        tags: Option<Vec<String>>,
        description: Option<Description>,
        context: Option<ContextOrText>,
        servers: Option<Vec<Server>>,
        schema: Option<Vec<SchemaObject>>,
        support: Option<Vec<SupportItem>>,
        price: Option<Pricing>,
        team: Option<TeamOrMembers>,
        roles: Option<Vec<Role>>,
        sla_default_element: Option<String>,
        sla_properties: Option<Vec<ServiceLevel>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
        /// ISO 8601 date and time.
        contract_created_ts: Option<String>,
    }
}
