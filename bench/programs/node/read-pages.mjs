// The pages of a node's newest snapshots over bare grpc-js: what any program receives that loads them.
import { Client, credentials } from "@grpc/grpc-js";
import { ReplicationServiceDefinition } from "@snaprag/proto";

/** Data shards of a devnet. */
export const SHARD_COUNT = 2;
const VIRTUAL_SHARDS = 256;
const LANES = 8;
// With the decoder of pages that the sync has: nobody is slower or faster by another one.
const { getShardSnapshotMetadata, getShardTransactions } = ReplicationServiceDefinition.methods;

/**
 * Reads every page of every partition, eight partitions at a time; `onPage` may hold its lane up, and
 * says `enough` to end them all.
 */
export async function readPages(endpoint, onPage) {
  const node = new Client(new URL(endpoint).host, credentials.createInsecure(), {
    "grpc.max_receive_message_length": 256 * 1024 * 1024,
    "grpc-node.flow_control_window": 8 * 1024 * 1024,
  });

  let isEnough = false;

  function call({ name, requestType, responseType }, fields) {
    return new Promise((resolve, reject) => {
      node.makeUnaryRequest(
        `/ReplicationService/${name}`,
        (message) => Buffer.from(requestType.encode(message).finish()),
        (bytes) =>
          responseType.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
        { ...requestType.decode(new Uint8Array()), ...fields },
        (error, reply) => (error ? reject(error) : resolve(reply)),
      );
    });
  }

  async function readPartition({ shardId, height, virtualShard }) {
    let pageToken;
    do {
      const request = { shardId, height, trieVirtualShard: virtualShard, pageToken };
      const page = await call(getShardTransactions, request);
      if ((await onPage(page, { shardId, height })) === "enough") isEnough = true;
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined && !isEnough);
  }

  const partitions = [];
  for (let shardId = 1; shardId <= SHARD_COUNT; shardId++) {
    const { snapshots } = await call(getShardSnapshotMetadata, { shardId });
    let height = 0n;
    for (const snapshot of snapshots) if (snapshot.height > height) height = snapshot.height;
    for (let virtualShard = 0; virtualShard < VIRTUAL_SHARDS; virtualShard++) {
      partitions.push({ shardId, height, virtualShard });
    }
  }
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = partitions.shift(); next && !isEnough; next = partitions.shift()) {
        await readPartition(next);
      }
    }),
  );
  node.close();
}
