// What docs/scaling.md tells to run does what it says.
import { readFileSync } from "node:fs";
import {
  aCastAdd,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  anIdRegisterEvent,
  aReactionAdd,
  aUserDataAdd,
} from "@snaprag/processors/testing";
import type { BlockBatch } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { PARTITIONED_TABLES } from "../../src/tables/fid-partitions.ts";
import { TABLE_NAMES } from "../../src/tables/table-columns.ts";
import { useDatabase } from "../support/each-database.ts";
import { BLOCK_TIME, batchOf, changesOf } from "../support/stores.ts";

const DOCUMENT = readFileSync(new URL("../../../../docs/scaling.md", import.meta.url), "utf8");

/** The SQL of the document that has this in it. */
function sqlWith(words: string): string {
  const blocks = [...DOCUMENT.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = ""]) => sql);
  const found = blocks.filter((sql) => sql.includes(words));
  expect(found, words).toHaveLength(1);
  return found[0] ?? "";
}

const own = useDatabase();

const FIDS = Array.from({ length: 20 }, (_, index) => BigInt(index + 1));

function blockOf(block: bigint): BlockBatch {
  const batch = batchOf(
    block,
    changesOf(
      block,
      FIDS.flatMap((fid) => {
        const about = { fid, seed: Number(fid) + 100 * Number(block) };
        return [
          aMergeOnChainEvent(anIdRegisterEvent({}, about)),
          ...[aCastAdd({}, about), aReactionAdd({}, about), aUserDataAdd({ type: 3 }, about)].map(
            (message) => aMergeMessageEvent(message),
          ),
        ];
      }),
    ),
  );
  const hash = new Uint8Array(20).fill(Number(block));
  const unreadable = { shardId: 1, fid: 3n, hash, messageType: 99, eventId: batch.eventId };
  const why = { reason: "unknown_type", detail: null, at: BLOCK_TIME, retireReason: null };
  return { ...batch, quarantined: [{ ...unreadable, ...why, rawKind: "event", raw: hash }] };
}

describe("docs/scaling.md", () => {
  it("names the tables that are divided", () => {
    const [, listed = ""] = /With it (.*?) are `partition by hash \(fid\)`/s.exec(DOCUMENT) ?? [];
    expect([...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name)).toEqual(PARTITIONED_TABLES);
  });

  it("names tables that stay whole", async () => {
    await using store = createPostgresStore({
      connectionString: own.database.url,
      fidPartitions: 2,
    });
    await store.migrate();
    const [, listed = ""] = /What stays whole\*\*: (.*?)Only the last ones/s.exec(DOCUMENT) ?? [];
    const names = [...listed.matchAll(/`(\w+)`/g)].map(([, name]) => name);
    expect(names).toContain("cast_embeddings");

    const { rows } = await own.client.query(
      `select relname as name from pg_class where relname = any($1)
        and relnamespace = current_schema()::regnamespace and relkind = 'r' and not relispartition`,
      [names],
    );

    expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it("names settings that the server has", async () => {
    const [, settings = ""] = /```ini\n(.*?)```/s.exec(DOCUMENT) ?? [];
    const names = [...settings.matchAll(/^(\w+) = /gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThanOrEqual(8);

    const { rows } = await own.client.query("select name from pg_settings where name = any($1)", [
      names,
    ]);

    expect(rows.map(({ name }) => name).sort()).toEqual(names.sort());
  });

  it("copies a mirror into partitions, whole, and it goes on from there", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await store.migrate();
    await store.bindNetwork({ network: 1, shardCount: 1 });
    await store.startRealtime(1, 0n);
    await store.applyBlocks(blockOf(1n));
    const divided = { connectionString: own.database.url, schema: "divided", fidPartitions: 4 };
    await using copy = createPostgresStore(divided);
    await copy.migrate();

    await own.client.query(sqlWith("insert into divided"));

    for (const table of [...TABLE_NAMES, "fids", "user_profiles", "quarantined_messages"]) {
      const { rows } = await own.client.query(
        `(table public.${table} except table divided.${table})
         union all (table divided.${table} except table public.${table})`,
      );
      expect(rows, table).toEqual([]);
    }
    expect(await copy.listShards()).toEqual(await store.listShards());
    for (const { changedCount } of await copy.rebuild()) expect(changedCount).toBe(0);
    await copy.applyBlocks(blockOf(2n));
    await copy.finishLoading();
    expect((await copy.countRows()).get("casts")).toMatchObject({ live: 40 });
    const ids = [];
    for await (const { id } of copy.listQuarantined()) ids.push(id);
    expect(ids).toEqual([1n, 2n]);
  });

  it("shows the size of every partition", async () => {
    await using store = createPostgresStore({
      connectionString: own.database.url,
      fidPartitions: 4,
    });
    await store.migrate();

    const { rows } = await own.client.query(sqlWith("pg_partition_tree"));

    const names = rows.map(({ partition }) => partition);
    expect(names).toEqual([0, 1, 2, 3].map((part) => `reactions_p${part}`));
  });

  it("distributes every table with fid in its key by fid, and refers to the rest", async () => {
    await using store = createPostgresStore({ connectionString: own.database.url });
    await store.migrate();

    await own.client.query(sqlWith("add primary key"));
    const { rows } = await own.client.query(sqlWith("create_distributed_table"));

    const calls = rows.map(({ format }) => format);
    expect(calls[0]).toBe(
      "select create_distributed_table('casts', 'fid', colocate_with => 'none')",
    );
    const others = [
      ...[...TABLE_NAMES, "fids", "user_profiles", "trie_leaves", "quarantined_messages"],
      ...["cast_embeddings", "embedding_queue", "embedding_refusals"],
    ];
    for (const table of others.filter((name) => name !== "casts")) {
      expect(calls).toContain(
        `select create_distributed_table('${table}', 'fid', colocate_with => 'casts')`,
      );
    }
    const references = calls.slice(others.length);
    for (const call of references) {
      expect(call).toMatch(
        /^select create_reference_table\('(sync_\w+|schema_migrations|embedding_sets)'\)$/,
      );
    }
    expect(references.length).toBeGreaterThanOrEqual(6);
  });
});
