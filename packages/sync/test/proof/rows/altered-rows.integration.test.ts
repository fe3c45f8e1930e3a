// Rows changed by SQL in ways that no message can be, or that encode as before: found and put right.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { OnChainEventRow } from "@snaprag/processors";
import { lastPositionOf } from "@snaprag/processors";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { homeShardOf } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { createTestDatabase } from "../../../../../test/support/test-database.ts";
import { repairStore, verifyStore } from "../../../src/index.ts";
import { createNodeReading } from "../../../src/proof/node/create-node-reading.ts";
import { listTouched } from "../../../src/proof/node/list-touched.ts";
import { differences, newStore, startDevnet, sync } from "../../support/mirrors.ts";

/** Changes of one row each, by the relation. */
const CHANGES = [
  ["casts", "timestamp = '1970-01-01'", "true"],
  ["cast_removes", "timestamp = timestamp + interval '1 millisecond'", "true"],
  ["casts", "parent_fid = 5", "parent_fid is null and data_bytes is null"],
  ["reactions", "target_hash = '\\x05'", "target_hash is null and data_bytes is null"],
  ["links", "display_timestamp = '3000-01-01'", "true"],
  ["signer_keys", "ttl_seconds = -1", "true"],
] as const;

describe("rows that SQL changed so that they encode as before, or not at all", () => {
  it("are named, and put right", async () => {
    await using devnet = await startDevnet({ users: 30, messages: 3000 });
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await sync(devnet, store);
    const changed: string[] = [];
    for (const [table, change, where] of CHANGES) {
      const { rows } = await database.query(`update ${table} set ${change}
        where ctid = (select ctid from ${table} where deleted_at is null and ${where} limit 1)
        returning encode(hash, 'hex') as hash`);
      expect(rows, `${table} with ${where}`).toHaveLength(1);
      for (const { hash } of rows) changed.push(`${table} ${hash}`);
    }

    const repairs = [];
    for await (const repair of repairStore({ client, store })) repairs.push(repair);

    const accounts = repairs.flatMap((repair) => repair.accounts);
    const altered = accounts.flatMap(({ difference }) =>
      difference.altered.flatMap(({ source }) => {
        if (source === undefined || !("hash" in source.row)) return [];
        return [`${source.table} ${Buffer.from(source.row.hash).toString("hex")}`];
      }),
    );
    expect(altered.sort()).toEqual(changed.sort());
    expect(accounts.filter(({ isProved }) => !isProved)).toEqual([]);
    for await (const { found } of repairStore({ client, store })) {
      expect([found.status, found.differences]).toEqual(["proved", []]);
    }
  });
});

describe("an account with a row that was altered where no leaf shows it", () => {
  it("keeps its shard from being proved until the rows have followed the node", async () => {
    await using devnet = await startDevnet({ users: 20, messages: 600, trafficPerBlock: 20 });
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    await using database = await createTestDatabase();
    await using store = createPostgresStore({ connectionString: database.url });
    await sync(devnet, store);
    await devnet.produceBlock(10);
    const touched = await touchedSince(client, store);
    const { rows } = await database.query(
      `update casts set timestamp = timestamp + interval '1 millisecond'
        where deleted_at is null and (fid, hash) = (select fid, hash from casts
          where deleted_at is null and fid = any('{${touched.join()}}') limit 1)
        returning fid::text`,
    );
    const fid = BigInt(rows[0]?.fid);
    const shardIds = [homeShardOf(fid, 2)];

    const { value: early } = await verifyStore({ client, store, shardIds }).next();
    await sync(devnet, store, { verification: "none" });
    const { value: late } = await verifyStore({ client, store, shardIds }).next();

    expect(early).toMatchObject({ status: "unproved", differences: [], pending: [fid] });
    expect(late).toMatchObject({ status: "mismatch", differences: [{ fid }] });
  });
});

/** Accounts that the node has changed since a store's blocks. */
async function touchedSince(client: NodeClient, store: Store): Promise<readonly bigint[]> {
  const reading = await createNodeReading({ client, store });
  const fids = [];
  for (const { shardId, blockNumber } of await store.listShards()) {
    if (shardId === 0) continue;
    fids.push(...(await listTouched(reading, { shardId, blockNumber, keyBlockNumber: undefined })));
  }
  return fids;
}

describe("an account that lacks an on-chain event and has another too many", () => {
  it("is put right at once", async () => {
    await using devnet = await startDevnet({ users: 20, messages: 500 });
    await using client = createNodeClient({ endpoint: devnet.endpoint });
    const store = newStore();
    await sync(devnet, store);
    const [row] = await liveEvents(store);
    if (row === undefined) throw new Error("There are on-chain events");
    const shardId = homeShardOf(row.fid, 2);
    const shards = await store.listShards();
    const blockNumber = shards.find((shard) => shard.shardId === shardId)?.blockNumber ?? 0n;
    const stray = { ...row, transaction_hash: new Uint8Array(32).fill(9) };
    const retirement = {
      reason: "unlisted",
      eventId: lastPositionOf(blockNumber),
      at: AT,
    } as const;
    const table = "onchain_events";
    await store.repairRows({
      ...{ shardId, blockNumber, leaves: [] },
      changes: [
        { kind: "retire", table, row, retirement },
        { kind: "merge", table, row: stray, eventId: lastPositionOf(blockNumber) },
      ],
    });

    const accounts = [];
    for await (const repair of repairStore({ client, store })) accounts.push(...repair.accounts);

    expect(accounts.map(({ difference, isProved }) => [difference.fid, isProved])).toEqual([
      [row.fid, true],
    ]);
    expect(await differences(devnet, store)).toEqual([]);
  });
});

const AT = new Date("2026-09-01");

async function liveEvents(store: Store): Promise<readonly OnChainEventRow[]> {
  const rows: OnChainEventRow[] = [];
  for await (const { row, state } of store.listRows("onchain_events")) {
    if (state.isLive && row.fid > 0n) rows.push(row);
  }
  return rows;
}
