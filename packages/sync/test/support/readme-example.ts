// The README's example; the test of the READMEs runs it and holds the two together.
import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { createMemoryStore } from "@snaprag/storage";
import { createSyncer } from "@snaprag/sync";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";

const devnet = createDevnet({ users: 20, messages: 1000, blockMs: 0 });
await devnet.start();
const client = createNodeClient({ endpoint: devnet.endpoint });
const store = createMemoryStore({ virtualShardOf, homeShardOf: (fid) => homeShardOf(fid, 2) });

const syncer = createSyncer({ client, store, holder: "the README" });
await syncer.run({ untilSynced: true });

for (const { shardId, phase, isCaughtUp } of syncer.progress()) {
  console.log(`shard ${shardId}: ${phase}, ${isCaughtUp ? "caught up" : "behind"}`);
}
await client.close();
await devnet.stop();
