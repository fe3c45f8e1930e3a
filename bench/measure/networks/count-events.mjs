// Events that a node has stored.
import { createNodeClient } from "@snaprag/client";
import { firstPositionOf } from "@snaprag/processors";

/** Events of the data shards after some heights, up to others where those are given. */
export async function countEvents(endpoint, after, upTo = []) {
  const client = createNodeClient({ endpoint });
  const stops = new Map(upTo);
  let count = 0;
  for (const [shardId, height] of after) {
    if (shardId === 0) continue;
    const startId = firstPositionOf(BigInt(height) + 1n);
    const stop = stops.get(shardId);
    const stopId = stop === undefined ? undefined : firstPositionOf(BigInt(stop) + 1n);
    for await (const page of client.readEvents({ shardId, startId, stopId })) count += page.length;
  }
  await client.close();
  return count;
}
