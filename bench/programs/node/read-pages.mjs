// The pages of a node's newest snapshots over bare grpc-js: what any program receives that loads them.
import { Client, credentials } from "@grpc/grpc-js";
import {
  GetShardSnapshotMetadataRequest,
  GetShardSnapshotMetadataResponse,
  GetShardTransactionsRequest,
  GetShardTransactionsResponse,
} from "@snaprag/proto";

/** Data shards of a devnet. */
export const SHARD_COUNT = 2;
const VIRTUAL_SHARDS = 256;
const LANES = 8;
const METADATA = [GetShardSnapshotMetadataRequest, GetShardSnapshotMetadataResponse];
const PAGE = [GetShardTransactionsRequest, GetShardTransactionsResponse];

/** Reads every page of every partition, eight partitions at a time; `onPage` may hold its lane up. */
export async function readPages(endpoint, onPage) {
  const node = new Client(new URL(endpoint).host, credentials.createInsecure(), {
    "grpc.max_receive_message_length": 256 * 1024 * 1024,
    "grpc-node.flow_control_window": 8 * 1024 * 1024,
  });

  function call(name, [request, response], fields) {
    return new Promise((resolve, reject) => {
      node.makeUnaryRequest(
        `/ReplicationService/${name}`,
        (message) => Buffer.from(request.encode(message).finish()),
        (bytes) =>
          response.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)),
        { ...request.decode(new Uint8Array()), ...fields },
        (error, reply) => (error ? reject(error) : resolve(reply)),
      );
    });
  }

  async function readPartition({ shardId, height, virtualShard }) {
    let pageToken;
    do {
      const request = { shardId, height, trieVirtualShard: virtualShard, pageToken };
      const page = await call("GetShardTransactions", PAGE, request);
      if ((await onPage(page, { shardId, height })) === "enough") return;
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
  }

  const partitions = [];
  for (let shardId = 1; shardId <= SHARD_COUNT; shardId++) {
    const { snapshots } = await call("GetShardSnapshotMetadata", METADATA, { shardId });
    let height = 0n;
    for (const snapshot of snapshots) if (snapshot.height > height) height = snapshot.height;
    for (let virtualShard = 0; virtualShard < VIRTUAL_SHARDS; virtualShard++) {
      partitions.push({ shardId, height, virtualShard });
    }
  }
  await Promise.all(
    Array.from({ length: LANES }, async () => {
      for (let next = partitions.shift(); next; next = partitions.shift()) {
        await readPartition(next);
      }
    }),
  );
  node.close();
}
