// A way to a node that takes time: passes bytes on in both directions, each half of a round trip later,
// as many at a time as come. Loopback only. What a long line has besides, such as little bandwidth,
// loss and windows that open slowly, is not imitated.
//
// node serve-distant.mjs <endpoint> <milliseconds of a round trip>
//
// Prints its endpoint, and for each line of stdin its CPU seconds so far, as JSON.
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";

const [upstream, roundTripMs] = process.argv.slice(2);
const { hostname, port } = new URL(upstream);

/** Passes on what comes from one socket to the other, later. */
function passLater(from, to) {
  const later = (work) => setTimeout(work, Number(roundTripMs) / 2);
  // Timers of the same length fire in the order in which they were set. Nothing is held up: what is
  // under way is bounded by the windows of those who talk.
  from.on("data", (bytes) => later(() => to.write(bytes)));
  from.on("end", () => later(() => to.end()));
  from.on("close", () => later(() => to.destroy()));
  from.on("error", () => later(() => to.destroy()));
}

const server = createServer((near) => {
  near.setNoDelay(true);
  near.pause();
  // A connection takes a round trip before anything can be said.
  setTimeout(() => {
    const far = connect(Number(port), hostname);
    far.setNoDelay(true);
    passLater(near, far);
    passLater(far, near);
    near.resume();
  }, Number(roundTripMs));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
console.log(`http://127.0.0.1:${server.address().port}`);
for await (const _ of createInterface(process.stdin)) {
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6 }));
}
process.exit(0);
