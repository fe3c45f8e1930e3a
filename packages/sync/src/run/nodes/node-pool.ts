// Which node each shard reads from. A shard leaves a node only between two attempts at its work, and
// every attempt begins at a block or a page boundary: inside a block, the order of events is a
// node's own (docs/protocol.md 1.1).
import type { Clock, NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { NetworkIdentity } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import type { Logger } from "../../options.ts";
import { inspectNode } from "./inspect-node.ts";

/** The nodes of a run. */
export interface NodePool {
  /** The node that a shard reads from. Ask again after every wait: a failure may change it. */
  of(shardId: number): NodeClient;
  /**
   * Moves a shard from a node that failed to the next one that answers and is of the same network.
   * Does nothing when the failure is not a node's or the shard has left that node already. Returns
   * whether the shard reads from another node now.
   */
  leave(shardId: number, failed: NodeClient, failure: unknown): Promise<boolean>;
  /** Nodes that a shard can be moved to, the one in use included. */
  readonly size: number;
}

/** What a pool is made of. */
export interface NodePoolOptions {
  /** The one every shard begins with is the first; the network was read from it. */
  readonly clients: readonly [NodeClient, ...NodeClient[]];
  readonly network: NetworkIdentity;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

function isNodeFailure(error: unknown): boolean {
  if (error instanceof NodeClientError) return true;
  // A thread of this process is no node's, and what is stored no other would change.
  return error instanceof SyncError && !["worker_failed", "end_passed"].includes(error.code);
}

/** Creates a pool in which every shard reads from the first node. */
export function createNodePool(options: NodePoolOptions): NodePool {
  const { network, logger, signal } = options;
  const [first] = options.clients;
  // Shards meet a node of another network side by side: leaving it out twice must be no more than once.
  const clients = new Set<NodeClient>(options.clients);
  const trusted = new Set<NodeClient>([first]);
  const current = new Map<number, NodeClient>();

  const of = (shardId: number) => current.get(shardId) ?? first;

  /** Whether a node answers and mirrors the same network; one of another is never asked again. */
  async function canServe(client: NodeClient): Promise<boolean> {
    if (trusted.has(client)) return true;
    try {
      const { network: found } = await inspectNode(client, signal, options.clock);
      const isSame = found.network === network.network && found.shardCount === network.shardCount;
      if (isSame) trusted.add(client);
      else if (clients.delete(client)) {
        logger.error({ expected: network, found }, "a node is of another network, left out");
      }
      return isSame;
    } catch (error) {
      signal.throwIfAborted();
      logger.warn({ err: error }, "the next node does not answer either");
      return false;
    }
  }

  return {
    of,
    get size() {
      return clients.size;
    },
    async leave(shardId, failed, failure) {
      if (!isNodeFailure(failure)) return false;
      // Many partitions of a shard may fail at once, of which the first moves it.
      if (of(shardId) !== failed) return true;
      const all = [...clients];
      const start = all.indexOf(failed);
      const others = [...all.slice(start + 1), ...all.slice(0, start)];
      for (const client of others) {
        if (!(await canServe(client))) continue;
        if (of(shardId) !== failed) return true;
        current.set(shardId, client);
        logger.warn({ shardId }, "reading from another node");
        return true;
      }
      return false;
    },
  };
}
