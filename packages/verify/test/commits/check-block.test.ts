// Chunks and blocks that the devnet made, with hashing and signing of its own
// (scripts/record-blocks.mjs), and what can be wrong with them.
import type { Commits } from "@snaprag/proto";
import { Block, ShardChunk } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import type { ValidatorSet } from "../../src/index.ts";
import {
  checkBlock,
  checkShardChunk,
  hashOfBlockEvent,
  loadBlake3,
  loadEd25519,
} from "../../src/index.ts";
import { fromHex, toHex } from "../support/naive-trie.ts";
import recorded from "../vectors/devnet-blocks.json" with { type: "json" };

const publicKeys = recorded.validators.map(fromHex);
const validatorSets: ValidatorSet[] = [{ effectiveAt: 0n, shardIds: [0, 1, 2], publicKeys }];
const options = { blake3: await loadBlake3(), ed25519: await loadEd25519(), validatorSets };
const chunks = recorded.chunks.map((hex) => ShardChunk.decode(fromHex(hex)));
const blocks = recorded.blocks.map((hex) => Block.decode(fromHex(hex)));
const chunk = chunks[1]!;
const header = chunk.header!;
const commits = chunk.commits!;
const block = blocks[1]!;

function problemOfCommits(change: Partial<Commits>): unknown {
  return checkShardChunk({ ...chunk, commits: { ...commits, ...change } }, options);
}

function withValidators(keys: readonly Uint8Array[]): typeof options {
  return { ...options, validatorSets: [{ ...validatorSets[0]!, publicKeys: [...keys] }] };
}

const failed = (problem: string) => ({ status: "failed", problem });
const ok = { status: "ok", signatureCount: 3, validatorCount: 4 };

describe("checkShardChunk()", () => {
  it("accepts what the validators have committed, the first chunk included", () => {
    expect(chunks).toHaveLength(4);
    for (const each of chunks) expect(checkShardChunk(each, options)).toEqual(ok);
  });

  it("never says ok without validators", () => {
    expect(checkShardChunk(chunk, { ...options, validatorSets: [] })).toEqual({
      status: "not_configured",
    });
  });

  it("sees a header that the hash is not of, with or without validators", () => {
    const changed = { ...chunk, header: { ...header, shardRoot: header.shardRoot.with(0, 1) } };

    expect(checkShardChunk(changed, options)).toEqual(failed("hash_mismatch"));
    expect(checkShardChunk(changed, { ...options, validatorSets: [] })).toEqual(
      failed("hash_mismatch"),
    );
  });

  it("sees commits of another hash", () => {
    const value = { ...commits.value!, hash: chunks[0]!.hash };

    expect(problemOfCommits({ value })).toEqual(failed("value_mismatch"));
  });

  it("sees commits of another height or shard", () => {
    const height = { ...commits.height!, blockNumber: 2n };
    const shard = { ...commits.height!, shardIndex: 2 };
    const value = { ...commits.value!, shardIndex: 2 };

    for (const change of [{ height }, { height: shard }, { value }]) {
      expect(problemOfCommits(change)).toEqual(failed("height_mismatch"));
    }
  });

  it("sees what is missing", () => {
    expect(checkShardChunk({ ...chunk, header: undefined }, options)).toEqual(failed("incomplete"));
    expect(checkShardChunk({ ...chunk, commits: undefined }, options)).toEqual(
      failed("incomplete"),
    );
    expect(problemOfCommits({ value: undefined })).toEqual(failed("incomplete"));
  });

  it("sees a signature that is not a vote for this value", () => {
    const [first, ...others] = commits.signatures;
    const flipped = { ...first!, signature: first!.signature.with(0, first!.signature[0]! ^ 1) };

    expect(problemOfCommits({ signatures: [flipped, ...others] })).toEqual(
      failed("invalid_signature"),
    );
    expect(problemOfCommits({ round: 1n })).toEqual(failed("invalid_signature"));
  });

  it("sees a signer that is no validator", () => {
    const keys = publicKeys.filter((key) => toHex(key) !== toHex(commits.signatures[0]!.signer));

    expect(checkShardChunk(chunk, withValidators(keys))).toEqual(failed("unknown_signer"));
  });

  it("sees a validator that signs twice", () => {
    const [first, second] = commits.signatures;

    expect(problemOfCommits({ signatures: [first!, second!, first!] })).toEqual(
      failed("repeated_signer"),
    );
  });

  it("wants more than two thirds of the validators", () => {
    const signatures = commits.signatures.slice(0, 2);
    const three = commits.signatures.map(({ signer }) => signer);
    const two = { ...chunk, commits: { ...commits, signatures } };

    expect(checkShardChunk(two, options)).toEqual(failed("no_quorum"));
    expect(checkShardChunk(two, withValidators(three))).toEqual(failed("no_quorum"));
    expect(checkShardChunk(two, withValidators(three.slice(0, 2)))).toMatchObject({ status: "ok" });
  });
});

describe("checkBlock()", () => {
  it("accepts what the validators have committed, the first block included", () => {
    expect(blocks).toHaveLength(3);
    for (const each of blocks) expect(checkBlock(each, options)).toEqual(ok);
  });

  it("sees a header, witnesses or events that are not the block's", () => {
    const { shardChunkWitnesses } = block.shardWitness!;
    const shardWitness = { shardChunkWitnesses: shardChunkWitnesses.slice(1) };

    expect(checkBlock({ ...block, hash: blocks[0]!.hash }, options)).toEqual(
      failed("hash_mismatch"),
    );
    expect(checkBlock({ ...block, shardWitness }, options)).toEqual(failed("witness_mismatch"));
    expect(checkBlock({ ...block, shardWitness: undefined }, options)).toEqual(
      failed("witness_mismatch"),
    );
    expect(checkBlock({ ...block, events: [] }, options)).toEqual(failed("events_mismatch"));
  });

  it("checks the commits as a chunk's", () => {
    const signatures = block.commits!.signatures.slice(1);

    expect(checkBlock({ ...block, commits: { ...block.commits!, signatures } }, options)).toEqual(
      failed("no_quorum"),
    );
    expect(checkBlock({ ...block, commits: undefined }, options)).toEqual(failed("incomplete"));
  });
});

describe("hashOfBlockEvent()", () => {
  it("is the hash that the devnet gave its events", () => {
    const events = blocks.flatMap((each) => each.events);

    expect(events.length).toBeGreaterThan(0);
    for (const { hash, data } of events) {
      expect(toHex(hashOfBlockEvent(data, options.blake3))).toBe(toHex(hash));
    }
  });
});
