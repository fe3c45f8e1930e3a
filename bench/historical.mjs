// How fast a fresh database is filled, beside the least that any program must do for it, and beside
// how others write: node historical.mjs [messages] [runs]
//
// All take turns, so that whatever else the machine does strikes all of them alike. What is left in
// bench/results/historical.json are the figures of every run.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { readContents, startDatabaseServer } from "./measure/database.mjs";
import { pathTo, startHelper } from "./measure/helper.mjs";
import { runMeasured } from "./measure/run-measured.mjs";

const [messages = 200_000, runs = 3] = process.argv.slice(2).map(Number);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Messages that shuttle writes: its speed does not depend on how many. */
const SHUTTLE_MESSAGES = 5_000;

execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"], {
  cwd: pathTo("peers"),
  stdio: ["ignore", "ignore", "inherit"],
});
const database = await startDatabaseServer();
const devnet = await startHelper("node/serve-devnet.mjs", [Math.ceil(messages / 300), messages]);
const node = await startHelper("node/serve-recorded.mjs", [devnet.ready]);

function syncArgs(url, level) {
  const main = pathTo("../apps/cli/dist/main.js");
  const args = [main, "sync", "--until-synced", "--log-format", "json", "--verify", level];
  return [...args, "--snapchain-endpoint", node.ready, "--database-url", url];
}

// Also has the node remember every page, so that the devnet behind it has nothing to do any more.
const mirror = await database.withDatabase(async (url) => {
  await runMeasured(syncArgs(url, "proof"));
  return readContents(url);
});
const { reactions, casts, links, bytes } = mirror;
console.log(`${reactions} reactions, ${casts} casts, ${links} links; ${bytes} bytes on disk`);

const PROGRAMS = {
  none: (url) => syncArgs(url, "none"),
  floor: (url) => [pathTo("floor/run-floor.mjs"), node.ready, url, JSON.stringify(mirror.indexes)],
  proof: (url) => syncArgs(url, "proof"),
  multiRow: (url) => [pathTo("peers/run-multi-row.mjs"), node.ready, url],
  shuttle: (url) => [pathTo("peers/run-shuttle.mjs"), node.ready, url, SHUTTLE_MESSAGES],
};

/** What a program says it wrote, and in which time, if not all messages in all of its time. */
function readClaim(output) {
  const line = output.trim().split("\n").at(-1) ?? "";
  return line.startsWith('{"messages"') ? JSON.parse(line) : {};
}

async function measure(toArgs) {
  return await database.withDatabase(async (url) => {
    const before = { node: Number(await node.ask("cpu")), database: database.cpuSeconds() };
    const { seconds, cpuSeconds, peakMb, output } = await runMeasured(toArgs(url));
    const claim = { messages, seconds, ...readClaim(output) };
    const perMessage = (cpu) => (cpu / claim.messages) * 1e6;
    return {
      messagesPerSecond: Math.round(claim.messages / claim.seconds),
      peakMb: Math.round(peakMb),
      cpuMicrosecondsPerMessage: {
        program: perMessage(cpuSeconds),
        database: perMessage(database.cpuSeconds() - before.database),
        node: perMessage(Number(await node.ask("cpu")) - before.node),
      },
    };
  });
}

const results = new Map(Object.keys(PROGRAMS).map((name) => [name, []]));
for (let run = 1; run <= runs; run++) {
  for (const [name, toArgs] of Object.entries(PROGRAMS)) {
    const result = await measure(toArgs);
    results.get(name).push(result);
    const cpu = Object.entries(result.cpuMicrosecondsPerMessage)
      .map(([part, microseconds]) => `${part} ${microseconds.toFixed(1)}`)
      .join(", ");
    console.log(
      `run ${run}, ${name}: ${result.messagesPerSecond} messages/s, CPU us a message: ${cpu}; peak ${result.peakMb} MB`,
    );
  }
}

const rateOf = (name) => median(results.get(name).map((result) => result.messagesPerSecond));
const ratios = {
  floorNone: rateOf("none") / rateOf("floor"),
  floorProof: rateOf("proof") / rateOf("floor"),
  multiRow: rateOf("proof") / rateOf("multiRow"),
  shuttle: rateOf("proof") / rateOf("shuttle"),
};
for (const [name, ratio] of Object.entries(ratios)) console.log(`${name}: ${ratio.toFixed(2)}`);
const rates = Object.keys(PROGRAMS).map((name) => `${name} ${rateOf(name)}`);
console.log(`medians of ${runs}: ${rates.join(", ")} messages/s, start-up included`);
mkdirSync(pathTo("results"), { recursive: true });
const machine = {
  cores: availableParallelism(),
  processor: cpus()[0]?.model,
  node: process.version,
};
const report = { date: new Date().toISOString(), machine, messages, runs, ratios };
writeFileSync(
  pathTo("results/historical.json"),
  `${JSON.stringify({ ...report, results: Object.fromEntries(results) }, undefined, 2)}\n`,
);
await node.stop();
await devnet.stop();
await database.stop();
