import type { BlockBatch, PageBatch } from "../batches.ts";
import type { QuarantineRecord } from "../quarantine.ts";
import type { Store } from "../store.ts";
import { createMemoryGuards } from "./memory-guards.ts";
import type { MemoryLeaves } from "./memory-leaves.ts";
import { applyLeaves, removeUnlisted } from "./memory-leaves.ts";
import type { MemoryProgress } from "./memory-progress.ts";
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
import { heeding, openMemoryView } from "./memory-view.ts";
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
const NOTHING_TO_DO: Pick<
  Store,
  "migrate" | "finishLoading" | "rebuild" | "close" | typeof Symbol.asyncDispose
> = {
  migrate: async (signal) => signal?.throwIfAborted(),
  finishLoading: async (signal) => signal?.throwIfAborted(),
  async rebuild(signal) {
    signal?.throwIfAborted();
    return [];
  },
  close: async () => {},
  [Symbol.asyncDispose]: async () => {},
};

/** What is done at once comes to, unless a signal has aborted before. */
async function unlessAborted<Result>(
  signal: AbortSignal | undefined,
  work: () => Result,
): Promise<Result> {
  signal?.throwIfAborted();
  return work();
}

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

/** What is kept, by now. */
interface Kept {
  readonly tables: MemoryTables;
  readonly progress: MemoryProgress;
  readonly quarantined: MemoryQuarantine;
}

/** Writes what a batch brings, but for its progress. */
function write(
  to: Pick<Kept, "tables" | "quarantined"> & { readonly leaves: MemoryLeaves },
  batch: PageBatch | BlockBatch,
): void {
  applyChanges(to.tables, batch.changes);
  applyLeaves(to.leaves, batch.leaves ?? []);
  setAside(to.quarantined, batch.quarantined);
}

/** The calls that only read. */
function createReads(
  kept: () => Kept,
): Pick<Store, "findShard" | "listPartitions" | "listQuarantined" | "countRows" | "listRows"> {
  return {
    findShard: (shardId, signal) =>
      unlessAborted(signal, () => findShard(kept().progress, shardId)),
    listPartitions: (shardId, signal) =>
      unlessAborted(signal, () => listPartitions(kept().progress, shardId)),
    async *listQuarantined(filter = {}, signal = undefined) {
      yield* heeding(signal, listQuarantined(kept().quarantined, filter));
    },
    countRows: (signal) => unlessAborted(signal, () => countRows(kept().tables)),
    async *listRows(table, signal) {
      yield* heeding(signal, kept().tables[table].list());
    },
  };
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
  let [tables, progress] = [createMemoryTables(), createMemoryProgress()];
  const leaves: MemoryLeaves = new Map();
  const partitionNameOf = createPartitionNames(options);
  /** The snapshot that an account's rows are exact for, when its partition is done. */
  const snapshotOf = (fid: bigint) => findSnapshot(progress, partitionNameOf(fid));

  function countShards() {
    const users = countUsers(tables, options.homeShardOf);
    return listShards(progress, { users, quarantined: countOpen(quarantined) });
  }

  return {
    ...guards,
    ...NOTHING_TO_DO,
    ...createReads(() => ({ tables, progress, quarantined })),
    quarantined,
    async reset(signal) {
      signal?.throwIfAborted();
      [tables, progress] = [createMemoryTables(), createMemoryProgress()];
      quarantined.length = 0;
      leaves.clear();
      unbindNetwork();
    },
    listShards: (signal) => unlessAborted(signal, () => countShards()),
    async planSnapshot(plan, signal) {
      signal?.throwIfAborted();
      planSnapshot(progress, plan);
      freePartitions(plan);
    },
    async applyPage(page, signal) {
      signal?.throwIfAborted();
      partitionOf(progress, page);
      write({ tables, leaves, quarantined }, page);
      if (page.isLast && page.isRelisted) {
        const name = `${page.shardId}/${page.virtualShard}`;
        retireUnlisted(tables, page, (fid) => partitionNameOf(fid) === name);
        removeUnlisted(leaves, page, options.virtualShardOf);
      }
      movePage(progress, page);
    },
    startRealtime: (shardId, blockNumber, signal) =>
      unlessAborted(signal, () => startRealtime(progress, shardId, blockNumber)),
    async applyBlocks(batch, signal) {
      signal?.throwIfAborted();
      checkBlocks(progress, batch);
      write({ tables, leaves, quarantined }, batch);
      moveBlocks(progress, batch);
    },
    async applyReplay(replay, signal) {
      signal?.throwIfAborted();
      const network = (await guards.findNetwork())?.network ?? 0;
      return applyReplay(quarantined, replay, (replayed) => {
        replayChanges(tables, replayed.changes, { network, snapshotOf });
        applyLeaves(leaves, replayed.leaves ?? []);
      });
    },
    recordProof: (shardId, proof, signal) =>
      unlessAborted(signal, () => recordProof(progress, shardId, proof)),
    openView: (signal) =>
      unlessAborted(signal, () =>
        openMemoryView({ tables, leaves, shards: countShards() }, signal),
      ),
    async repairRows(batch, signal) {
      signal?.throwIfAborted();
      requireBlock(progress, batch);
      repairRows(tables, batch.changes);
      applyLeaves(leaves, batch.leaves);
    },
    recordFault: (fault, signal) => unlessAborted(signal, () => recordFault(progress, fault)),
  };
}
