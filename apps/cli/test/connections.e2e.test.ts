// Connections that a sync opens, held against what is said of them.
import { setTimeout as delay } from "node:timers/promises";
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import type { Ended } from "./support/built-cli.ts";
import { runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { onServer } from "./support/databases.ts";
import { openSession, querySql } from "./support/query-sql.ts";

const SESSIONS = `
select pid from pg_stat_activity
where datname = current_database() and application_name like 'snaprag%'`;

async function startDevnet() {
  const devnet = createDevnet({ users: 60, messages: 6_000, blockMs: 100 });
  await devnet.start();
  return devnet;
}

/** The most connections that were seen at a time while something went on. */
async function countMost(workplace: Workplace, until: Promise<unknown>): Promise<number> {
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  until.then(end, end);
  let most = 0;
  await using beside = await openSession(workplace);
  while (!isOver) {
    most = Math.max(most, (await beside.query(SESSIONS)).length);
    await delay(2);
  }
  return most;
}

function takenIn({ stdout }: Ended): number {
  return Number(/of which a sync takes (?:up to )?(\d+)/.exec(stdout)?.[1]);
}

it.each(["1", "2", "3"])("are no more than the doctor says, of %s threads", async (threads) => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  const node = ["--snapchain-endpoint", devnet.endpoint, ...workplace.databaseFlags];
  const environment = {
    SNAPRAG_SYNC_THREADS: threads,
    SNAPRAG_DATABASE_MAX_CONNECTIONS: "3",
    SNAPRAG_SYNC_PROOF_INTERVAL_BLOCKS: "1",
  };

  const said = takenIn(await runCli(["doctor", ...node], { ...workplace, environment }));
  const sync = runCli(["sync", "--until-synced", ...node], { ...workplace, environment });
  const most = await countMost(workplace, sync);

  expect(await sync).toMatchObject({ exitCode: 0, stderr: "" });
  expect(most).toBeLessThanOrEqual(said);
  // It does not say far too many either: some are opened for moments.
  expect(most).toBeGreaterThan(said / 3);
});

it("are one of the main thread, also where a monitor asks of all shards", async () => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  const environment = {
    SNAPRAG_SYNC_THREADS: "4",
    SNAPRAG_DATABASE_MAX_CONNECTIONS: "2",
    SNAPRAG_SYNC_PROOF_INTERVAL_BLOCKS: "0",
  };
  const flags = ["--snapchain-endpoint", devnet.endpoint, "--monitor", "0"];
  const argv = ["sync", ...flags, ...workplace.databaseFlags];
  await using sync = startCli(argv, { ...workplace, environment });
  const [, url = ""] = await sync.printed(/"url":"(http.+?)"/);
  // Of each of the two threads that there are connections for: its part, and that of its locks.
  const expected = 2 + 2 + 1;
  await sync.printed(/(?:indexes are in place.*){2}/s);
  const count = async () => (await querySql(workplace, SESSIONS)).length;
  // Those that have built end a moment later.
  await expect.poll(count, { timeout: 30_000 }).toBeLessThanOrEqual(expected);

  const asking = Promise.all(Array.from({ length: 20 }, () => fetch(`${url}/metrics`)));
  const most = await countMost(workplace, asking);

  expect((await asking).every(({ ok }) => ok)).toBe(true);
  expect(most).toBeLessThanOrEqual(expected);
});
