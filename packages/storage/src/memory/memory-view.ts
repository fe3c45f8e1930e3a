import type { TableName } from "@snaprag/processors";
import type { ShardProgress } from "../progress.ts";
import type { LiveRows, StoreView } from "../store.ts";
import type { MemoryLeaves } from "./memory-leaves.ts";
import { listLeaves } from "./memory-leaves.ts";
import type { MemoryTables } from "./memory-tables.ts";

/** What a view is of. */
export interface ViewedStore {
  readonly tables: MemoryTables;
  readonly leaves: MemoryLeaves;
  readonly shards: readonly ShardProgress[];
}

/** The same values, until a signal aborts. */
export function* heeding<Value>(
  signal: AbortSignal | undefined,
  values: Iterable<Value>,
): Generator<Value> {
  for (const value of values) {
    signal?.throwIfAborted();
    yield value;
  }
  // Also where there are none.
  signal?.throwIfAborted();
}

/** Copies what is live, so that it stays as it is now. Rows themselves never change. */
export function openMemoryView(
  { tables, leaves, shards }: ViewedStore,
  signal: AbortSignal | undefined,
): StoreView {
  // Safety: the entries of `tables` are keyed by table name.
  const names = Object.keys(tables) as TableName[];
  const rows = names.flatMap((table) =>
    tables[table]
      .list()
      .filter(({ state }) => state.isLive)
      .map(({ row }) => ({ table, row })),
  );
  const present = listLeaves(leaves).map((leaf) => ({ ...leaf }));
  return {
    async listShards() {
      signal?.throwIfAborted();
      return shards;
    },
    async findShard(shardId) {
      signal?.throwIfAborted();
      const shard = shards.find((each) => each.shardId === shardId);
      if (shard === undefined) return undefined;
      const { userCount: _, quarantinedCount: __, ...standing } = shard;
      return standing;
    },
    async *listAccounts() {
      const fids = new Set([...rows.map(({ row }) => row.fid), ...present.map(({ fid }) => fid)]);
      const sorted = [...fids].sort((a, b) => (a < b ? -1 : 1));
      yield* heeding(signal, sorted);
    },
    async *readRows(fids) {
      signal?.throwIfAborted();
      const wanted = new Set(fids);
      const read: Partial<Record<TableName, unknown[]>> = {};
      for (const { table, row } of rows) {
        if (!wanted.has(row.fid)) continue;
        read[table] ??= [];
        read[table].push(row);
      }
      // Safety: each list holds rows of the table it is named after.
      yield read as LiveRows;
    },
    async readLeaves(shardId, fids) {
      signal?.throwIfAborted();
      const wanted = new Set(fids);
      return present
        .filter((leaf) => leaf.shardId === shardId && wanted.has(leaf.fid))
        .map(({ trieKey }) => trieKey);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
