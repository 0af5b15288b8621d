// Asks Weft through a Flight SQL client of Node, and writes what comes back as JSON, a line each.
const { createFlightSqlClient } = require("@lakehouse-rs/flight-sql-client");
const { tableFromIPC } = require("apache-arrow");

const text = (value) =>
  JSON.stringify(value, (_, part) => (typeof part === "bigint" ? part.toString() : part));

async function main() {
  const { host, port, token, username, password, calls } = JSON.parse(process.argv[2]);
  const client = await createFlightSqlClient({ host, port, token, username, password, tls: false, headers: [] });
  for (const [verb, argument] of calls) {
    try {
      const table = tableFromIPC(await (argument === null ? client[verb]() : client[verb](argument)));
      const columns = table.schema.fields.map((field) => [field.name, String(field.type)]);
      console.log(text({ columns, rows: table.toArray().map((row) => row.toJSON()) }));
    } catch (error) {
      console.log(text({ refused: String(error.message) }));
    }
  }
}

main();
