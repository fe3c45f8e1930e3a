// What keeps two syncs, or two networks, out of one store.
import { StorageError } from "../errors.ts";
import type { NetworkIdentity, SyncLock } from "../store.ts";

/** The guards of one store. */
export interface MemoryGuards {
  acquireSyncLock(holder: string): Promise<SyncLock>;
  bindNetwork(identity: NetworkIdentity): Promise<void>;
  findNetwork(): Promise<NetworkIdentity | undefined>;
  unbindNetwork(): void;
}

/** Creates guards that nobody has passed yet. */
export function createMemoryGuards(): MemoryGuards {
  let network: NetworkIdentity | undefined;
  let lockHolder: string | undefined;
  return {
    async acquireSyncLock(holder) {
      if (lockHolder !== undefined) {
        const options = { holder: lockHolder };
        throw new StorageError("locked", `${lockHolder} syncs into this store`, options);
      }
      lockHolder = holder;
      const release = async () => {
        lockHolder = undefined;
      };
      return { lost: new Promise<never>(() => {}), release, [Symbol.asyncDispose]: release };
    },
    findNetwork: async () => network,
    unbindNetwork() {
      network = undefined;
    },
    async bindNetwork(identity) {
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
