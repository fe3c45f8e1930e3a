// Chunks, blocks, commits and the events of a block: docs/protocol.md 1.5, 2.6, 4.4.
import type { Block, Commits, ShardChunk } from "@snaprag/proto";
import {
  BlockEventData,
  BlockEventType,
  BlockHeader,
  ShardHeader,
  ShardWitness,
  Vote,
  VoteType,
} from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { isSignedBy } from "../../src/engine/ed25519.ts";
import { createSigner } from "../../src/index.ts";
import { signerBody } from "../../src/traffic/authoring/on-chain-events.ts";
import { cast, keyAdd, lend, verification } from "../support/bodies.ts";
import { toHex } from "../support/bytes.ts";
import type { TestNetwork } from "../support/test-network.ts";
import { claimedCounts, createTestNetwork, START } from "../support/test-network.ts";

/** Signatures of a commit that hold, by signer. */
function validSigners({ height, round, value, signatures }: Commits): string[] {
  return signatures
    .filter(({ signer, signature }) => {
      const vote = { type: VoteType.PRECOMMIT, height, round, value, voter: signer };
      return isSignedBy(Vote.encode(vote).finish(), signature, signer);
    })
    .map(({ signer }) => toHex(signer));
}

function expectFinal(
  { network }: TestNetwork,
  { header, hash, commits }: Pick<ShardChunk | Block, "header" | "hash" | "commits">,
): void {
  const signers = validSigners(commits!);
  const known = network.validators.publicKeys.map(toHex);
  expect(commits?.height).toEqual(header?.height);
  expect(commits?.value).toEqual({ shardIndex: header?.height?.shardIndex, hash });
  expect(new Set(signers).size * 3).toBeGreaterThan(known.length * 2);
  expect(signers.every((signer) => known.includes(signer))).toBe(true);
  expect(signers).toEqual([...signers].sort());
}

describe("chunks of a data shard", () => {
  it("are chained by the hash of their header, and signed by a quorum", async () => {
    const network = await createTestNetwork();
    const chunks = [network.register([1n]), network.block(), network.block()].map((block) =>
      block.chunk(1),
    );

    expect(chunks[0]?.header?.parentHash).toEqual(Uint8Array.of(0x00, 0x20));
    for (const [index, chunk] of chunks.entries()) {
      expect(chunk.hash).toEqual(network.blake3.hash32(ShardHeader.encode(chunk.header!).finish()));
      expect(chunk.header?.height).toEqual({ shardIndex: 1, blockNumber: BigInt(index + 1) });
      if (index > 0) expect(chunk.header?.parentHash).toEqual(chunks[index - 1]?.hash);
      expectFinal(network, chunk);
    }
  });

  it("carry the root of the shard and the account root of each transaction", async () => {
    const network = await createTestNetwork();
    network.register([1n, 3n]);
    network.say(1n, "castAdd", cast("gm"));
    network.say(3n, "castAdd", cast("gm"));
    const { header, transactions } = network.block().chunk(1);
    const { state } = network.shard(1);

    expect(header?.shardRoot).toEqual(state.trie.rootHash());
    expect(transactions.map(({ fid }) => fid)).toEqual([1n, 3n]);
    expect(transactions.map(({ accountRoot }) => accountRoot)).toEqual([
      state.accountRoot(1n),
      state.accountRoot(3n),
    ]);
  });

  it("have an empty account root for an account without leaves", async () => {
    const network = await createTestNetwork();
    network.say(1n, "castAdd", cast("nobody"));

    expect(network.block().chunk(1).transactions[0]?.accountRoot).toEqual(new Uint8Array());
  });
});

describe("blocks of shard 0", () => {
  it("hash what they contain, witness the chunks before them, and are signed", async () => {
    const network = await createTestNetwork();
    const chunk = network.register([1n]).chunk(2);
    network.say(1n, "verificationAdd", verification(new Uint8Array(20)));
    network.block();
    const [first, second] = [1n, 2n].map((number) => network.network.blockShard.findBlock(number)!);

    for (const block of [first!, second!]) {
      expect(block.hash).toEqual(network.blake3.hash32(BlockHeader.encode(block.header!).finish()));
      expectFinal(network, block);
    }
    expect(second?.header?.parentHash).toEqual(first?.hash);
    const witness = ShardWitness.encode(second!.shardWitness!).finish();
    expect(second?.header?.shardWitnessesHash).toEqual(network.blake3.hash32(witness));
    expect(second?.shardWitness?.shardChunkWitnesses[1]).toEqual({
      height: chunk.header?.height,
      shardRoot: chunk.header?.shardRoot,
      shardHash: chunk.hash,
    });
  });

  it("number their events without a gap and bind them by hash", async () => {
    const network = await createTestNetwork();
    network.register([1n, 2n], 3);
    network.say(1n, "lendStorage", lend(2n, 1n));
    network.say(2n, "verificationAdd", verification(new Uint8Array(20)));
    for (let block = 0; block < 8; block++) network.block();
    const blocks = [1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n].map(
      (number) => network.network.blockShard.findBlock(number)!,
    );

    const events = blocks.flatMap((block) => block.events);
    expect(events.map(({ data }) => data?.seqnum)).toEqual([1n, 2n, 3n]);
    expect(events.map(({ data }) => data?.type)).toEqual([
      BlockEventType.MERGE_MESSAGE,
      BlockEventType.MERGE_MESSAGE,
      BlockEventType.HEARTBEAT,
    ]);
    for (const { header, events: own } of blocks) {
      const joined = Buffer.concat(own.map(({ hash }) => hash));
      const expected = own.length === 0 ? new Uint8Array() : network.blake3.hash32(joined);
      expect(header?.eventsHash).toEqual(expected);
      for (const { data, hash } of own) {
        expect(hash).toEqual(network.blake3.hash32(BlockEventData.encode(data!).finish()));
      }
    }
  });

  it("are replayed by every data shard in their order, in a transaction of fid 0", async () => {
    const network = await createTestNetwork();
    network.register([1n, 2n], 3);
    network.say(2n, "lendStorage", lend(1n, 1n));
    const block = network.block();

    for (const shardId of [1, 2]) {
      const [transaction] = block.chunk(shardId).transactions;
      expect(transaction?.fid).toBe(0n);
      expect(transaction?.systemMessages.map(({ blockEvent }) => blockEvent)).toEqual(
        network.network.blockShard.findBlock(2n)?.events,
      );
      expect(block.stored(shardId)[0]?.body?.value).toMatchObject({ maxBlockEventSeqnum: 1n });
    }
    expect(network.block().stored(1)[0]?.body?.value).toMatchObject({ maxBlockEventSeqnum: 1n });
  });
});

describe("BLOCK_CONFIRMED", () => {
  it("comes alone in a quiet block", async () => {
    const network = await createTestNetwork();
    const block = network.block();

    expect(block.stored(1)).toHaveLength(1);
    expect(block.stored(1)[0]).toMatchObject({
      type: 11,
      id: 1n << 14n,
      blockNumber: 1n,
      shardIndex: 1,
      timestamp: BigInt(START),
      body: {
        value: {
          blockNumber: 1n,
          shardIndex: 1,
          timestamp: BigInt(START),
          blockHash: block.chunk(1).hash,
          totalEvents: 1n,
          eventCountsByType: { 11: 1n },
          maxBlockEventSeqnum: 0n,
        },
      },
    });
  });

  it("comes first and counts everything, itself and gasless keys included", async () => {
    const network = await createTestNetwork();
    const key = createSigner("k");
    network.register([1n]);
    network.onChain(1n, signerBody(key.publicKey, 1));
    network.fname("alice", 1n);
    network.say(1n, "castAdd", cast("gm"));
    network.say(1n, "castAdd", cast("gn"));
    network.say(1n, "keyAdd", keyAdd(key.publicKey, 1), { signer: key });
    const block = network.block();

    expect(claimedCounts(block.stored(1))).toEqual({ 1: 3n, 6: 1n, 9: 1n, 11: 1n });
    expect(block.stored(1)[0]?.body?.value).toMatchObject({ totalEvents: 6n });
    expect(block.stored(1).map(({ id }) => id)).toEqual(
      [0n, 1n, 2n, 3n, 4n].map((sequence) => (2n << 14n) | sequence),
    );
  });
});

describe("a block", () => {
  it("takes in only so many messages, and leaves the rest to the next", async () => {
    const network = await createTestNetwork();
    network.register([1n]);
    const message = network.build(1n, "castAdd", cast("gm"));
    for (let copy = 0; copy < 4001; copy++) network.submitMessage(message);

    expect(network.block().events(1)).toHaveLength(4000);
    expect(network.block().events(1)).toHaveLength(1);
  });
});
