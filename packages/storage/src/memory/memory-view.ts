import type { TableName } from "@snaprag/processors";
import type { ShardProgress } from "../progress.ts";
import type { LiveRows, StoreView } from "../store.ts";
import type { MemoryLeaves } from "./memory-leaves.ts";
import { listLeaves } from "./memory-leaves.ts";
import type { MemoryTables } from "./memory-tables.ts";

/** Copies what is live, so that it stays as it is now. Rows themselves never change. */
export function openMemoryView(
  tables: MemoryTables,
  leaves: MemoryLeaves,
  shards: readonly ShardProgress[],
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
    listShards: async () => shards,
    async findShard(shardId) {
      const shard = shards.find((each) => each.shardId === shardId);
      if (shard === undefined) return undefined;
      const { userCount: _, quarantinedCount: __, ...standing } = shard;
      return standing;
    },
    async *listAccounts() {
      const fids = new Set([...rows.map(({ row }) => row.fid), ...present.map(({ fid }) => fid)]);
      yield* [...fids].sort((a, b) => (a < b ? -1 : 1));
    },
    async *readRows(fids) {
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
      const wanted = new Set(fids);
      return present
        .filter((leaf) => leaf.shardId === shardId && wanted.has(leaf.fid))
        .map(({ trieKey }) => trieKey);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
