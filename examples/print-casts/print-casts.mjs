// Prints casts as they are published: node print-casts.mjs http://localhost:3383
//
// In a fresh clone, `npm start` has to come first: it installs and builds the packages. A simulated node
// at that address is `npm run -s snaprag -- devnet`.
//
// Shows how the packages are used without the sync: a client for events, processors for what they
// mean. What becomes of the changes is up to you.
import { createNodeClient } from "@snaprag/client";
import { fromFarcasterTime, processHubEvent } from "@snaprag/processors";
import { homeShardOf } from "@snaprag/verify";

const [endpoint = "http://localhost:3383"] = process.argv.slice(2);
const client = createNodeClient({ endpoint });
const { numShards } = await client.hub.getInfo();

async function follow(shardId) {
  for await (const event of client.subscribe({ shardId })) {
    const { changes } = processHubEvent(event, {
      shardId,
      network: 1,
      homeShardOf: (fid) => homeShardOf(fid, numShards),
      at: fromFarcasterTime(event.timestamp),
    });
    for (const change of changes) {
      if (change.kind === "merge" && change.table === "casts") {
        console.log(`${change.row.timestamp.toISOString()} @${change.row.fid}: ${change.row.text}`);
      }
    }
  }
}

await Promise.all(Array.from({ length: numShards }, (_, index) => follow(index + 1)));
