// What is put off while a database is loaded, and given back.
import { describe, expect, it } from "vitest";
import { createPostgresStore } from "../../src/index.ts";
import { useDatabase } from "../support/each-database.ts";

const own = useDatabase();

const FILLED = [
  ...["casts", "links", "onchain_events", "reactions", "trie_leaves", "user_data_changes"],
  "verifications",
];
const WHOLE = ["trie_leaves", "verifications"];

const open = (fidPartitions?: number) =>
  createPostgresStore({ connectionString: own.database.url, fidPartitions });

async function relationsWithSettings(): Promise<readonly string[]> {
  const { rows } = await own.client.query(
    `select relname from pg_class
     where reloptions is not null and relnamespace = 'public'::regnamespace order by 1`,
  );
  return rows.map(({ relname }) => relname);
}

describe("a first load", () => {
  it("begins with vacuums of what only comes put off, and ends with them given back", async () => {
    await using store = open();
    await store.migrate();
    const { rows } = await own.client.query(
      "select reloptions from pg_class where oid = 'reactions'::regclass",
    );

    expect(await relationsWithSettings()).toEqual(FILLED);
    expect(rows[0].reloptions).toContain("autovacuum_vacuum_insert_threshold=-1");

    await store.finishLoading();
    expect(await relationsWithSettings()).toEqual([]);
  });

  it("has them put off for every partition", async () => {
    await using store = open(2);
    await store.migrate();
    expect(await relationsWithSettings()).toEqual(
      FILLED.flatMap((table) => (WHOLE.includes(table) ? [table] : [`${table}_p0`, `${table}_p1`])),
    );

    await store.finishLoading();
    expect(await relationsWithSettings()).toEqual([]);
  });

  it("is not begun again by a later start", async () => {
    await using store = open();
    await store.migrate();
    await store.finishLoading();
    await store.migrate();

    expect(await relationsWithSettings()).toEqual([]);
  });

  it("gives them back when indexes were there already, as after a kill in between", async () => {
    await using store = open();
    await store.migrate();
    await store.finishLoading();
    await own.client.query(
      `alter table links set (autovacuum_vacuum_insert_threshold = -1,
        autovacuum_analyze_threshold = 1000000, autovacuum_analyze_scale_factor = 1)`,
    );

    await store.finishLoading();
    expect(await relationsWithSettings()).toEqual([]);
  });

  it("leaves settings that an operator has made", async () => {
    await using store = open();
    await store.migrate();
    await own.client.query("alter table casts set (autovacuum_vacuum_insert_threshold = 5000)");
    await own.client.query("alter table fids set (fillfactor = 90)");

    await store.finishLoading();
    expect(await relationsWithSettings()).toEqual(["casts", "fids"]);
  });
});
