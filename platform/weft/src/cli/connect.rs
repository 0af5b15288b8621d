//! `weft connect PORT`: a text that connects some client to a port.

use weft_wire::Connections;

use super::arguments::Connect;
use super::connection::Connection;
use super::{Failure, block_on, terminal};

pub(super) fn connect(arguments: &Connect) -> Result<(), Failure> {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let path = format!("/api/v1/connect?port={}&client={}", encoded(&arguments.port), encoded(&arguments.client));
    let connection = Connection::new(&arguments.server)?;
    let found: Connections = block_on(async { connection.get(&path).await })?;
    for client in &found.clients {
        if !client.install.is_empty() {
            terminal::note(&format!("needs: {}", client.install));
        }
        terminal::print(&client.text)?;
    }
    terminal::note("put a token into WEFT_TOKEN first: `export WEFT_TOKEN=$(weft token NAME)`");
    Ok(())
}
