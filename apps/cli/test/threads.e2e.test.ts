// The threads of one sync: they share its work, and end with it.
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import { jsonLines, runCli, startCli } from "./support/built-cli.ts";
import type { Workplace } from "./support/databases.ts";
import { onServer } from "./support/databases.ts";
import { compareWithNode } from "./support/mirror.ts";
import { querySql } from "./support/query-sql.ts";

const MEMBERS = "select holder from sync_members where sync_is_alive(id) order by holder";

/** Ends the session that the locks of a thread belong to. */
const END_SESSION = `
select pg_terminate_backend(l.pid)
from pg_locks l join sync_members m on l.locktype = 'advisory' and l.objid = m.id::oid
where m.holder like '%, thread 2 of 2'`;

const HEIGHTS = "select block_number from sync_progress order by shard_id";

/** Ends the work on one shard, and no other. */
const REFUSE_SHARD = `
create function refuse() returns trigger language plpgsql as $$
begin raise exception 'shard 2 is no more' using errcode = 'undefined_table'; end $$;
create trigger refuse before update on sync_progress
for each row when (new.shard_id = 2) execute function refuse()`;

async function startDevnet() {
  const devnet = createDevnet({ users: 60, messages: 6_000, blockMs: 100 });
  await devnet.start();
  return devnet;
}

const syncOf = (endpoint: string, { databaseFlags }: Workplace, ...flags: string[]) => [
  "sync",
  "--snapchain-endpoint",
  endpoint,
  ...databaseFlags,
  "--log-format",
  "json",
  ...flags,
];

it.each(["1", "2", "5"])("mirrors a node in %s threads", async (threads) => {
  await using devnet = await startDevnet();
  devnet.pause();
  await using workplace = await onServer();
  const environment = { SNAPRAG_SYNC_THREADS: threads };

  const argv = syncOf(devnet.endpoint, workplace, "--until-synced");
  const ended = await runCli(argv, { ...workplace, environment });

  expect(ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await compareWithNode(workplace, devnet)).differences).toEqual([]);
  const lines = jsonLines(ended);
  const count = (event: string) => lines.filter(({ msg }) => msg === event).length;
  expect(count("run started")).toBe(Number(threads));
  // Each shard has one that leads it, whatever the number of threads.
  expect(count("history complete")).toBe(2);
  expect(lines.findLast(({ msg }) => msg === "progress")).toMatchObject({
    shards: [0, 1, 2].map((shardId) => ({ shardId, isCaughtUp: true, errors: 0 })),
  });
});

it("ends with the thread that cannot go on, and says why", async () => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  const environment = { SNAPRAG_SYNC_THREADS: "2" };
  await using sync = startCli(syncOf(devnet.endpoint, workplace), { ...workplace, environment });
  await expect
    .poll(() => querySql(workplace, MEMBERS).catch(() => []), { timeout: 30_000 })
    .toHaveLength(2);

  await querySql(workplace, REFUSE_SHARD);

  const { exitCode, stderr } = await sync.ended;
  expect(exitCode).toBe(21);
  expect(stderr).toMatch(/^error: [^\n]*shard 2 is no more[^\n]*\n[^\n]+\n$/);
  expect(await querySql(workplace, MEMBERS)).toEqual([]);
});

it("goes on when the server ends the session of a thread", async () => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  const environment = { SNAPRAG_SYNC_THREADS: "2" };
  await using sync = startCli(syncOf(devnet.endpoint, workplace), { ...workplace, environment });
  await sync.printed("indexes are in place");
  const members = await querySql(workplace, MEMBERS);

  await querySql(workplace, END_SESSION);
  await sync.printed("beginning again");

  await expect.poll(() => querySql(workplace, MEMBERS), { timeout: 30_000 }).toEqual(members);
  const heights = async () =>
    (await querySql(workplace, HEIGHTS)).map(({ block_number: height }) => Number(height));
  const before = await heights();
  const areHigher = async () => {
    const now = await heights();
    return before.every((height, index) => (now[index] ?? 0) > height);
  };
  await expect.poll(areHigher, { timeout: 30_000 }).toBe(true);
  sync.kill("SIGTERM");
  expect(await sync.ended).toMatchObject({ exitCode: 0, stderr: "" });
});

it("follows in all threads, and stops them at a signal", async () => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  const environment = { SNAPRAG_SYNC_THREADS: "2" };
  await using sync = startCli(syncOf(devnet.endpoint, workplace), { ...workplace, environment });
  await sync.printed("indexes are in place");
  const heights = () => querySql(workplace, "select block_number from sync_progress order by 1");
  const before = await heights();
  await expect.poll(heights, { timeout: 30_000 }).not.toEqual(before);

  sync.kill("SIGTERM");

  expect(await sync.ended).toMatchObject({ exitCode: 0, stderr: "" });
  expect(await querySql(workplace, MEMBERS)).toEqual([]);
});

/** Somebody reads and writes casts for so long that no index of them comes to its end. */
const HOLD_CASTS = `
begin;
lock table casts in row exclusive mode;
select pg_sleep(60);
rollback`;

const END_HOLDER =
  "select pg_terminate_backend(pid) from pg_stat_activity where query ~ 'pg_sleep' and pid <> pg_backend_pid() and datname = current_database()";

const BUILDS = `
select pid from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
and state = 'active' and query ~ 'create.* index'`;

it("ends at a signal while indexes are built, which the server goes on with no more", async () => {
  await using devnet = await startDevnet();
  await using workplace = await onServer();
  expect(await runCli(["migrate", ...workplace.databaseFlags], workplace)).toMatchObject({
    exitCode: 0,
  });
  // Ended with the database.
  const holding = querySql(workplace, HOLD_CASTS).catch(() => undefined);
  const countBuilds = async () => (await querySql(workplace, BUILDS)).length;
  {
    await using sync = startCli(syncOf(devnet.endpoint, workplace), workplace);
    await expect.poll(countBuilds, { timeout: 60_000 }).toBeGreaterThan(0);

    sync.kill("SIGTERM");

    expect(await sync.ended).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await countBuilds()).toBe(0);
  }
  await querySql(workplace, END_HOLDER);
  await holding;
  const argv = syncOf(devnet.endpoint, workplace, "--until-synced");
  expect(await runCli(argv, workplace)).toMatchObject({ exitCode: 0, stderr: "" });
});
