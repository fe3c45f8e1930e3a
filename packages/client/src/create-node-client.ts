import { NodeClientError } from "./errors/node-client-error.ts";
import type { NodeClient } from "./node-client.ts";
import type { NodeClientOptions } from "./options/node-client-options.ts";
import { resolveNodeClientOptions } from "./options/node-client-options.ts";
import { readBlocks, readShardChunks } from "./reads/blocks.ts";
import { readEvents } from "./reads/events.ts";
import { createReadMessages } from "./reads/messages.ts";
import { readPackedSnapshotPages, readSnapshotPages } from "./reads/snapshot-pages.ts";
import { listSnapshots } from "./reads/snapshots.ts";
import { subscribe } from "./reads/subscription.ts";
import { createNodeConnection } from "./transport/node-connection.ts";

/**
 * Creates a client of one Snapchain node. It connects with its first call, not before.
 *
 * @throws {TypeError} when an option cannot be honoured
 * @example
 * const client = createNodeClient({ endpoint: "http://localhost:3383" });
 * const { version } = await client.hub.getInfo();
 * await client.close();
 */
export function createNodeClient(options: NodeClientOptions): NodeClient {
  const resolved = resolveNodeClientOptions(options);
  const closing = new AbortController();
  const node = createNodeConnection({ options: resolved, closing: closing.signal });

  async function close(): Promise<void> {
    const endpoint = resolved.endpoint.url;
    closing.abort(new NodeClientError("cancelled", "the client was closed", { endpoint }));
  }

  return {
    hub: node.hub,
    replication: node.replication,
    listSnapshots: (shardId, options) => listSnapshots(node, shardId, options),
    findNewestSnapshot: async (shardId, options) =>
      (await listSnapshots(node, shardId, options))[0],
    readSnapshotPages: (partition, options) => readSnapshotPages(node, partition, options),
    readPackedSnapshotPages: (partition, options) =>
      readPackedSnapshotPages(node, partition, options),
    readEvents: (range, options) => readEvents(node, range, options),
    subscribe: (subscription, options) => subscribe(node, subscription, options),
    readBlocks: (range, options) => readBlocks(node, range, options),
    readShardChunks: (range, options) => readShardChunks(node, range, options),
    readMessages: createReadMessages(node),
    close,
    [Symbol.asyncDispose]: close,
  };
}
