//! Where a contract's data is served, and what each kind of server must say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use weft_model::Code;

use super::Role;
use crate::bitol::{CustomProperty, StableId};
use crate::form::yaml::{Node, Value};
use crate::form::{FromNode, OrVariable, Reader, key_of, listed};

words! {
    /// What kind of server holds the data.
    pub enum ServerType as "a type of server", VALUE_NOT_ALLOWED {
        Api = "api",
        Athena = "athena",
        Azure = "azure",
        BigQuery = "bigquery",
        Btrieve = "btrieve",
        ClickHouse = "clickhouse",
        CloudSql = "cloudsql",
        Custom = "custom",
        Databricks = "databricks",
        Db2 = "db2",
        Denodo = "denodo",
        Dremio = "dremio",
        DuckDb = "duckdb",
        Exasol = "exasol",
        FastObjects = "fastobjects",
        Glue = "glue",
        Hana = "hana",
        Hive = "hive",
        Iceberg = "iceberg",
        Impala = "impala",
        Informix = "informix",
        Ingres = "ingres",
        Kafka = "kafka",
        Kinesis = "kinesis",
        Local = "local",
        MySql = "mysql",
        Oracle = "oracle",
        Poet = "poet",
        Postgres = "postgres",
        PostgreSql = "postgresql",
        Presto = "presto",
        PubSub = "pubsub",
        Redshift = "redshift",
        S3 = "s3",
        Sftp = "sftp",
        Snowflake = "snowflake",
        SqlServer = "sqlserver",
        Synapse = "synapse",
        Teradata = "teradata",
        Trino = "trino",
        Vectorwise = "vectorwise",
        Versant = "versant",
        Vertica = "vertica",
        Zen = "zen",
    }
}

/// A port as a number, or as text with a variable in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum PortNumber {
    Number(i64),
    Text(String),
}

impl FromNode for PortNumber {
    const WORD: &'static str = "a whole number or text";

    fn from_node(node: &Node, reader: &mut Reader<'_>) -> Option<Self> {
        match &node.value {
            Value::Integer(number) => Some(PortNumber::Number(*number)),
            Value::Text(text) => Some(PortNumber::Text(text.clone())),
            _ => {
                reader.wrong_type(node, Self::WORD);
                None
            }
        }
    }
}

record! {
    /// A place where the data is served. Which keys it has beyond the common ones depends on
    /// its type.
    pub struct Server as "server" {
        id: Option<StableId>,
        server: String,
        r#type: OrVariable<ServerType>,
        description: Option<String>,
        environment: Option<String>,
        roles: Option<Vec<Role>>,
        custom_properties: Option<Vec<CustomProperty>>,
        account: Option<String>,
        catalog: Option<String>,
        catalog_url: Option<String>,
        database: Option<String>,
        dataset: Option<String>,
        delimiter: Option<String>,
        encoding: Option<String>,
        endpoint_url: Option<String>,
        format: Option<String>,
        host: Option<String>,
        location: Option<String>,
        namespace: Option<String>,
        path: Option<String>,
        port: Option<PortNumber>,
        project: Option<String>,
        region: Option<String>,
        region_name: Option<String>,
        schema: Option<String>,
        service_name: Option<String>,
        staging_dir: Option<String>,
        stream: Option<String>,
        warehouse: Option<String>,
        workgroup: Option<String>,
    }
    then keys_fit_the_type;
}

/// Keys that every server may have.
const COMMON: &[&str] = &["id", "server", "type", "description", "environment", "roles", "custom_properties"];

/// Keys that a type of server must have, and those that it may have.
fn keys_of(server: ServerType) -> (&'static [&'static str], &'static [&'static str]) {
    match server {
        ServerType::Api => (&["location"], &[]),
        ServerType::Athena => (&["schema"], &["catalog", "region_name", "staging_dir", "workgroup"]),
        ServerType::Azure => (&["location", "format"], &["delimiter", "encoding"]),
        ServerType::BigQuery => (&["project", "dataset"], &[]),
        ServerType::Btrieve | ServerType::Hive | ServerType::Impala | ServerType::Informix | ServerType::Zen => {
            (&["host", "database"], &["port"])
        }
        ServerType::ClickHouse | ServerType::MySql | ServerType::Synapse => (&["host", "port", "database"], &[]),
        ServerType::CloudSql | ServerType::Postgres | ServerType::PostgreSql | ServerType::Vertica => {
            (&["host", "port", "database", "schema"], &[])
        }
        ServerType::Custom => (
            &[],
            &[
                "account",
                "catalog",
                "database",
                "dataset",
                "delimiter",
                "encoding",
                "endpoint_url",
                "format",
                "host",
                "location",
                "path",
                "port",
                "project",
                "region",
                "region_name",
                "schema",
                "service_name",
                "staging_dir",
                "stream",
                "warehouse",
            ],
        ),
        ServerType::Databricks => (&["catalog", "schema"], &["host"]),
        ServerType::Db2 => (&["host", "port", "database"], &["schema"]),
        ServerType::Denodo => (&["host", "port"], &["database"]),
        ServerType::Dremio => (&["host", "port"], &["schema"]),
        ServerType::DuckDb => (&["database"], &["schema"]),
        ServerType::Exasol => (&["host"], &["port", "schema"]),
        ServerType::FastObjects | ServerType::Poet | ServerType::Versant => (&["database"], &["host", "port"]),
        ServerType::Glue => (&["account", "database"], &["encoding", "format", "location"]),
        ServerType::Hana => (&["host"], &["database", "port", "schema"]),
        ServerType::Iceberg => (&["catalog", "catalog_url"], &["namespace", "warehouse"]),
        ServerType::Ingres | ServerType::Vectorwise => (&["database", "host"], &["port"]),
        ServerType::Kafka => (&["host"], &["encoding", "format"]),
        ServerType::Kinesis => (&[], &["encoding", "format", "region"]),
        ServerType::Local => (&["path", "format"], &["encoding"]),
        ServerType::Oracle => (&["host", "port", "service_name"], &[]),
        ServerType::Presto => (&["host"], &["catalog", "schema"]),
        ServerType::PubSub => (&["project"], &[]),
        ServerType::Redshift => (&["database", "schema"], &["account", "host", "region"]),
        ServerType::S3 => (&["location"], &["delimiter", "encoding", "endpoint_url", "format"]),
        ServerType::Sftp => (&["location"], &["delimiter", "encoding", "format"]),
        ServerType::Snowflake => (&["account", "database", "schema"], &["host", "port", "warehouse"]),
        ServerType::SqlServer => (&["host", "database", "schema"], &["port"]),
        ServerType::Teradata => (&["host"], &["database", "port"]),
        ServerType::Trino => (&["host", "port", "catalog", "schema"], &[]),
    }
}

fn keys_fit_the_type(server: &Server, node: &Node, reader: &mut Reader<'_>) {
    let Some(server_type) = server.r#type.known() else { return };
    let (required, optional) = keys_of(server_type);
    let word = server_type.as_str();
    let is_among = |fields: &[&str], key: &str| fields.iter().any(|field| key_of(field) == key);
    for field in required {
        let key = key_of(field);
        if node.get(&key).is_none() {
            let message = format!("key `{key}` is missing in a server of type `{word}`");
            reader.report(Code::KEY_MISSING, node.head(), message).help = Some(format!("add `{key}:`"));
        }
    }
    for entry in node.entries() {
        let known = is_among(Server::KEYS, &entry.key);
        if known && ![COMMON, required, optional].iter().any(|fields| is_among(fields, &entry.key)) {
            let keys: Vec<String> = required.iter().chain(optional).map(|field| key_of(field)).collect();
            let message = format!("a server of type `{word}` has no key `{}`", entry.key);
            reader.report(Code::KEY_UNKNOWN, entry.key_span, message).help = Some(match keys.as_slice() {
                [] => "this type has no keys of its own".to_owned(),
                keys => format!("its keys are {}", listed(keys)),
            });
        }
    }
}
