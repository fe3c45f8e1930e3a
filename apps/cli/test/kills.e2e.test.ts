// `kill -9` is a normal stop: the sync is killed at random moments, over and over, and the rows end
// up as the node has them.
import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { expect, it } from "vitest";
import { createRandom } from "../../../test/support/random.ts";
import { runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { embedded, onServer } from "./support/databases.ts";
import { compareWithNode, withStore } from "./support/mirror.ts";

const random = createRandom(Number(process.env["KILL_SEED"] ?? 1));

interface Kills {
  historical: number;
  realtime: number;
}

interface Progress {
  readonly isHistorical: boolean;
  /** Partitions finished and blocks applied: grows with everything that is committed. */
  readonly steps: number;
}

async function readProgress(store: Store): Promise<Progress> {
  const shards = (await store.listShards()).filter(({ shardId }) => shardId > 0);
  let steps = 0;
  for (const { shardId, blockNumber } of shards) {
    const partitions = await store.listPartitions(shardId);
    steps += partitions.filter(({ status }) => status === "done").length + Number(blockNumber);
  }
  const isHistorical = shards.length < 2 || shards.some(({ phase }) => phase === "historical");
  return { isHistorical, steps };
}

function syncArguments(devnet: Devnet, { databaseFlags }: Workplace): readonly string[] {
  return ["sync", "--snapchain-endpoint", devnet.endpoint, ...databaseFlags];
}

async function finish(devnet: Devnet, workplace: Workplace): Promise<void> {
  devnet.pause();
  const argv = [...syncArguments(devnet, workplace), "--until-synced"];
  const { exitCode, stderr } = await runCli(argv, workplace);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect((await compareWithNode(workplace, devnet)).differences).toEqual([]);
}

/**
 * Starts the sync and kills it a random number of steps later, at any point of the next one.
 *
 * Steps, not seconds: a slow machine is killed as often on its way as a fast one.
 */
async function killAmongSteps(devnet: Devnet, workplace: Workplace): Promise<Progress> {
  await using store = createPostgresStore({ connectionString: workplace.databaseFlags[1] });
  await store.migrate();
  const before = await readProgress(store);
  const wanted = before.steps + (before.isHistorical ? 1 + random.next() * 70 : random.next() * 4);
  await using sync = startCli(syncArguments(devnet, workplace), workplace);
  await sync.printed('"msg":"run started"');
  await expect
    .poll(async () => (await readProgress(store)).steps, { interval: 5, timeout: 60_000 })
    .toBeGreaterThanOrEqual(wanted);
  await delay(random.next() * 30);
  sync.kill("SIGKILL");
  await sync.ended;
  return await readProgress(store);
}

it("ends as the node is after 50 kills, historical and realtime, on PostgreSQL", async () => {
  await using devnet = createDevnet({ users: 150, messages: 20_000, blockMs: 50 });
  await devnet.start();
  const kills: Kills = { historical: 0, realtime: 0 };
  while (kills.historical < 25 || kills.realtime < 25) {
    await using workplace = await onServer();
    devnet.resume();
    let isHistorical = true;
    const enoughForNow = kills.realtime + 13;
    while (isHistorical || kills.realtime < enoughForNow) {
      isHistorical = (await killAmongSteps(devnet, workplace)).isHistorical;
      kills[isHistorical ? "historical" : "realtime"] += 1;
    }
    await finish(devnet, workplace);
  }
  console.log(`killed ${kills.historical} times in historical, ${kills.realtime} in realtime`);
});

it("ends as the node is after kills on the embedded database", async () => {
  await using devnet = createDevnet({ users: 60, messages: 5000, blockMs: 50 });
  await devnet.start();
  await using workplace = await embedded();
  const kills: Kills = { historical: 0, realtime: 0 };
  while (kills.historical + kills.realtime < 6) {
    await using sync = startCli(syncArguments(devnet, workplace), workplace);
    await sync.printed('"msg":"run started"');
    // Nobody else can look into this database while it is killed: some kills wait for realtime.
    if (kills.historical >= 3) await sync.printed(/history complete|indexes are in place/);
    await delay(random.next() * 700);
    sync.kill("SIGKILL");
    await sync.ended;
    const { isHistorical } = await withStore(workplace, readProgress);
    kills[isHistorical ? "historical" : "realtime"] += 1;
  }
  await finish(devnet, workplace);
  console.log(`killed ${kills.historical} times in historical, ${kills.realtime} in realtime`);
});
