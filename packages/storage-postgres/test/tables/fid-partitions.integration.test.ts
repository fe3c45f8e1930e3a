// Tables in hash partitions by fid: how they are made, found again, indexed and counted. That rows in
// them are right is what the conformance suite says, which has them as a subject of its own.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aCastAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { Store } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { openEmbeddedDatabase } from "../../src/connection/embedded/index.ts";
import { createPostgresStore } from "../../src/index.ts";
import { MAX_FID_PARTITIONS, PARTITIONED_TABLES } from "../../src/tables/fid-partitions.ts";
import { TABLE_NAMES } from "../../src/tables/table-columns.ts";
import { useDatabase } from "../support/each-database.ts";
import { batchOf, changesOf } from "../support/stores.ts";

const own = useDatabase();

const open = (fidPartitions?: number) =>
  createPostgresStore({ connectionString: own.database.url, fidPartitions });

async function openMigrated(fidPartitions?: number): Promise<Store> {
  const store = open(fidPartitions);
  await store.migrate();
  return store;
}

const PARTITION_COUNTS = `
select c.relname as name, count(i.inhrelid)::int as partitions
from pg_class c left join pg_inherits i on i.inhparent = c.oid
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
group by 1`;

/** Every index over partitions, with the indexes of the partitions that it consists of. */
const PARTITIONED_INDEXES = `
select c.relname as name, i.indisvalid as is_valid,
  array(select part.relname || ' ' || part.oid from pg_inherits h
    join pg_class part on part.oid = h.inhrelid join pg_index pi on pi.indexrelid = part.oid
    where h.inhparent = c.oid and pi.indisvalid order by part.relname) as parts
from pg_index i join pg_class c on c.oid = i.indexrelid
where c.relkind = 'I' and c.relnamespace = 'public'::regnamespace order by 1`;

describe("migrate() with fidPartitions", () => {
  it("divides what grows with messages, and leaves the rest whole", async () => {
    await using _store = await openMigrated(4);

    const { rows } = await own.client.query(PARTITION_COUNTS);
    const counts = new Map(rows.map(({ name, partitions }) => [name, partitions]));
    for (const table of [...TABLE_NAMES, "fids", "user_profiles", "trie_leaves"]) {
      const isDivided = (PARTITIONED_TABLES as readonly string[]).includes(table);
      expect(counts.get(table), table).toBe(isDivided ? 4 : 0);
    }
  });

  it("keeps every unique index of every relation, partitions too, beginning with fid", async () => {
    await using _store = await openMigrated(2);

    const { rows } = await own.client.query(
      `select c.relname, (select a.attname from pg_attribute a
           where a.attrelid = c.oid and a.attnum = i.indkey[0]) as first
       from pg_index i join pg_class c on c.oid = i.indrelid
       where i.indisunique and c.relnamespace = 'public'::regnamespace
         and c.relname not like 'sync\\_%' and c.relname not in ('schema_migrations', 'embedding_sets')`,
    );
    expect(rows.length).toBeGreaterThan(TABLE_NAMES.length + 2 * PARTITIONED_TABLES.length);
    for (const { relname, first } of rows) expect(first, relname).toBe("fid");
  });

  it("manages the greatest number there may be, and undoes it", async () => {
    await using store = await openMigrated(MAX_FID_PARTITIONS);
    await store.finishLoading();
    await store.reset();

    const { rows } = await own.client.query(
      "select relname from pg_class where relnamespace = 'public'::regnamespace",
    );
    expect(rows).toEqual([]);
  });

  it("is a number from 2 to the greatest", () => {
    for (const count of [0, 1, 2.5, Number.NaN, MAX_FID_PARTITIONS + 1])
      expect(() => open(count), String(count)).toThrow("fidPartitions");
  });
});

describe("a partitioned database", () => {
  it("is taken as it is by a store that does not ask, and by one that asks for the same", async () => {
    await (await openMigrated(3)).close();
    await using store = await openMigrated();
    await using _same = await openMigrated(3);
    const fids = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n];
    await store.startRealtime(1, 0n);
    const casts = fids.map((fid) => aMergeMessageEvent(aCastAdd({}, { fid })));
    await store.applyBlocks(batchOf(1n, changesOf(1n, casts)));

    const { rows } = await own.client.query(
      "select distinct tableoid::regclass as part from casts",
    );
    expect(rows.length).toBe(3);
    const found = [];
    for await (const { row } of store.listRows("casts")) found.push(row.fid);
    expect(found).toEqual(fids);
  });

  it("is refused to a store that asks for another number", async () => {
    await (await openMigrated(3)).close();
    await using store = open(4);

    await expect(store.migrate()).rejects.toMatchObject({
      code: "layout_mismatch",
      retryable: false,
      message: expect.stringContaining("3 of each large table"),
    });
  });

  it("is not what a database without partitions becomes", async () => {
    await (await openMigrated()).close();
    await using store = open(4);

    await expect(store.migrate()).rejects.toMatchObject({
      code: "layout_mismatch",
      message: expect.stringContaining("none"),
    });
  });

  it("is told by the statistics of its partitions how many rows it has", async () => {
    await using store = await openMigrated(3);
    await own.client.query(
      "update pg_class set reltuples = 2000000 where relname like 'reactions\\_p_' and relkind = 'r'",
    );

    const counts = await store.countRows();

    expect(counts.get("reactions")).toEqual({ live: 6e6, total: 6e6, isEstimate: true });
    expect(counts.get("casts")).toEqual({ live: 0, total: 0, isEstimate: false });
  });
});

describe("an embedded database", () => {
  it("may be partitioned too", async () => {
    const folder = await mkdtemp(join(tmpdir(), "snaprag-embedded-"));
    const embedded = await openEmbeddedDatabase({ folder: join(folder, "db"), holder: "a test" });
    const store = createPostgresStore({ ...embedded.storeOptions, fidPartitions: 2 });
    await store.migrate();
    await store.startRealtime(1, 0n);
    await store.applyBlocks(batchOf(1n, changesOf(1n, [aMergeMessageEvent(aCastAdd())])));
    await store.finishLoading();

    expect((await store.countRows()).get("casts")).toMatchObject({ live: 1 });
    expect((await store.rebuild()).map(({ changedCount }) => changedCount)).toEqual([0, 0]);
    await store.close();
    await embedded.close();
    await rm(folder, { recursive: true, force: true });
  });
});

describe("finishLoading() over partitions", () => {
  it("makes each index of those that it builds on the partitions, and of nothing else", async () => {
    await using store = await openMigrated(2);
    await store.finishLoading();

    const { rows } = await own.client.query(PARTITIONED_INDEXES);
    const secondary = rows.filter(({ name }) => !name.endsWith("_pkey"));
    expect(secondary.length).toBeGreaterThanOrEqual(10);
    for (const { name, is_valid: isValid, parts } of secondary) {
      const [table] = PARTITIONED_TABLES.filter((each) => name.startsWith(`${each}_by_`));
      const expected = [0, 1].map((part) => name.replace(table, `${table}_p${part}`));
      expect(parts.map((part: string) => part.split(" ")[0])).toEqual(expected);
      expect(isValid, name).toBe(true);
    }
    const { rows: loose } = await own.client.query(
      `select c.relname from pg_index i join pg_class t on t.oid = i.indrelid
       join pg_class c on c.oid = i.indexrelid where t.relispartition and not c.relispartition`,
    );
    expect(loose).toEqual([]);
  });

  it("builds nothing twice", async () => {
    await using store = await openMigrated(2);
    await store.finishLoading();
    const { rows } = await own.client.query(PARTITIONED_INDEXES);

    await store.finishLoading();

    expect((await own.client.query(PARTITIONED_INDEXES)).rows).toEqual(rows);
  });

  it("goes on where it was interrupted: what is finished stays, what is broken is built anew", async () => {
    await using store = await openMigrated(2);
    for (const part of ["casts_p0", "casts_p1"])
      await own.client.query(`create index ${part}_by_hash on ${part} (hash)`);
    await own.client.query(
      "update pg_index set indisvalid = false where indexrelid = 'casts_p1_by_hash'::regclass",
    );
    const oidOf = async (name: string) =>
      (await own.client.query("select $1::regclass::oid as oid", [name])).rows[0].oid;
    const [finished, broken] = [await oidOf("casts_p0_by_hash"), await oidOf("casts_p1_by_hash")];

    await store.finishLoading();

    expect(await oidOf("casts_p0_by_hash")).toBe(finished);
    expect(await oidOf("casts_p1_by_hash")).not.toBe(broken);
    const { rows } = await own.client.query(PARTITIONED_INDEXES);
    expect(rows.find(({ name }) => name === "casts_by_hash")).toMatchObject({ is_valid: true });
  });

  it("replaces an index over partitions that is not complete, its parts with it, when nobody reads", async () => {
    await using store = await openMigrated(2);
    await own.client.query("create index casts_p0_by_hash on casts_p0 (hash)");
    await own.client.query("create index casts_by_hash on only casts (hash)");
    await own.client.query("alter index casts_by_hash attach partition casts_p0_by_hash");
    await own.client.query(
      "update pg_index set indisvalid = false where indexrelid = 'casts_p0_by_hash'::regclass",
    );

    await own.client.query("begin; select from casts");
    await expect(store.finishLoading()).rejects.toMatchObject({ code: "lock_timeout" });
    await own.client.query("commit");
    await store.finishLoading();

    const { rows } = await own.client.query(PARTITIONED_INDEXES);
    const index = rows.find(({ name }) => name === "casts_by_hash");
    expect(index).toMatchObject({ is_valid: true, parts: { length: 2 } });
  });
});
