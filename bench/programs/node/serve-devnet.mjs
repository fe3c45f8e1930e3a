// A devnet in a process of its own, so that its cost can be told from the sync's. Its options are the
// argument, as JSON. Prints the endpoint when it is ready, and for each line of stdin, which says how
// many blocks to make, when the last of them was sent to those who listen (in nanoseconds of the clock
// that all processes of a machine share), the heights, and its CPU seconds since it was ready. Told to
// `collect`, it collects garbage and prints an empty line.
import { createInterface } from "node:readline";
import { createDevnet } from "@snaprag/devnet";

const devnet = createDevnet(JSON.parse(process.argv[2]));
await devnet.start();
// What the history left behind would be collected while something is measured, for seconds on end.
globalThis.gc();
const atStart = process.cpuUsage();
console.log(devnet.endpoint);
for await (const line of createInterface(process.stdin)) {
  if (line === "collect") {
    globalThis.gc();
    console.log();
    continue;
  }
  await devnet.produceBlock(Number(line));
  const sentAt = String(process.hrtime.bigint());
  const heights = [...devnet.heights()].map(([shardId, height]) => [shardId, Number(height)]);
  const { user, system } = process.cpuUsage(atStart);
  console.log(JSON.stringify({ sentAt, heights, cpuSeconds: (user + system) / 1e6 }));
}
await devnet.stop();
process.exit(0);
