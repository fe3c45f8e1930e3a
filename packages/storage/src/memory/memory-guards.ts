// What keeps syncs out of each other's way, and two networks out of one store.
import type { SnapshotPlan } from "../batches.ts";
import { StorageError } from "../errors.ts";
import type { SyncLock, SyncMembership } from "../progress.ts";
import type { Store } from "../store.ts";
import type { MemoryProgress } from "./memory-progress.ts";
import { findPartition } from "./memory-progress.ts";

/** The guards of one store. */
export interface MemoryGuards
  extends Pick<Store, "acquireSyncLock" | "joinSync" | "bindNetwork" | "findNetwork"> {
  /** Sets partitions free that are planned anew. */
  freePartitions(plan: SnapshotPlan): void;
  unbindNetwork(): void;
}

interface Member {
  readonly holder: string;
  readonly isAlone: boolean;
}

/** Members of a store, and what each has taken. */
function createMembers(progress: () => MemoryProgress) {
  const members = new Set<Member>();
  /** By shard id, or shard id and virtual shard, as `1/255`. */
  const leases = new Map<string, Member>();

  function join(holder: string, isAlone: boolean): Member {
    for (const other of members) {
      if (!isAlone && !other.isAlone) continue;
      const options = { holder: other.holder };
      throw new StorageError("locked", `${other.holder} syncs into this store`, options);
    }
    const member = { holder, isAlone };
    members.add(member);
    return member;
  }

  function toLock(member: Member): SyncLock {
    const release = async () => {
      members.delete(member);
      for (const [piece, holder] of leases) if (holder === member) leases.delete(piece);
    };
    return { lost: new Promise<never>(() => {}), release, [Symbol.asyncDispose]: release };
  }

  function take(member: Member, piece: string): boolean {
    const holder = leases.get(piece) ?? member;
    if (holder === member) leases.set(piece, member);
    return holder === member;
  }

  return {
    async acquireSyncLock(holder: string, signal?: AbortSignal | undefined): Promise<SyncLock> {
      signal?.throwIfAborted();
      return toLock(join(holder, true));
    },
    async joinSync(holder: string, signal?: AbortSignal | undefined): Promise<SyncMembership> {
      signal?.throwIfAborted();
      const member = join(holder, false);
      return {
        ...toLock(member),
        leadShard: async (shardId) => take(member, String(shardId)),
        async takePartition(shardId, virtualShard) {
          const partition = findPartition(progress(), `${shardId}/${virtualShard}`);
          if (partition === undefined || partition.status === "done") return partition;
          return take(member, `${shardId}/${virtualShard}`) ? partition : undefined;
        },
        async giveBack(shardId, virtualShard) {
          const piece = virtualShard === undefined ? `${shardId}` : `${shardId}/${virtualShard}`;
          if (leases.get(piece) === member) leases.delete(piece);
        },
      };
    },
    freePartitions({ shardId, virtualShards }: SnapshotPlan) {
      for (const virtualShard of virtualShards) leases.delete(`${shardId}/${virtualShard}`);
    },
  };
}

/** Creates guards that nobody has passed yet. */
export function createMemoryGuards(progress: () => MemoryProgress): MemoryGuards {
  let network: Awaited<ReturnType<Store["findNetwork"]>>;
  return {
    ...createMembers(progress),
    async findNetwork(signal) {
      signal?.throwIfAborted();
      return network;
    },
    unbindNetwork() {
      network = undefined;
    },
    async bindNetwork(identity, signal) {
      signal?.throwIfAborted();
      network ??= identity;
      if (network.network === identity.network && network.shardCount === identity.shardCount) {
        return;
      }
      throw new StorageError(
        "network_mismatch",
        `The store mirrors network ${network.network} with ${network.shardCount} shards, the node is of network ${identity.network} with ${identity.shardCount}`,
      );
    },
  };
}
