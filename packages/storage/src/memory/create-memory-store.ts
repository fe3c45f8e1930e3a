import type { BlockBatch, PageBatch } from "../batches.ts";
import type { QuarantineRecord } from "../quarantine.ts";
import type { Store } from "../store.ts";
import { createMemoryGuards } from "./memory-guards.ts";
import type { MemoryLeaves } from "./memory-leaves.ts";
import { applyLeaves, removeUnlisted } from "./memory-leaves.ts";
import {
  checkBlocks,
  createMemoryProgress,
  findShard,
  findSnapshot,
  listPartitions,
  listShards,
  moveBlocks,
  movePage,
  partitionOf,
  planSnapshot,
  recordFault,
  recordProof,
  requireBlock,
  startRealtime,
} from "./memory-progress.ts";
import type { MemoryTables } from "./memory-tables.ts";
import {
  applyChanges,
  countRows,
  createMemoryTables,
  listFids,
  repairRows,
  retireUnlisted,
} from "./memory-tables.ts";
import { openMemoryView } from "./memory-view.ts";
import type { MemoryQuarantine } from "./quarantine/memory-quarantine.ts";
import {
  applyReplay,
  countOpen,
  listQuarantined,
  setAside,
} from "./quarantine/memory-quarantine.ts";
import { replayChanges } from "./quarantine/memory-replay.ts";

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

/** What a store does that keeps nothing outside of this process, and nothing that follows. */
const NOTHING_TO_DO = {
  migrate: async () => {},
  finishLoading: async () => {},
  rebuild: async () => [],
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** Shard and virtual shard of an account as one name, computed once: both are hashes. */
function createPartitionNames({ virtualShardOf, homeShardOf }: MemoryStoreOptions) {
  const names = new Map<bigint, string>();
  return (fid: bigint): string => {
    const known = names.get(fid);
    if (known !== undefined) return known;
    const name = `${homeShardOf(fid)}/${virtualShardOf(fid)}`;
    names.set(fid, name);
    return name;
  };
}

/** Accounts by their home shards. */
function countUsers(
  tables: MemoryTables,
  homeShardOf: (fid: bigint) => number,
): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const fid of listFids(tables)) {
    counts.set(homeShardOf(fid), (counts.get(homeShardOf(fid)) ?? 0) + 1);
  }
  return counts;
}

/**
 * The reference store: everything in memory, one plain data structure for each relation.
 *
 * What a database adapter has to do, it does in the fewest words, so that every adapter can be
 * held against it. Not durable; the lock excludes others within this object only.
 */
export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  const { unbindNetwork, freePartitions, ...guards } = createMemoryGuards(() => progress);
  const quarantined: MemoryQuarantine = [];
  let tables = createMemoryTables();
  let progress = createMemoryProgress();
  const leaves: MemoryLeaves = new Map();
  const partitionNameOf = createPartitionNames(options);
  // The snapshot that an account's rows are exact for, when its partition is done.
  const snapshotOf = (fid: bigint) => findSnapshot(progress, partitionNameOf(fid));

  const users = () => countUsers(tables, options.homeShardOf);
  const countShards = () =>
    listShards(progress, { users: users(), quarantined: countOpen(quarantined) });

  function write(batch: PageBatch | BlockBatch): void {
    applyChanges(tables, batch.changes);
    applyLeaves(leaves, batch.leaves ?? []);
    setAside(quarantined, batch.quarantined);
  }

  return {
    ...guards,
    ...NOTHING_TO_DO,
    quarantined,
    async reset() {
      tables = createMemoryTables();
      progress = createMemoryProgress();
      quarantined.length = 0;
      leaves.clear();
      unbindNetwork();
    },
    listShards: async () => countShards(),
    findShard: async (shardId) => findShard(progress, shardId),
    listPartitions: async (shardId) => listPartitions(progress, shardId),
    async planSnapshot(plan) {
      planSnapshot(progress, plan);
      freePartitions(plan);
    },
    async applyPage(page) {
      partitionOf(progress, page);
      write(page);
      if (page.isLast && page.isRelisted) {
        const name = `${page.shardId}/${page.virtualShard}`;
        retireUnlisted(tables, page, (fid) => partitionNameOf(fid) === name);
        removeUnlisted(leaves, page, options.virtualShardOf);
      }
      movePage(progress, page);
    },
    startRealtime: async (shardId, blockNumber) => startRealtime(progress, shardId, blockNumber),
    async applyBlocks(batch) {
      checkBlocks(progress, batch);
      write(batch);
      moveBlocks(progress, batch);
    },
    async *listQuarantined(filter = {}) {
      yield* listQuarantined(quarantined, filter);
    },
    async applyReplay(replay) {
      const network = (await guards.findNetwork())?.network ?? 0;
      return applyReplay(quarantined, replay, (replayed) => {
        replayChanges(tables, replayed.changes, { network, snapshotOf });
        applyLeaves(leaves, replayed.leaves ?? []);
      });
    },
    recordProof: async (shardId, proof) => recordProof(progress, shardId, proof),
    openView: async () => openMemoryView(tables, leaves, countShards()),
    async repairRows(batch) {
      requireBlock(progress, batch);
      repairRows(tables, batch.changes);
      applyLeaves(leaves, batch.leaves);
    },
    recordFault: async (fault) => recordFault(progress, fault),
    countRows: async () => countRows(tables),
    async *listRows(table) {
      yield* tables[table].list();
    },
  };
}
