//! The Open Data Product Standard, version 1.1.0, as native types. Older versions are subsets.

use crate::bitol::{AuthoritativeDefinition, Context, CustomProperty, Description, StableId, Synonym, TeamMember};

words! {
    /// Which version of the standard a document follows.
    pub enum ApiVersion as "an ODPS version", DOCUMENT_KIND {
        V1_1_0 = "v1.1.0",
        V1_0_0 = "v1.0.0",
        V0_9_0 = "v0.9.0",
    }
}

words! {
    /// What a document of this standard is.
    pub enum Kind as "a kind of document", DOCUMENT_KIND {
        DataProduct = "DataProduct",
    }
}

record! {
    /// A data product: what a domain offers, on which terms, made from what.
    pub struct DataProductDocument as "the product" {
        api_version: ApiVersion,
        kind: Kind,
        /// Usually a UUID; stays when the name changes.
        id: String,
        name: Option<String>,
        version: Option<String>,
        /// proposed, draft, active, deprecated or retired.
        status: Option<String>,
        /// The domain; equals the folder's name.
        domain: Option<String>,
        tenant: Option<String>,
        /// sourceAligned, aggregate, consumerAligned or another word.
        r#type: Option<String>,
        deprecated: Option<bool>,
        tags: Option<Vec<String>>,
        synonyms: Option<Vec<Synonym>>,
        context: Option<Context>,
        description: Option<Description>,
        input_ports: Option<Vec<InputPort>>,
        output_ports: Option<Vec<OutputPort>>,
        management_ports: Option<Vec<ManagementPort>>,
        support: Option<Vec<Support>>,
        team: Option<Team>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
        custom_properties: Option<Vec<CustomProperty>>,
        /// ISO 8601 date and time.
        product_created_ts: Option<String>,
    }
}

record! {
    /// A table of another product that this one reads, named by that table's contract.
    pub struct InputPort as "input port" {
        id: Option<StableId>,
        name: String,
        version: Option<String>,
        contract_id: Option<String>,
        deprecated: Option<bool>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

record! {
    /// A table that the product offers.
    pub struct OutputPort as "output port" {
        id: Option<StableId>,
        name: String,
        description: Option<String>,
        r#type: Option<String>,
        version: Option<String>,
        contract_id: Option<String>,
        deprecated: Option<bool>,
        sbom: Option<Vec<Sbom>>,
        input_contracts: Option<Vec<InputContract>>,
        synonyms: Option<Vec<Synonym>>,
        context: Option<Context>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

record! {
    /// A software bill of materials.
    pub struct Sbom as "SBOM" {
        id: Option<StableId>,
        r#type: Option<String>,
        url: Option<String>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

record! {
    /// A contract that an output port depends on.
    pub struct InputContract as "input contract" {
        id: String,
        version: String,
    }
}

record! {
    /// Where the product is found, observed or controlled.
    pub struct ManagementPort as "management port" {
        id: Option<StableId>,
        name: String,
        content: String,
        r#type: Option<String>,
        url: Option<String>,
        channel: Option<String>,
        description: Option<String>,
        deprecated: Option<bool>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

record! {
    /// Where to ask for help.
    pub struct Support as "support channel" {
        id: Option<StableId>,
        channel: String,
        url: String,
        description: Option<String>,
        tool: Option<String>,
        scope: Option<String>,
        invitation_url: Option<String>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}

record! {
    /// Who works on the product.
    pub struct Team as "team" {
        name: Option<String>,
        description: Option<String>,
        members: Option<Vec<TeamMember>>,
        tags: Option<Vec<String>>,
        custom_properties: Option<Vec<CustomProperty>>,
        authoritative_definitions: Option<Vec<AuthoritativeDefinition>>,
    }
}
