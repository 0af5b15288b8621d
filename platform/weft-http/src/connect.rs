//! How to reach a port from elsewhere: texts that work when they are pasted.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;
use weft_catalog::CatalogError;
use weft_model::PortRef;
use weft_wire as wire;

use crate::Doors;
use crate::asked::Queried;
use crate::caller::Caller;
use crate::problem::Problem;

/// What is to be reached, and with what.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ConnectQuery {
    /// Full name of a port; without it the texts only list tables.
    #[param(value_type = Option<PortRef>)]
    port: Option<String>,
    /// Only the text of this client.
    client: Option<String>,
}

/// Gives texts that connect clients of several kinds to a port, once `$WEFT_TOKEN` holds a token.
#[utoipa::path(get, path = "/v1/connect", tag = "query", params(ConnectQuery),
    responses((status = 200, body = wire::Connections)))]
pub(crate) async fn get_connect(
    State(doors): State<Doors>,
    Caller(principal): Caller,
    Queried(asked): Queried<ConnectQuery>,
) -> Result<Json<wire::Connections>, Problem> {
    let port = asked.port.map(|name| {
        let unknown = || CatalogError::NotFound { kind: "port", name: name.clone() };
        name.parse::<PortRef>().map_err(|_| unknown())
    });
    let port = port.transpose()?;
    if let Some(port) = &port {
        doors.view(&principal).port(port)?;
    }
    let address = Address { http: &doors.site.address(), flight: &doors.flight };
    let mut clients = address.clients(port.as_ref());
    if let Some(client) = asked.client {
        clients.retain(|known| known.client == client);
        if clients.is_empty() {
            return Err(CatalogError::NotFound { kind: "client", name: client }.into());
        }
    }
    Ok(Json(wire::Connections { port, flight: doors.flight.clone(), http: doors.site.address(), clients }))
}

struct Address<'a> {
    http: &'a str,
    flight: &'a str,
}

impl Address<'_> {
    fn clients(&self, port: Option<&PortRef>) -> Vec<wire::Connection> {
        let sql = match port {
            Some(port) => format!("SELECT * FROM {port} LIMIT 10"),
            None => "SELECT port, description FROM system.mesh.ports".to_owned(),
        };
        let Address { http, flight } = self;
        let host = flight.split("://").nth(1).unwrap_or(flight);
        let tls = flight.starts_with("grpc+tls");
        // What every client of ADBC begins with, and the line in which it connects.
        let adbc = |import: &str| {
            format!(
                "import os\n\n{import}from adbc_driver_flightsql import DatabaseOptions, dbapi\n\n\
                 options = {{DatabaseOptions.AUTHORIZATION_HEADER.value: f\"Bearer {{os.environ['WEFT_TOKEN']}}\"}}\n\
                 with dbapi.connect(\"{flight}\", db_kwargs=options) as connection"
            )
        };
        let rows = format!(", connection.cursor() as cursor:\n    cursor.execute(\"{sql}\")\n    ");
        vec![
            connection(
                "python",
                "Python (ADBC)",
                "python",
                "pip install adbc-driver-flightsql pyarrow",
                format!("{}{rows}print(cursor.fetch_arrow_table())\n", adbc("")),
            ),
            connection(
                "polars",
                "Polars",
                "python",
                "pip install polars pyarrow adbc-driver-flightsql",
                format!("{}:\n    print(polars.read_database(\"{sql}\", connection))\n", adbc("import polars\n")),
            ),
            connection(
                "duckdb",
                "DuckDB (Python)",
                "python",
                "pip install duckdb pyarrow adbc-driver-flightsql",
                format!(
                    "{}{rows}rows = cursor.fetch_arrow_table()\nduckdb.sql(\"SELECT * FROM rows\").show()\n",
                    adbc("import duckdb\n")
                ),
            ),
            connection(
                "jdbc",
                "JDBC (DBeaver and others)",
                "text",
                "the Arrow Flight SQL JDBC driver",
                format!("jdbc:arrow-flight-sql://{host}?useEncryption={tls}&token=$WEFT_TOKEN\n"),
            ),
            connection(
                "curl",
                "curl",
                "shell",
                "",
                format!(
                    "curl --fail-with-body \"{http}/api/v1/sql\" \\\n  \
                 -H \"authorization: Bearer $WEFT_TOKEN\" \\\n  \
                 -d '{{\"sql\": \"{sql}\"}}'\n"
                ),
            ),
            connection("weft", "weft", "shell", "", format!("weft query --server \"{http}\" \"{sql}\"\n")),
        ]
    }
}

fn connection(client: &str, title: &str, language: &str, install: &str, text: String) -> wire::Connection {
    let [client, title, language, install] = [client, title, language, install].map(str::to_owned);
    wire::Connection { client, title, language, text, install }
}
