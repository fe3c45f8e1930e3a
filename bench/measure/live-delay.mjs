// How long it takes from a node's sending of a block to its rows being there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { median, percentile, round } from "./numbers.mjs";
import { cpuSecondsOf, watchMemory } from "./processes/run-measured.mjs";
import { syncArgs } from "./processes/snaprag-command.mjs";

const POLL_MS = 3;
/** As a Snapchain's. */
const BLOCK_MS = 1000;
/** Blocks that are followed before anything is measured. */
const WARM_UP_BLOCKS = 3;
const WAIT_MS = 60_000;

const HEIGHTS = `select shard_id, block_number::int from sync_progress where shard_id > 0`;

const millisecondsBetween = (from, to) => Number(to - from) / 1e6;

/** Notes when each height of each shard was first seen in a database. */
async function watchHeights(url) {
  const client = new pg.Client(url);
  await client.connect();
  const seen = new Map();
  const gapsMs = [];
  let isStopped = false;

  async function look() {
    const { rows } = await client.query(HEIGHTS);
    const at = process.hrtime.bigint();
    for (const { shard_id: shardId, block_number: height } of rows) {
      const steps = seen.get(shardId) ?? [];
      if (steps.at(-1)?.height !== height) seen.set(shardId, [...steps, { height, at }]);
    }
    return at;
  }

  async function watch() {
    let before = process.hrtime.bigint();
    while (!isStopped) {
      const at = await look();
      gapsMs.push(millisecondsBetween(before, at));
      before = at;
      await delay(POLL_MS);
    }
    await client.end();
  }

  const watching = watch();
  return {
    gapsMs,
    /** When a height, or one above it, was there; undefined when it has not been seen. */
    find: (shardId, height) => seen.get(shardId)?.find((step) => step.height >= height)?.at,
    async stop() {
      isStopped = true;
      await watching;
    },
  };
}

async function waitUntilSeen(watch, heights) {
  for (let waited = 0; waited < WAIT_MS; waited += 50) {
    const isThere = ([shardId, height]) =>
      shardId === 0 || watch.find(shardId, height) !== undefined;
    if (heights.every(isThere)) return;
    await delay(50);
  }
  throw new Error(`The sync did not reach ${JSON.stringify(heights)} within ${WAIT_MS} ms`);
}

/** Has a block made each second, by the clock and not by when the last one was done. */
async function makeBlocks(devnet, count) {
  const made = [];
  const startedAt = process.hrtime.bigint();
  for (let block = 0; block < count; block++) {
    const waitMs = block * BLOCK_MS - millisecondsBetween(startedAt, process.hrtime.bigint());
    if (waitMs > 0) await delay(waitMs);
    made.push(await devnet.produce(1));
  }
  return { made, seconds: millisecondsBetween(startedAt, process.hrtime.bigint()) / 1000 };
}

/** Of a process and the devnet, at one moment. */
function costsOf({ child, database }, { cpuSeconds: devnet }) {
  return { sync: cpuSecondsOf(child.pid), database: database.cpuSeconds(), devnet };
}

function delaysOf(watch, made) {
  return made.flatMap(({ sentAt, heights }) =>
    heights
      .filter(([shardId]) => shardId > 0)
      .map(([shardId, height]) => millisecondsBetween(BigInt(sentAt), watch.find(shardId, height))),
  );
}

async function followBlocks({ devnet, database, url, blocks }, child) {
  const watch = await watchHeights(url);
  try {
    const warmUp = await makeBlocks(devnet, WARM_UP_BLOCKS);
    const first = warmUp.made.at(-1);
    await waitUntilSeen(watch, first.heights);
    const before = costsOf({ child, database }, first);
    watch.gapsMs.length = 0;
    const { made, seconds } = await makeBlocks(devnet, blocks);
    const last = made.at(-1);
    await waitUntilSeen(watch, last.heights);
    const after = costsOf({ child, database }, last);
    const delays = delaysOf(watch, made);
    const cores = (who) => round((after[who] - before[who]) / seconds, 3);
    return {
      heights: { first: first.heights, last: last.heights },
      seconds: round(seconds),
      samples: delays.length,
      delayMs: {
        p50: round(percentile(delays, 0.5), 1),
        p95: round(percentile(delays, 0.95), 1),
        p99: round(percentile(delays, 0.99), 1),
      },
      pollMs: {
        p50: round(median(watch.gapsMs), 1),
        p99: round(percentile(watch.gapsMs, 0.99), 1),
      },
      coresBusy: { sync: cores("sync"), database: cores("database"), devnet: cores("devnet") },
    };
  } finally {
    await watch.stop();
  }
}

/**
 * Follows a devnet that makes a block each second, and measures for each block of each data shard how
 * long after it was sent its rows were there. What is seen is the progress that is committed with the
 * rows; it is seen late by the time between two looks at most, which is told too.
 */
export async function measureLiveDelay(options) {
  const { devnet, url, env } = options;
  const args = syncArgs({ endpoint: devnet.endpoint, url, flags: [] });
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, ...env },
  });
  const ended = once(child, "exit");
  const memory = watchMemory(child.pid);
  try {
    const result = await followBlocks(options, child);
    return { ...result, peakMb: Math.round(memory.stop()) };
  } finally {
    memory.stop();
    child.kill("SIGTERM");
    await ended;
  }
}
