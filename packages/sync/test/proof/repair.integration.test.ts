// Rows that were changed, deleted and added by SQL are found by name, and put right by few calls.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import type { MessageTableName } from "@snaprag/processors";
import { KIND_OF_TABLE, TABLE_KEYS } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { TestDatabase } from "../../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../../test/support/test-database.ts";
import type { AccountDifference } from "../../src/index.ts";
import { nameOfLeaf, repairStore, verifyStore } from "../../src/index.ts";
import { differences, startDevnet, sync } from "../support/mirrors.ts";

// Every relation is damaged and proved twice over, against a node in the same process.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let devnet: Devnet;
let client: NodeClient;
let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  devnet = await startDevnet({ users: 40, messages: 4000 });
  client = createNodeClient({ endpoint: devnet.endpoint });
  database = await createTestDatabase();
  store = createPostgresStore({ connectionString: database.url });
  await sync(devnet, store);
  // Some of what is there must have come by events.
  await devnet.produceBlock(80);
  await sync(devnet, store);
});

afterAll(async () => {
  await store.close();
  await client.close();
  await database[Symbol.asyncDispose]();
  await devnet.stop();
});

it("says nothing of a mirror that has no account to draw", async () => {
  await using empty = await createTestDatabase();
  await using lost = createPostgresStore({ connectionString: empty.url });
  await sync(devnet, lost);
  const tables = Object.keys(TABLE_KEYS).join(", ");
  await empty.query(`truncate ${tables}, trie_leaves`);

  const statuses: string[] = [];
  for await (const { status } of verifyStore({ client, store: lost, sample: 10 })) {
    statuses.push(status);
  }

  expect(statuses).toEqual(["unproved", "unproved"]);
});

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Hashes that differences name, by what is wrong with them. */
function namesOf(found: readonly AccountDifference[]) {
  const missing = found.flatMap(({ missing: entries, missingKeys }) =>
    [...entries, ...missingKeys].map(({ trieKey }) => nameOfLeaf(trieKey).id),
  );
  const extra = found.flatMap((each) => each.extra.map(({ trieKey }) => nameOfLeaf(trieKey).id));
  const fids = new Set(found.map(({ fid }) => fid));
  return { missing, extra, fids };
}

async function verifyAll() {
  const found = [];
  for await (const shard of verifyStore({ client, store })) found.push(shard);
  return {
    statuses: found.map(({ status }) => status),
    differences: found.flatMap((shard) => shard.differences),
  };
}

async function repairAll() {
  const accounts = [];
  for await (const shard of repairStore({ client, store })) accounts.push(...shard.accounts);
  return accounts;
}

interface DamagedRow {
  readonly fid: bigint;
  readonly hash: string;
}

async function pickRows(table: string, count: number): Promise<readonly DamagedRow[]> {
  const { rows } = await database.query(
    `select distinct on (fid) fid::text, encode(hash, 'hex') as hash from ${table}
      where deleted_at is null order by fid, hash limit ${count}`,
  );
  return rows.map(({ fid, hash }) => ({ fid: BigInt(fid), hash }));
}

const TABLES = (Object.keys(KIND_OF_TABLE) as MessageTableName[]).filter(
  (table) => table !== "frame_actions",
);

interface Damage {
  readonly table: string;
  readonly lost: DamagedRow;
  readonly changed: DamagedRow;
  readonly copied: DamagedRow;
}

/** The hash of all rows that are made up. */
const STRAY = hex(new Uint8Array(20).fill(0xab));

/** Copies one row of a relation under another hash, changes one, and deletes one. */
async function damage(table: string): Promise<Damage> {
  const [lost, changed = lost, copied = lost] = await pickRows(table, 3);
  if (!lost || !changed || !copied) throw new Error(`${table} has no live rows`);
  await database.query(`insert into ${table}
    select (jsonb_populate_record(t, '{"hash": "\\\\x${STRAY}"}')).* from ${table} t
    where hash = '\\x${copied.hash}'`);
  await database.query(
    `update ${table} set "timestamp" = "timestamp" + interval '1 second' where hash = '\\x${changed.hash}'`,
  );
  await database.query(`delete from ${table} where hash = '\\x${lost.hash}'`);
  return { table, lost, changed, copied };
}

describe("after a row of every relation was changed, one deleted and one added by SQL", () => {
  it("verify names each by fid and hash, and repair puts all of them right", async () => {
    const damages: Damage[] = [];
    for (const table of TABLES) damages.push(await damage(table));

    const found = await verifyAll();
    const { missing, fids } = namesOf(found.differences);
    const strays = found.differences.flatMap(({ altered }) =>
      altered.flatMap(({ source }) =>
        source && "hash" in source.row && hex(source.row.hash) === STRAY ? [source.table] : [],
      ),
    );
    expect(found.statuses).toEqual(["mismatch", "mismatch"]);
    for (const { table, lost, changed, copied } of damages) {
      expect(missing, `deleted from ${table}`).toContain(lost.hash);
      expect(missing, `changed in ${table}`).toContain(changed.hash);
      expect(strays, "added").toContain(table);
      for (const { fid } of [lost, changed, copied]) expect(fids).toContain(fid);
    }

    const repaired = await repairAll();
    expect(repaired.filter(({ isProved }) => !isProved)).toEqual([]);
    expect((await verifyAll()).statuses).toEqual(["proved", "proved"]);
    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("after nearly every account lost a row, and rows that had ended came back", () => {
  it("verify names what is missing and what is too many, and repair puts it right", async () => {
    const lost = await pickRows("reactions", 1000);
    for (const { hash } of lost) {
      await database.query(`delete from reactions where hash = '\\x${hash}'`);
    }
    const { rows: revived } = await database.query(
      `update links set deleted_at = null, deleted_event_id = null, deleted_reason = null
        where deleted_at is not null and hash <> '\\x${STRAY}' returning encode(hash, 'hex') as hash`,
    );
    expect(lost.length).toBeGreaterThan(32);
    expect(revived.length).toBeGreaterThan(0);

    const found = await verifyAll();
    const { missing, extra } = namesOf(found.differences);
    const sources = found.differences.flatMap((each) => each.extra.map(({ source }) => source));
    expect(missing.sort()).toEqual(lost.map(({ hash }) => hash).sort());
    expect(extra.sort()).toEqual(revived.map(({ hash }) => hash).sort());
    expect(new Set(sources.map((source) => source?.table))).toEqual(new Set(["links"]));

    const repaired = await repairAll();
    expect(repaired.filter(({ isProved }) => !isProved)).toEqual([]);
    expect((await verifyAll()).statuses).toEqual(["proved", "proved"]);
    expect(await differences(devnet, store)).toEqual([]);
  });
});

describe("the calls of a repair", () => {
  /** Calls that the node answered, counted where it begins to. */
  async function countCalls(work: () => Promise<unknown>): Promise<number> {
    devnet.setFaults({ slowRpcs: [{ chance: 1, delayMs: 0 }] });
    const before = devnet.faultCounts().get("slowRpcs") ?? 0;
    await work();
    const after = devnet.faultCounts().get("slowRpcs") ?? 0;
    devnet.setFaults({});
    return after - before;
  }

  it("grow with the damage and not with the database", async () => {
    const whole = await countCalls(verifyAll);
    expect(whole).toBeLessThan(10);
    const rows = await pickRows("casts", 5);
    const loseRows = async (count: number) => {
      for (const { hash } of rows.slice(0, count)) {
        await database.query(`delete from casts where hash = '\\x${hash}'`);
      }
    };
    await loseRows(1);
    const one = await countCalls(repairAll);
    await loseRows(5);
    const five = await countCalls(repairAll);

    expect(one).toBeLessThan(150);
    expect(five).toBeLessThan(5 * one);
    expect((await verifyAll()).statuses).toEqual(["proved", "proved"]);
  });
});
