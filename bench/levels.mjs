// What each level of verification costs, and that a large mirror is proved:
// node levels.mjs [messages] [runs] [blocks]
//
// The levels take turns, so that whatever else the machine does strikes all of them alike.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { createNodeClient } from "@snaprag/client";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { verifyStore } from "@snaprag/sync";
import { loadEd25519 } from "@snaprag/verify/node";
import pg from "pg";
import { pathTo, startHelper } from "./measure/helper.mjs";

const [messages = 500_000, runs = 3, blocks = 1000] = process.argv.slice(2).map(Number);
const LEVELS = ["none", "proof", "full"];

/** Signatures that one core verifies in a second, by the implementation that the sync uses. */
async function measureEd25519() {
  const ed25519 = await loadEd25519();
  const { generateKeyPairSync, sign } = await import("node:crypto");
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const hash = Buffer.alloc(20, 7);
  const signature = sign(null, hash, privateKey);
  const startedAt = process.hrtime.bigint();
  let count = 0;
  while (process.hrtime.bigint() - startedAt < 2_000_000_000n) {
    for (let index = 0; index < 100; index++) ed25519.verify(hash, signature, key);
    count += 100;
  }
  return {
    name: ed25519.name,
    perSecond: count / (Number(process.hrtime.bigint() - startedAt) / 1e9),
  };
}

async function runSync(endpoint, databaseUrl, level) {
  const args = [pathTo("run-sync.mjs"), endpoint, databaseUrl, level];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const { value: line } = await createInterface(child.stdout)[Symbol.asyncIterator]().next();
  if (child.exitCode === null) await once(child, "exit");
  return JSON.parse(line);
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Proves the rows of a database, and says how long that took. */
async function prove(endpoint, connectionString, when) {
  const client = createNodeClient({ endpoint });
  const store = createPostgresStore({ connectionString });
  for await (const shard of verifyStore({ client, store })) {
    const { shardId, blockNumber, leafCount, status, root } = shard;
    const hash = Buffer.from(root ?? []).toString("hex");
    console.log(
      `${when}: shard ${shardId} at block ${blockNumber}, ${leafCount} leaves, root ${hash}: ${status}`,
    );
    if (status !== "proved") process.exitCode = 1;
  }
  await store.close();
  await client.close();
}

const postgres = await startHelper("../test/support/serve-postgres.mjs", ["durable"]);
const devnet = await startHelper("node/serve-devnet.mjs", [Math.ceil(messages / 300), messages]);
const node = await startHelper("node/serve-recorded.mjs", [devnet.ready]);
const admin = new pg.Client(postgres.ready);
await admin.connect();
const seconds = new Map(LEVELS.map((level) => [level, []]));
let lastUrl = "";
for (let run = 0; run <= runs; run++) {
  for (const level of LEVELS) {
    const name = `levels_${level}_${run}`;
    await admin.query(`create database ${name}`);
    const url = new URL(postgres.ready);
    url.pathname = `/${name}`;
    const result = await runSync(node.ready, url.toString(), level);
    // The first has the node remember its pages.
    if (run > 0) seconds.get(level).push(result.seconds);
    console.log(
      `run ${run}, ${level}: ${result.seconds.toFixed(2)} s, ${Math.round(result.messages / result.seconds)} messages/s, ${result.cpuSeconds.toFixed(1)} CPU s, proofs ${result.proofs}`,
    );
    if (level === "proof" && run === runs) lastUrl = url.toString();
    else await admin.query(`drop database ${name}`);
  }
}
const rate = (level) => messages / median(seconds.get(level));
const percent = (part) => `${Math.round(100 * part)} %`;
console.log(`proof keeps ${percent(rate("proof") / rate("none"))} of the throughput of none`);
const ed25519 = await measureEd25519();
const cores = availableParallelism();
const limit = ed25519.perSecond * cores;
console.log(
  `${ed25519.name}: ${Math.round(ed25519.perSecond)} signatures/s on one of ${cores} cores; full verifies ${Math.round(rate("full"))}/s, ${percent(rate("full") / limit)} of what all could do with nothing else to do`,
);
if (blocks > 0) {
  await prove(devnet.ready, lastUrl, "after the download");
  for (let made = 0; made < blocks; made += 100) await devnet.ask(Math.min(100, blocks - made));
  await runSync(devnet.ready, lastUrl, "proof");
  await prove(devnet.ready, lastUrl, `after ${blocks} blocks`);
}
await admin.end();
await node.stop();
await devnet.stop();
await postgres.stop();
