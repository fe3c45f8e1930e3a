import { setTimeout as delay } from "node:timers/promises";
import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { NetworkIdentity } from "@snaprag/storage";
import { SyncError } from "../errors.ts";

/** What has to be known of a node before anything is written. */
export interface NodeFacts {
  readonly network: NetworkIdentity;
  /** Newest block of every shard, 0 included. */
  readonly heights: ReadonlyMap<number, bigint>;
}

/** Waits before the block is asked for again: a stream may end before it has given what it has. */
const PAUSES_MS = [50, 100, 200, 400];

/**
 * The network's number stands in the header of every shard-0 block. The newest is asked for,
 * because nodes may have pruned the others.
 */
async function readNetwork(client: NodeClient, height: bigint, signal: AbortSignal) {
  const range = { startBlock: height, stopBlock: height + 1n };
  for (const pauseMs of [0, ...PAUSES_MS]) {
    await delay(pauseMs, undefined, { signal });
    for await (const { header } of client.readBlocks(range, { signal })) {
      if (header !== undefined) return header.chainId;
    }
  }
  throw new SyncError(
    "unknown_network",
    `The node has no block ${height} of shard 0, which would say what network it is of. Wait until it has synced, or use another node`,
  );
}

/** Asks a node what network it is of and how far it has come. */
export async function inspectNode(client: NodeClient, signal: AbortSignal): Promise<NodeFacts> {
  const { numShards, shardInfos } = await client.hub.getInfo({}, { signal });
  const heights = new Map(shardInfos.map(({ shardId, maxHeight }) => [shardId, maxHeight]));
  const network = await readNetwork(client, heights.get(0) ?? 0n, signal);
  return { network: { network, shardCount: numShards }, heights };
}

/** Fails early, with a clear word, when the node cannot serve snapshots of these shards. */
export async function requireSnapshots(
  client: NodeClient,
  shardIds: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (const shardId of shardIds) {
    try {
      await client.listSnapshots(shardId, { signal });
    } catch (error) {
      if (error instanceof NodeClientError && error.code === "unimplemented") {
        throw noReplication(error);
      }
      // No snapshot yet is a matter of waiting.
      if (error instanceof NodeClientError && error.code === "snapshot_unavailable") continue;
      throw error;
    }
  }
}

function noReplication(cause: NodeClientError): SyncError {
  return new SyncError(
    "no_replication",
    "The node does not offer ReplicationService, which snapshots come from. Set `replication.enable` on it, or use another node",
    { cause },
  );
}
