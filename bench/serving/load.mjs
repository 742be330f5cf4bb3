// The load: some connections that each wait for an answer before they ask again, on plain sockets, in a process of its own, so that the
// measured process and this one share nothing. Takes { port, requests, connections, milliseconds } and tells how many were answered.
import { connect } from "node:net";

/** @typedef {{ port: number, requests: readonly string[], connections: number, milliseconds: number, status: number }} Round */

/** @param {Round} round */
async function run({ port, requests, connections, milliseconds, status }) {
  const ready = requests.map((text) => Buffer.from(text));
  const deadline = performance.now() + milliseconds;
  const expected = `HTTP/1.1 ${status} `;
  let next = 0;
  let answered = 0;
  const one = () =>
    new Promise((resolve, reject) => {
      const socket = connect(port, "127.0.0.1").setNoDelay(true);
      let received = "";
      const ask = () => socket.write(ready[next++ % ready.length] ?? "");
      socket.on("connect", ask);
      socket.on("error", reject);
      socket.setEncoding("latin1");
      socket.on("data", (chunk) => {
        received += chunk;
        const end = received.indexOf("\r\n\r\n");
        if (end < 0) return;
        const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
        if (received.length < end + 4 + length) return;
        if (!received.startsWith(expected)) return reject(new Error(received.slice(0, 300)));
        received = "";
        answered++;
        if (performance.now() < deadline) ask();
        else {
          socket.destroy();
          resolve(undefined);
        }
      });
    });
  await Promise.all(Array.from({ length: connections }, one));
  return answered;
}

process.on("message", (/** @type {Round} */ round) => {
  run(round).then(
    (answered) => process.send?.({ answered }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: 0 });
