// A receiver of webhooks: checks each signature as Standard Webhooks has it, reads the CloudEvent, and writes what came as
// JSON, a line each. The first line is the port. The first request is answered with 503 whatever it holds.
const http = require("node:http");
const { Webhook } = require("standardwebhooks");
const { HTTP } = require("cloudevents");

const receiver = new Webhook(process.argv[2]);
let refuses = true;

function taken(headers, body) {
  try {
    receiver.verify(body, headers);
    const event = HTTP.toEvent({ headers, body });
    event.validate();
    return { event: event.toJSON(), headers };
  } catch (error) {
    return { refused: String(error.message), headers };
  }
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const told = taken(request.headers, Buffer.concat(parts).toString());
    const status = refuses ? 503 : told.event ? 204 : 401;
    refuses = false;
    console.log(JSON.stringify({ ...told, status }));
    response.writeHead(status).end();
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
