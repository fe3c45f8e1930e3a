// The thread that helps with a large first load, here with a small one.
import { createDevnet } from "@snaprag/devnet";
import type { Logger } from "@snaprag/sync";
import { expect, it } from "vitest";
import type { DatabaseTarget } from "../src/commands/database/database-target.ts";
import { openDatabase } from "../src/commands/database/open-database.ts";
import { createHelpingThread } from "../src/commands/sync/threads/helping-thread.ts";
import { startThreads } from "../src/commands/sync/threads/start-threads.ts";
import { loadSettings } from "../src/config/load-settings.ts";
import type { Workplace } from "./support/databases.ts";
import { onServer } from "./support/databases.ts";
import { compareWithNode } from "./support/mirror.ts";
import { querySql } from "./support/query-sql.ts";
import { aShard } from "./support/shard-activity.ts";

const MEMBERS = "select holder from sync_members where sync_is_alive(id) order by holder";
const COUNTS = { leaders: 1, atMost: 2 };
const LARGE = aShard({
  phase: "historical",
  shardId: 1,
  expectedCount: 9_000,
  partitionsTotal: 256,
});

/** Keeps what is logged. */
function createTextLogger() {
  const texts: string[] = [];
  const keep = (_: object, text: string) => void texts.push(text);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  return { logger, count: (wanted: string) => texts.filter((text) => text === wanted).length };
}

async function jobIn({ folder, databaseFlags: [, url = ""] }: Workplace) {
  const target: DatabaseTarget = {
    ...{ kind: "server", url, schema: "public", fidPartitions: undefined, maxConnections: 8 },
    patience: {},
  };
  const sources = { flags: new Map(), configPath: undefined, environment: {}, folder };
  const settings = await loadSettings(sources);
  return { settings, target, mode: "full", untilSynced: false } as const;
}

it("takes part in a first load, and ends with it", async () => {
  await using devnet = createDevnet({ users: 60, messages: 6_000, blockMs: 100 });
  await devnet.start();
  devnet.pause();
  await using workplace = await onServer();
  const job = await jobIn(workplace);
  const { logger, count } = createTextLogger();
  const stopping = new AbortController();
  {
    await using database = await openDatabase(job.target, { holder: "a test" });
    await using prepared = startThreads({
      ...{ job, counts: COUNTS, helpedLeaves: 1000, logger, signal: stopping.signal },
    });
    await using running = await prepared.begin(database, { endpoints: [devnet.endpoint] });
    await expect.poll(() => count("run started"), { timeout: 30_000 }).toBe(2);
    await expect.poll(() => count("indexes are in place"), { timeout: 30_000 }).toBe(2);

    await expect.poll(() => querySql(workplace, MEMBERS)).toHaveLength(1);

    expect(await querySql(workplace, MEMBERS)).not.toMatchObject([
      { holder: expect.stringContaining("helping") },
    ]);
    stopping.abort();
    await running.ended;
  }
  expect(count("run started")).toBe(2);
  expect((await compareWithNode(workplace, devnet)).differences).toEqual([]);
});

it("is gone on without where it cannot begin", async () => {
  await using workplace = await onServer();
  const { logger, count } = createTextLogger();
  const job = { ...(await jobIn(workplace)), thread: { ...COUNTS, number: 1, areCoresBusy: true } };
  const helper = createHelpingThread({ job, logger, helpedLeaves: 9_000 });
  const nodes = { endpoints: ["http://127.0.0.1:1"] } as const;
  await helper.settle();
  helper.consider([{ ...LARGE, entryCount: 1 }], nodes);
  helper.consider([{ ...LARGE, partitionsFound: 1 }], nodes);
  helper.consider([{ ...LARGE, phase: "realtime" }], nodes);
  await helper.settle();
  expect(count("going on without the helping thread")).toBe(0);

  helper.consider([LARGE], nodes);
  helper.consider([LARGE], nodes);
  await helper.settle();

  expect(count("going on without the helping thread")).toBe(1);
  expect(helper.shards().reduce((sum, { expectedCount }) => sum + expectedCount, 0)).toBe(0);
});

it("ends when it is told to in the middle of a load, and does not begin afterwards", async () => {
  await using devnet = createDevnet({ users: 60, messages: 6_000 });
  await devnet.start();
  await using workplace = await onServer();
  const { logger, count } = createTextLogger();
  const job = { ...(await jobIn(workplace)), thread: { ...COUNTS, number: 1, areCoresBusy: true } };
  const helper = createHelpingThread({ job, logger, helpedLeaves: 9_000 });
  helper.consider([LARGE], { endpoints: [devnet.endpoint] });
  // It waits for somebody who leads the shard.
  await expect.poll(() => count("run started"), { timeout: 30_000 }).toBe(1);

  helper.stop();
  await helper.settle();
  helper.consider([LARGE], { endpoints: [devnet.endpoint] });
  await helper.settle();

  expect(count("run started")).toBe(1);
  expect(count("going on without the helping thread")).toBe(0);
  expect(await querySql(workplace, MEMBERS)).toEqual([]);
});
