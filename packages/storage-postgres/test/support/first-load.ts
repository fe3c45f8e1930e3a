// A first load of a whole mirror, step by step, and the keys that it puts off.
import type { Change } from "@snaprag/processors";
import { aCastAdd, aLinkAdd, aMergeMessageEvent } from "@snaprag/processors/testing";
import type { PageBatch, Store } from "@snaprag/storage";
import { createPostgresStore } from "../../src/index.ts";
import type { EachDatabase } from "./each-database.ts";
import { changesOf, pageOf } from "./stores.ts";

/** The block that the load's snapshot is of. */
export const HEIGHT = 5n;

/** Names of the keys that a first load puts off. */
export const ALL_KEYS: readonly string[] = ["casts_pkey", "links_pkey", "reactions_pkey"];

/** Has shard 1 begin anew, with one partition to download. */
export async function plan(store: Store): Promise<void> {
  await store.migrate();
  await store.bindNetwork({ network: 1, shardCount: 1 });
  await store.planSnapshot({ shardId: 1, height: HEIGHT, virtualShards: [0] });
}

/** A store whose first load has yet to bring its first page. */
export async function openPlanned(own: EachDatabase): Promise<Store> {
  const store = createPostgresStore({ connectionString: own.database.url });
  await plan(store);
  return store;
}

/** Casts of which each has its seed as text. */
export function castsOf(...seeds: readonly number[]): readonly Change[] {
  const events = seeds.map((seed) => aMergeMessageEvent(aCastAdd({ text: `${seed}` }, { seed })));
  return changesOf(HEIGHT, events);
}

/** Links, one of each seed. */
export function linksOf(...seeds: readonly number[]): readonly Change[] {
  const events = seeds.map((seed) => aMergeMessageEvent(aLinkAdd({}, { seed })));
  return changesOf(HEIGHT, events);
}

/** Pages of one partition, each with its changes. */
function pagesOf(...listed: readonly PageBatch["changes"][]): readonly PageBatch[] {
  return listed.map((changes, index) => ({
    ...pageOf(HEIGHT, changes),
    pageToken: index === 0 ? null : `${index}`,
    nextPageToken: index === listed.length - 1 ? null : `${index + 1}`,
    isLast: index === listed.length - 1,
  }));
}

/** Applies all pages of the one partition. */
export async function applyPages(
  store: Store,
  ...listed: readonly PageBatch["changes"][]
): Promise<void> {
  for (const page of pagesOf(...listed)) await store.applyPage(page);
}

/** Names of primary keys of the large relations; or of valid unique indexes, primary or not. */
export async function readKeys(
  { database }: EachDatabase,
  kind: "primary" | "unique" = "primary",
): Promise<readonly string[]> {
  const { rows } = await database.query(
    `select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
     where c.relname = any('{${ALL_KEYS}}') and i.indis${kind} and i.indisvalid order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** How many rows there are of what stands after `from`. */
export async function countOf({ database }: EachDatabase, from: string): Promise<number> {
  return (await database.query(`select count(*)::int as count from ${from}`)).rows[0].count;
}
