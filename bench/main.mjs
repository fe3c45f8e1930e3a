// What the sync costs on this machine: npm run bench -- [flags], or node bench/main.mjs [flags]
//
//   --quick          the smallest size only and everything else smaller: under ten minutes on two cores
//   --messages N,... networks of so many messages, the smallest first, instead of 200k, 1M and 5M
//   --runs N         how often everything is measured
//   --only PART,...  these parts alone; `processes`, `embedding`, `search` are in a quick run only when named
//   --programs N,... these programs of a first load alone, such as fullOneThread,fullTwoThreads
//   --seed N         what the networks follow from
import { parseArgs } from "node:util";
import { startDatabaseServer } from "./measure/databases/database.mjs";
import { describeCommit, describeMachine, describeVersions } from "./measure/machine.mjs";
import { createNetworks } from "./measure/networks/networks.mjs";
import { stopChildren } from "./measure/processes/start-child.mjs";
import { disk } from "./parts/disk.mjs";
import { distant } from "./parts/distant.mjs";
import { growth } from "./parts/growth.mjs";
import { HISTORICAL_PROGRAMS, historical } from "./parts/historical.mjs";
import { processes } from "./parts/processes.mjs";
import { realtime } from "./parts/realtime.mjs";
import { embedding } from "./parts/retrieval/embedding.mjs";
import { search } from "./parts/retrieval/search.mjs";
import { verify } from "./parts/verify.mjs";
import { readEarlierParts, writeReport } from "./report/write-report.mjs";

/** In the order in which they are measured and told: a network is made for each change of size. */
const PARTS = {
  ...{ historical, distant, growth, processes, disk, verify, realtime },
  ...{ embedding, search },
};
/** On two cores several processes have nothing to share but the cores; the others are not the sync. */
const NOT_QUICK = new Set(["processes", "embedding", "search"]);

const SIZES = [200_000, 1_000_000, 5_000_000];
const RUNS = 5;
const RUNS_QUICK = 1;
/** What the sync is held to deserves a second look. */
const HISTORICAL_RUNS_QUICK = 2;
/** From here on a run takes so long that one must do. */
const LARGE_NETWORK_MESSAGES = 2_000_000;

function fail(message) {
  console.error(message);
  process.exit(2);
}

function readPositive(name, text) {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  return fail(`--${name} must be a whole number above 0, not ${text}`);
}

function readParts(only, isQuick) {
  if (only === undefined) {
    return Object.keys(PARTS).filter((name) => !(isQuick && NOT_QUICK.has(name)));
  }
  const chosen = splitNames(only);
  const unknown = chosen.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0) fail(`No part ${unknown}; there are ${Object.keys(PARTS).join(", ")}`);
  return Object.keys(PARTS).filter((name) => chosen.includes(name));
}

const splitNames = (names) => names?.split(",").map((name) => name.trim());

/** Which programs of a first load are measured; undefined for all of them. */
function readPrograms(names) {
  const unknown = (names ?? []).filter((name) => !HISTORICAL_PROGRAMS.includes(name));
  if (unknown.length === 0) return names;
  return fail(`No program ${unknown}; there are ${HISTORICAL_PROGRAMS.join(", ")}`);
}

function readFlags() {
  const { values } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      messages: { type: "string" },
      runs: { type: "string" },
      only: { type: "string" },
      programs: { type: "string" },
      seed: { type: "string", default: "1" },
    },
  });
  const isQuick = values.quick;
  const messages = values.messages?.split(",").map((count) => readPositive("messages", count));
  const asked = values.runs && readPositive("runs", values.runs);
  const runs = asked ?? (isQuick ? RUNS_QUICK : RUNS);
  const historicalRuns = asked ?? (isQuick ? HISTORICAL_RUNS_QUICK : RUNS);
  const runsAt = (size) => asked ?? (size >= LARGE_NETWORK_MESSAGES ? 1 : historicalRuns);
  const sizes = isQuick ? SIZES.slice(0, 1) : SIZES;
  return {
    parts: readParts(values.only, isQuick),
    isPartial: values.only !== undefined || values.programs !== undefined,
    seed: readPositive("seed", values.seed),
    programs: readPrograms(splitNames(values.programs)),
    settings: { isQuick, sizes: messages ?? sizes, runs, runsAt },
  };
}

const startedAt = Date.now();
function log(message) {
  const seconds = Math.round((Date.now() - startedAt) / 1000);
  console.log(`${String(seconds).padStart(5)} s  ${message}`);
}

if (process.platform !== "linux")
  fail("The benchmark reads what processes cost from Linux's /proc");
const { parts, isPartial, seed, programs, settings } = readFlags();
const database = await startDatabaseServer();
const head = {
  date: new Date().toISOString(),
  machine: describeMachine(),
  versions: describeVersions(database.version),
  seed,
  isQuick: settings.isQuick,
};
const commit = describeCommit();
const networks = createNetworks({ database, seed, log });
const context = { ...settings, date: head.date, commit, programs, seed, database, networks, log };
const results = readEarlierParts(head, { isPartial });
/** Measures a part. One that fails is told and left out: the others have taken hours, or will. */
async function measurePart(name) {
  log(PARTS[name].title);
  try {
    const { run, merge = (_earlier, later) => later } = PARTS[name];
    const later = await run(context);
    const earlier = results[name]?.result;
    const result = earlier === undefined ? later : merge(earlier, later);
    results[name] = { date: new Date().toISOString(), commit, result };
  } catch (error) {
    console.error(`${name} failed:`, error);
    process.exitCode = 1;
    await networks.close();
    // What it has left would be measured with the next part, and keep this process from its end.
    await stopChildren([database.pid]);
  }
}

let report;
for (const name of parts) {
  await measurePart(name);
  // After each: who breaks a run off has what was measured until then.
  report = writeReport(head, results, PARTS);
}
const { ratios, peakMemoryMb } = report;
for (const [name, ratio] of Object.entries(ratios)) if (ratio > 0) log(`${name}: ${ratio}`);
log(`most memory of a sync: ${peakMemoryMb} MB; all results: bench/results/latest.md`);
await networks.close();
await database.stop();
