// A server that does nothing but answer, and tells its own CPU time: GET /cpu. Started by http.mjs, with or without instrumentation.
const { createServer } = require("node:http");

const server = createServer((request, response) => {
  if (request.url === "/cpu") {
    const { user, system } = process.cpuUsage();
    response.end(String(user + system));
    return;
  }
  response.setHeader("content-type", "application/json");
  response.end('{"hello":"world"}');
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit());
