// A devnet in a process of its own, so that its cost can be told from the sync's. Prints the endpoint
// when it is ready, a line when it has made the blocks that a line of stdin asks for, and its CPU time
// when stdin closes.
import { createInterface } from "node:readline";
import { createDevnet } from "@snaprag/devnet";

const [users, messages] = process.argv.slice(2).map(Number);
const devnet = createDevnet({ users, messages, blockMs: 0, gaslessKeys: false });
await devnet.start();
const { user, system } = process.cpuUsage();
console.log(devnet.endpoint);
for await (const line of createInterface(process.stdin)) {
  await devnet.produceBlock(Number(line));
  console.log([...devnet.heights()].map(([shardId, height]) => `${shardId}:${height}`).join(" "));
}
const spent = process.cpuUsage({ user, system });
console.log((spent.user + spent.system) / 1e6);
await devnet.stop();
process.exit(0);
