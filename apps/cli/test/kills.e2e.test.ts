// `kill -9` is a normal stop: the sync is killed at random moments, over and over, and the rows end
// up as the node has them.
import { setTimeout as delay } from "node:timers/promises";
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import { createRandom } from "../../../test/support/random.ts";
import { runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { embedded, onServer } from "./support/databases.ts";
import { compareWithNode, withStore } from "./support/mirror.ts";
import type { Session } from "./support/query-sql.ts";
import { openSession } from "./support/query-sql.ts";

const random = createRandom(Number(process.env["KILL_SEED"] ?? 1));

/** Kills of each of two mirrors, about half of them before the history is complete. */
const KILLS_PER_MIRROR = 25;

/** What a sync prints once it follows blocks. */
const REALTIME = /history complete|indexes are in place/;

interface Kills {
  historical: number;
  realtime: number;
}

interface Progress {
  readonly isHistorical: boolean;
  /** Partitions finished and blocks applied: grows with everything that is committed. */
  readonly steps: number;
}

/** Asked for over and over beside the sync, so it costs next to nothing. */
const PROGRESS = `
select count(*) < 2 or bool_or(phase = 'historical') as "isHistorical",
  (coalesce(sum(block_number), 0)
    + (select count(*) from sync_partitions where status = 'done'))::int as steps
from sync_progress where shard_id > 0`;

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
async function killAmongSteps(
  devnet: Devnet,
  workplace: Workplace,
  beside: Session,
): Promise<Progress> {
  const readProgress = async (): Promise<Progress> => (await beside.query(PROGRESS))[0];
  const before = await readProgress();
  const wanted = before.steps + (before.isHistorical ? 1 + random.next() * 70 : random.next() * 4);
  await using sync = startCli(syncArguments(devnet, workplace), workplace);
  await sync.printed('"msg":"run started"');
  await expect
    .poll(async () => (await readProgress()).steps, { interval: 5, timeout: 60_000 })
    .toBeGreaterThanOrEqual(wanted);
  await delay(random.next() * 30);
  sync.kill("SIGKILL");
  await sync.ended;
  return await readProgress();
}

it("ends as the node is after 50 kills, historical and realtime, on PostgreSQL", async () => {
  await using devnet = createDevnet({ users: 150, messages: 20_000, blockMs: 50 });
  await devnet.start();
  const kills: Kills = { historical: 0, realtime: 0 };
  for (const wanted of [KILLS_PER_MIRROR, 2 * KILLS_PER_MIRROR]) {
    await using workplace = await onServer();
    await withStore(workplace, (store) => store.migrate());
    await using beside = await openSession(workplace);
    devnet.resume();
    let isHistorical = true;
    while (isHistorical || kills.historical + kills.realtime < wanted) {
      isHistorical = (await killAmongSteps(devnet, workplace, beside)).isHistorical;
      kills[isHistorical ? "historical" : "realtime"] += 1;
    }
    await finish(devnet, workplace);
  }
  console.log(`killed ${kills.historical} times in historical, ${kills.realtime} in realtime`);
  expect(Math.min(kills.historical, kills.realtime)).toBeGreaterThanOrEqual(10);
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
    if (kills.historical >= 3) await sync.printed(REALTIME);
    await delay(random.next() * 700);
    sync.kill("SIGKILL");
    const { stdout } = await sync.ended;
    kills[REALTIME.test(stdout) ? "realtime" : "historical"] += 1;
  }
  await finish(devnet, workplace);
  console.log(`killed ${kills.historical} times in historical, ${kills.realtime} in realtime`);
});
