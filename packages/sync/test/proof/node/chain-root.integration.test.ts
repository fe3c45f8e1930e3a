// Which blocks are taken for the chain's, by who has signed them.
import { createNodeClient } from "@snaprag/client";
import type { ShardChunk } from "@snaprag/proto";
import type { ValidatorSet } from "@snaprag/verify";
import { loadBlake3, loadEd25519 } from "@snaprag/verify";
import { beforeAll, expect, it } from "vitest";
import { toChainRoot } from "../../../src/proof/node/chain-root.ts";
import { startDevnet } from "../../support/mirrors.ts";

const SHARD_ID = 1;
const BLOCK_NUMBER = 3n;

let chunk: ShardChunk;

beforeAll(async () => {
  await using devnet = await startDevnet({ users: 10, messages: 0 });
  await using client = createNodeClient({ endpoint: devnet.endpoint });
  await devnet.produceBlock(5);
  const range = { shardId: SHARD_ID, startBlock: BLOCK_NUMBER, stopBlock: BLOCK_NUMBER + 1n };
  for await (const [found] of client.readShardChunks(range)) if (found) chunk = found;
});

let checks: {
  blake3: Awaited<ReturnType<typeof loadBlake3>>;
  ed25519: Awaited<ReturnType<typeof loadEd25519>>;
};
beforeAll(async () => {
  checks = { blake3: await loadBlake3(), ed25519: await loadEd25519() };
});

/** Validators of whom none has signed the block, from a block on. */
function strangers(effectiveAt: bigint, shardIds: readonly number[] = [SHARD_ID]): ValidatorSet {
  return { effectiveAt, shardIds, publicKeys: [new Uint8Array(32).fill(7)] };
}

function take(validatorSets: readonly ValidatorSet[], areValidatorsConfigured = false) {
  const place = { shardId: SHARD_ID, blockNumber: BLOCK_NUMBER };
  return toChainRoot(chunk, place, { ...checks, validatorSets, areValidatorsConfigured });
}

it("takes a block of others after the last change of validators that is known of", () => {
  expect(take([strangers(0n), strangers(BLOCK_NUMBER)]).commits).toBe("not_configured");
  expect(take([strangers(0n), strangers(BLOCK_NUMBER + 1n, [2])]).commits).toBe("not_configured");
});

it("refuses a block of others from before a change that is known of", () => {
  expect(() => take([strangers(0n), strangers(BLOCK_NUMBER + 1n)])).toThrow(
    expect.objectContaining({ code: "uncommitted_block" }),
  );
});

it("refuses a block of others where the validators were named", () => {
  expect(() => take([strangers(0n)], true)).toThrow(
    expect.objectContaining({ code: "uncommitted_block" }),
  );
});

it("takes any committed block where no validators are known", () => {
  expect(take([]).commits).toBe("not_configured");
});

/** Those who have signed the block, and so many others that they are too few. */
function tooFewOf(effectiveAt: bigint): ValidatorSet {
  const signers = chunk.commits?.signatures.map(({ signer }) => signer) ?? [];
  const others = signers.map((_, index) => new Uint8Array(32).fill(index + 1));
  return { effectiveAt, shardIds: [SHARD_ID], publicKeys: [...signers, ...others] };
}

it("takes a block that fewer have signed than were needed until the last change that is known of", () => {
  expect(take([tooFewOf(0n)]).commits).toBe("not_configured");
});

it("refuses a block that too few have signed where the validators are known for good", () => {
  const refusal = expect.objectContaining({
    code: "uncommitted_block",
    message: expect.stringContaining("no_quorum"),
  });
  expect(() => take([tooFewOf(0n)], true)).toThrow(refusal);
  expect(() => take([tooFewOf(0n), strangers(BLOCK_NUMBER + 1n)])).toThrow(refusal);
});
