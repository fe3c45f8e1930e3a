import type { Clock, NodeClient } from "@snaprag/client";
import { FarcasterNetwork } from "@snaprag/proto";
import type { NetworkIdentity, Store } from "@snaprag/storage";
import type { ValidatorSet } from "@snaprag/verify";
import { listMainnetValidatorSets, loadBlake3, loadEd25519 } from "@snaprag/verify";
import { SyncError } from "../../errors.ts";
import { inspectNode } from "../../run/nodes/inspect-node.ts";
import { processContextOf } from "../../run/sync-run.ts";
import { readKeyHistory } from "./key-history.ts";
import type { NodeReading } from "./node-reading.ts";

/** A store, and the node to compare it with. */
export interface NodeReadingOptions {
  readonly client: NodeClient;
  readonly store: Store;
  readonly validatorSets?: readonly ValidatorSet[] | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
}

/** The validators that are known of a network without being told. */
export function validatorsOf(
  { network }: NetworkIdentity,
  configured: readonly ValidatorSet[] | undefined,
): readonly ValidatorSet[] {
  return configured ?? (network === FarcasterNetwork.MAINNET ? listMainnetValidatorSets() : []);
}

async function requireSameNetwork(
  { client, store, clock }: NodeReadingOptions,
  signal: AbortSignal,
) {
  const bound = await store.findNetwork();
  if (bound === undefined) {
    throw new SyncError(
      "unknown_network",
      "The store was never synced into, so that nothing can be proved of it",
    );
  }
  const { network } = await inspectNode(client, signal, clock);
  if (network.network !== bound.network || network.shardCount !== bound.shardCount) {
    throw new SyncError(
      "unknown_network",
      `The store mirrors network ${bound.network} with ${bound.shardCount} data shards, the node is of network ${network.network} with ${network.shardCount}`,
    );
  }
  return network;
}

/** Prepares the comparison of a store with a node of the same network. */
export async function createNodeReading(options: NodeReadingOptions): Promise<NodeReading> {
  const { client, validatorSets, clock } = options;
  const signal = options.signal ?? new AbortController().signal;
  const network = await requireSameNetwork(options, signal);
  let history: ReturnType<typeof readKeyHistory> | undefined;
  return {
    client,
    network,
    homeShardOf: processContextOf({ network }, 0).homeShardOf,
    blake3: await loadBlake3(),
    ed25519: await loadEd25519(),
    validatorSets: validatorsOf(network, validatorSets),
    areValidatorsConfigured: validatorSets !== undefined,
    readKeyHistory() {
      history ??= readKeyHistory({ client, network: network.network, signal });
      return history;
    },
    signal,
    clock,
  };
}
