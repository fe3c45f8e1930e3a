import type { QuarantineRecord } from "../quarantine.ts";
import type { Store } from "../store.ts";
import { createMemoryGuards } from "./memory-guards.ts";
import {
  checkBlocks,
  createMemoryProgress,
  findSnapshot,
  listPartitions,
  listShards,
  moveBlocks,
  movePage,
  partitionOf,
  planSnapshot,
  recordFault,
  startRealtime,
} from "./memory-progress.ts";
import type { MemoryQuarantine } from "./memory-quarantine.ts";
import { applyReplay, countOpen, listQuarantined, setAside } from "./memory-quarantine.ts";
import { replayChanges } from "./memory-replay.ts";
import {
  applyChanges,
  countRows,
  createMemoryTables,
  listFids,
  retireUnlisted,
} from "./memory-tables.ts";

/** Options of {@link createMemoryStore}. */
export interface MemoryStoreOptions {
  /** The virtual shard of a fid: which partition its rows belong to. */
  readonly virtualShardOf: (fid: bigint) => number;
  /** The home shard of a fid on the network that is mirrored. */
  readonly homeShardOf: (fid: bigint) => number;
}

/** A {@link Store} that also shows what databases show through SQL. */
export interface MemoryStore extends Store {
  readonly quarantined: readonly QuarantineRecord[];
}

/**
 * The reference store: everything in memory, one plain data structure for each relation.
 *
 * What a database adapter has to do, it does in the fewest words, so that every adapter can be
 * held against it. Not durable; the lock excludes others within this object only.
 */
export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const { virtualShardOf, homeShardOf } = options;
  const { unbindNetwork, ...guards } = createMemoryGuards();
  const quarantined: MemoryQuarantine = [];
  let tables = createMemoryTables();
  let progress = createMemoryProgress();

  const partitions = new Map<bigint, string>();

  /** Shard and virtual shard of an account, computed once: both are hashes. */
  function partitionNameOf(fid: bigint): string {
    const known = partitions.get(fid);
    if (known !== undefined) return known;
    const name = `${homeShardOf(fid)}/${virtualShardOf(fid)}`;
    partitions.set(fid, name);
    return name;
  }

  function countUsers(): Map<number, number> {
    const counts = new Map<number, number>();
    for (const fid of listFids(tables)) {
      counts.set(homeShardOf(fid), (counts.get(homeShardOf(fid)) ?? 0) + 1);
    }
    return counts;
  }

  /** The snapshot that an account's rows are exact for, when its partition is done. */
  const snapshotOf = (fid: bigint) => findSnapshot(progress, partitionNameOf(fid));

  return {
    ...guards,
    quarantined,
    migrate: async () => {},
    async reset() {
      tables = createMemoryTables();
      progress = createMemoryProgress();
      quarantined.length = 0;
      unbindNetwork();
    },
    listShards: async () =>
      listShards(progress, { users: countUsers(), quarantined: countOpen(quarantined) }),
    listPartitions: async (shardId) => listPartitions(progress, shardId),
    planSnapshot: async (plan) => planSnapshot(progress, plan),
    async applyPage(page) {
      partitionOf(progress, page);
      applyChanges(tables, page.changes);
      if (page.isLast && page.isRelisted) {
        const name = `${page.shardId}/${page.virtualShard}`;
        retireUnlisted(tables, page, (fid) => partitionNameOf(fid) === name);
      }
      setAside(quarantined, page.quarantined);
      movePage(progress, page);
    },
    startRealtime: async (shardId, blockNumber) => startRealtime(progress, shardId, blockNumber),
    async applyBlocks(batch) {
      checkBlocks(progress, batch);
      applyChanges(tables, batch.changes);
      setAside(quarantined, batch.quarantined);
      moveBlocks(progress, batch);
    },
    async *listQuarantined(filter = {}) {
      yield* listQuarantined(quarantined, filter);
    },
    async applyReplay(replay) {
      const network = (await guards.findNetwork())?.network ?? 0;
      return applyReplay(quarantined, replay, (changes) =>
        replayChanges(tables, changes, { network, snapshotOf }),
      );
    },
    finishLoading: async () => {},
    rebuild: async () => [],
    recordFault: async (fault) => recordFault(progress, fault),
    countRows: async () => countRows(tables),
    async *listRows(table) {
      yield* tables[table].list();
    },
    close: async () => {},
    [Symbol.asyncDispose]: async () => {},
  };
}
