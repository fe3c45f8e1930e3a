// Records chunks and blocks of a devnet as vectors for the tests of commits: the devnet encodes and
// signs with code of its own. Needs a build of devnet and client; rewrites test/vectors.
import { writeFileSync } from "node:fs";
import { Block, ShardChunk } from "@snaprag/proto";
import { createNodeClient } from "../../client/dist/index.js";
import { createDevnet } from "../../devnet/dist/index.js";

const toHex = (bytes) => Buffer.from(bytes).toString("hex");

const devnet = createDevnet({ port: 0, seed: 7, users: 12, messages: 120, blockMs: 0 });
await devnet.start();
await devnet.produceBlock(4);
const client = createNodeClient({ endpoint: devnet.endpoint });

const chunks = [];
for (const shardId of [1, 2]) {
  const stop = devnet.heights().get(shardId);
  for (const start of [1n, stop - 1n]) {
    const response = await client.hub.getShardChunks({
      shardId,
      startBlockNumber: start,
      stopBlockNumber: start + 1n,
    });
    // Without transactions, which the hash does not cover.
    for (const chunk of response.shardChunks) {
      chunks.push(toHex(ShardChunk.encode({ ...chunk, transactions: [] }).finish()));
    }
  }
}
const blocks = [];
const stop = devnet.heights().get(0);
for await (const block of client.hub.getBlocks({ startBlockNumber: 1n, stopBlockNumber: stop })) {
  const isEventful = block.events.length > 0 && block.shardWitness.shardChunkWitnesses.length > 0;
  if (blocks.length === 0 || isEventful) {
    blocks.push(toHex(Block.encode({ ...block, transactions: [] }).finish()));
  }
  if (blocks.length === 3) break;
}
const validators = devnet.validators.map(toHex);
const file = new URL("../test/vectors/devnet-blocks.json", import.meta.url);
writeFileSync(file, `${JSON.stringify({ validators, chunks, blocks }, null, 2)}\n`);
await client.close();
await devnet.stop();
