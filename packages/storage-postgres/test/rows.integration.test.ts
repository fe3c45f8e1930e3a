// Every value a row can hold, through PostgreSQL and back.
import type { TableName } from "@snaprag/processors";
import { encodeMessageRow, KIND_OF_TABLE } from "@snaprag/processors";
import {
  aCastAdd,
  aLinkAdd,
  aLinkCompactState,
  aMergeMessageEvent,
  aMessage,
  aReactionAdd,
  aUsernameProof,
} from "@snaprag/processors/testing";
import type { Store } from "@snaprag/storage";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TestDatabase } from "../../../test/support/test-database.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import { createPostgresStore } from "../src/index.ts";
import { createQueryBuilder } from "../src/read/create-query-builder.ts";
import { TABLE_COLUMNS, TABLE_NAMES } from "../src/tables/table-columns.ts";
import { batchOf, changesOf } from "./support/stores.ts";

const MAX_UINT64 = 2n ** 64n - 1n;
const MAX_UINT32 = 2 ** 32 - 1;

let database: TestDatabase;
let store: Store;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  store = createPostgresStore({ connectionString: database.url });
  await store.migrate();
  await store.startRealtime(1, 0n);
  client = new pg.Client(database.url);
  await client.connect();
});

afterAll(async () => {
  await client.end();
  await store.close();
  await database[Symbol.asyncDispose]();
});

let block = 0n;

async function write(messages: readonly Parameters<typeof aMergeMessageEvent>[0][]) {
  block += 1n;
  const changes = changesOf(
    block,
    messages.map((message) => aMergeMessageEvent(message)),
  );
  await store.applyBlocks(batchOf(block, changes));
  return changes.flatMap((change) => (change.kind === "merge" ? [change] : []));
}

describe("rows", () => {
  it("of every message type come back as they were written, bytes included", async () => {
    const kinds = Object.values(KIND_OF_TABLE);
    const merges = await write(kinds.map((kind) => aMessage(kind, { seed: 7 })));
    // Gasless keys are written from shard 0 alone.
    expect(merges).toHaveLength(kinds.length - 2);

    for (const merge of merges) {
      const rows = [];
      for await (const stored of store.listRows(merge.table)) rows.push(stored);
      expect(rows.map(({ row }) => row)).toContainEqual(merge.row);
    }
  });

  it("hold the extremes of the wire", async () => {
    const merges = await write([
      aCastAdd({
        text: "\u{1f9d9}\0\uffff\n",
        mentions: [0n, 2n ** 53n, MAX_UINT64],
        mentionsPositions: [0, MAX_UINT32],
        embeds: [
          { embed: { $case: "url", value: 'http://a/"\\\0' } },
          { embed: { $case: "castId", value: { fid: MAX_UINT64, hash: new Uint8Array() } } },
          { embed: undefined },
        ],
        embedsDeprecated: ["", "x"],
        type: 77 as 0,
      }),
      aReactionAdd({
        target: { $case: "targetCastId", value: { fid: 2n ** 63n, hash: new Uint8Array() } },
      }),
      aReactionAdd({ type: -(2 ** 31) as 1, target: undefined }, { seed: 1 }),
      aLinkAdd({ displayTimestamp: MAX_UINT32, target: undefined }),
      aLinkCompactState({ type: "", targetFids: [MAX_UINT64, 0n] }),
      aUsernameProof({
        timestamp: MAX_UINT64,
        name: Uint8Array.of(0, 0xff),
        owner: new Uint8Array(),
      }),
    ]);

    for (const { table, row } of merges) {
      const rows = [];
      for await (const stored of store.listRows(table)) rows.push(stored.row);
      expect(rows).toContainEqual(row);
    }
  });

  it("encode to the bytes that were signed, read from the database", async () => {
    const message = aCastAdd({ text: "a\0b", mentions: [MAX_UINT64] }, { seed: 3 });
    await write([message]);
    const found = [];
    for await (const { row } of store.listRows("casts")) {
      if (Buffer.compare(row.hash, message.hash) === 0) found.push(row);
    }

    expect(found).toHaveLength(1);
    expect(Buffer.from(encodeMessageRow("casts", found[0]!, 1))).toEqual(Buffer.from(message.data));
  });
});

describe("relations", () => {
  it("have exactly the columns that the writer fills", async () => {
    const { rows } = await client.query(
      `select table_name, column_name from information_schema.columns
       where table_schema = 'public'`,
    );
    const state = ["event_id", "deleted_event_id", "deleted_at", "deleted_reason"];
    for (const table of TABLE_NAMES) {
      const actual = rows.filter((row) => row.table_name === table).map((row) => row.column_name);
      expect(actual.sort(), table).toEqual([...Object.keys(TABLE_COLUMNS[table]), ...state].sort());
    }
  });

  it("can be distributed by fid: no unique index lacks it", async () => {
    const { rows } = await client.query(
      `select c.relname, pg_get_indexdef(i.indexrelid) as definition,
         (select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]) as first
       from pg_index i join pg_class c on c.oid = i.indrelid
       where i.indisunique and c.relnamespace = 'public'::regnamespace
         and c.relname not like 'sync\\_%' and c.relname not in ('schema_migrations', 'embedding_sets')`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(TABLE_NAMES.length);
    for (const { relname, first } of rows) expect(first, relname).toBe("fid");
  });

  it("hold each message type in the relation the views know it by", async () => {
    for (const [table, kind] of Object.entries(KIND_OF_TABLE) as [TableName, string][]) {
      const { rows } = await client.query(
        `select distinct message_type from processed_messages p
         where exists (select from ${table} t where t.fid = p.fid and t.hash = p.hash)`,
      );
      expect(rows.length, `${table} of ${kind}`).toBeLessThanOrEqual(1);
    }
    const { rows } = await client.query(
      "select count(*) as n, count(distinct message_type) as kinds from processed_messages",
    );
    expect(Number(rows[0].n)).toBeGreaterThan(20);
    expect(Number(rows[0].kinds)).toBe(17);
  });

  it("can be read through the typed query builder", async () => {
    const queries = createQueryBuilder({ connectionString: database.url });
    const rows = await queries
      .selectFrom("reactions")
      .select(["fid", "hash", "target_fid", "timestamp"])
      .where("reaction_type", "=", 1)
      .where("deleted_at", "is", null)
      .execute();
    await queries.destroy();

    expect(rows.length).toBeGreaterThan(0);
    expect(typeof rows[0]!.fid).toBe("bigint");
    expect(rows[0]!.hash).toBeInstanceOf(Uint8Array);
    expect(rows[0]!.timestamp).toBeInstanceOf(Date);
  });
});
