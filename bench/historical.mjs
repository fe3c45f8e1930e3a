// Mirrors a devnet into a fresh PostgreSQL with the built command, several times, and says what it
// took: node historical.mjs [messages] [runs]
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import pg from "pg";
import { pathTo, startHelper } from "./helper.mjs";

const [messages = 200_000, runs = 3] = process.argv.slice(2).map(Number);

/** Highest memory a process ever had, in MiB, as the kernel counted it. */
function peakMemoryMiB(pid) {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

async function runSync(endpoint, databaseUrl) {
  const main = pathTo("../apps/cli/dist/main.js");
  const args = ["sync", "--until-synced", "--log-format", "json"];
  args.push("--snapchain-endpoint", endpoint, "--database-url", databaseUrl);
  const startedAt = process.hrtime.bigint();
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  let peak = 0;
  const watch = setInterval(() => {
    if (child.exitCode === null) peak = Math.max(peak, peakMemoryMiB(child.pid));
  }, 200);
  const [code] = await once(child, "exit");
  clearInterval(watch);
  if (code !== 0) throw new Error(`The sync ended with ${code}`);
  return { seconds: Number(process.hrtime.bigint() - startedAt) / 1e9, peakMemoryMiB: peak };
}

const postgres = await startHelper("../test/support/serve-postgres.mjs", ["durable"]);
const devnet = await startHelper("serve-devnet.mjs", [Math.ceil(messages / 300), messages]);
const admin = new pg.Client(postgres.ready);
await admin.connect();
const results = [];
for (let run = 1; run <= runs; run++) {
  await admin.query(`create database bench_${run}`);
  const url = new URL(postgres.ready);
  url.pathname = `/bench_${run}`;
  const { seconds, peakMemoryMiB: peak } = await runSync(devnet.ready, url.toString());
  results.push(seconds);
  console.log(
    `run ${run}: ${seconds.toFixed(2)} s, ${Math.round(messages / seconds)} messages/s, peak ${Math.round(peak)} MiB`,
  );
}
await admin.end();
const median = results.toSorted((a, b) => a - b)[Math.floor(results.length / 2)];
console.log(`median of ${runs}: ${Math.round(messages / median)} messages/s, start-up included`);
console.log(`the node took ${await devnet.stop()} CPU seconds over all runs`);
await postgres.stop();
