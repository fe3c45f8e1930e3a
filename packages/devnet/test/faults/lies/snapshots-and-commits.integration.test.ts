// A node that lies about blocks, over real gRPC: docs/protocol.md 2.1, 4.4.
import type { ShardChunk } from "@snaprag/proto";
import type { CommitProblem, CommitsCheck } from "@snaprag/verify";
import {
  checkBlock,
  checkCommits,
  checkShardChunk,
  loadBlake3,
  loadEd25519,
} from "@snaprag/verify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CommitLieKind, Devnet } from "../../../src/index.ts";
import { createDevnet } from "../../../src/index.ts";
import { toHex } from "../../support/bytes.ts";
import { fingerprint } from "../../support/fingerprint.ts";
import { hashEntries, readNewest, readSnapshot } from "../../support/read-snapshot.ts";
import type { RpcClient } from "../../support/rpc-client.ts";
import { connect } from "../../support/rpc-client.ts";

const blake3 = await loadBlake3();
const ed25519 = await loadEd25519();
const SHARDS = [1, 2] as const;

let devnet: Devnet;
let client: RpcClient;

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 600, users: 20, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
});
afterEach(() => {
  devnet.setFaults({});
  devnet.dropSnapshots();
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

async function readMetadata(shardId: number) {
  return (await client.replication.getShardSnapshotMetadata({ shardId })).snapshots;
}

async function readChunks(shardId: number): Promise<ShardChunk[]> {
  const request = { shardId, startBlockNumber: 1n };
  return (await client.hub.getShardChunks(request)).shardChunks;
}

/** All that a client is told of chunks. */
async function readAllChunks(shardId: number): Promise<ShardChunk[]> {
  const metadata = await readMetadata(shardId);
  return [...(await readChunks(shardId)), ...metadata.map(({ shardChunk }) => shardChunk!)];
}

function check(chunk: ShardChunk): CommitsCheck {
  const { validatorSets } = devnet;
  return checkShardChunk(chunk, { blake3, ed25519, validatorSets });
}

function rootOf(chunk: ShardChunk | undefined): string {
  return toHex(chunk!.header!.shardRoot);
}

/** The root of what the pages of the newest snapshot hold. */
async function rootOfPages(shardId: number): Promise<string> {
  const { entries } = await readNewest(client, shardId);
  return hashEntries(entries, blake3).root;
}

/** Two snapshots of each shard, some blocks apart. */
async function takeTwo(): Promise<void> {
  devnet.takeSnapshot();
  await devnet.produceBlock(3);
  devnet.takeSnapshot();
}

describe("replaySnapshot", () => {
  it("serves pages of the snapshot before the newest, which is listed as it is", async () => {
    await takeTwo();
    const listed = await readMetadata(1);
    const right = await readNewest(client, 1);
    const older = listed.find(({ height }) => height < right.metadata.height)!;
    devnet.setFaults({ replaySnapshot: {} });
    const before = devnet.faultCounts().get("replaySnapshot") ?? 0;
    const seen = await readNewest(client, 1);

    expect(fingerprint(await readMetadata(1))).toBe(fingerprint(listed));
    const { root, accounts } = hashEntries(seen.entries, blake3);
    expect(root).toBe(rootOf(older.shardChunk));
    expect(root).not.toBe(rootOf(seen.metadata.shardChunk));
    // In itself, the content is in order.
    expect(seen.accounts).toEqual(accounts);
    expect(BigInt(seen.entries.length)).toBe(older.numItems);
    expect(devnet.faultCounts().get("replaySnapshot")! - before).toBeGreaterThanOrEqual(256);
    devnet.setFaults({});
    expect(fingerprint(await readNewest(client, 1))).toBe(fingerprint(right));
  });

  it("takes the newest of the older ones, of the shards that it is about", async () => {
    devnet.takeSnapshot();
    await devnet.produceBlock(2);
    await takeTwo();
    devnet.setFaults({ replaySnapshot: { shardId: 2 } });
    const listed = await readMetadata(2);
    const [, before, ...older] = listed.toSorted((a, b) => Number(b.height - a.height));

    expect(older).toHaveLength(1);
    expect(await rootOfPages(2)).toBe(rootOf(before!.shardChunk));
    // Read by their own heights, those are what they were.
    for (const each of [before!, ...older]) {
      const { entries } = await readSnapshot(client, each);
      expect(hashEntries(entries, blake3).root).toBe(rootOf(each.shardChunk));
    }
    const { metadata } = await readNewest(client, 1);
    expect(await rootOfPages(1)).toBe(rootOf(metadata.shardChunk));
  });

  it("is the truth where there is no older one", async () => {
    devnet.takeSnapshot();
    devnet.setFaults({ replaySnapshot: {} });
    for (const shardId of SHARDS) {
      const [metadata] = await readMetadata(shardId);
      expect(await rootOfPages(shardId)).toBe(rootOf(metadata!.shardChunk));
    }
  });
});

describe("the validators of a devnet", () => {
  it("have committed every block of every shard, as their sets say", async () => {
    devnet.takeSnapshot();
    expect(devnet.validatorSets).toEqual([
      { effectiveAt: 0n, shardIds: [0, 1, 2], publicKeys: devnet.validators },
    ]);
    const ok = { status: "ok", signatureCount: 3, validatorCount: 4 };
    for (const shardId of SHARDS) {
      const chunks = await readAllChunks(shardId);
      expect(chunks.length).toBeGreaterThan(10);
      for (const chunk of chunks) expect(check(chunk)).toEqual(ok);
    }
    const { validatorSets } = devnet;
    for await (const block of client.hub.getBlocks({ startBlockNumber: 1n })) {
      expect(checkBlock(block, { blake3, ed25519, validatorSets })).toEqual(ok);
    }
  });
});

describe("badCommit", () => {
  it.each<[CommitLieKind, CommitProblem]>([
    ["signature", "invalid_signature"],
    ["quorum", "no_quorum"],
    ["value", "value_mismatch"],
    ["block", "height_mismatch"],
    ["header", "hash_mismatch"],
  ])("of kind %s is found as %s, in every chunk", async (kind, problem) => {
    await takeTwo();
    const right = await readAllChunks(1);
    const other = fingerprint(await readAllChunks(2));
    const before = devnet.faultCounts().get("badCommit") ?? 0;
    devnet.setFaults({ badCommit: { kind, shardId: 1 } });
    const chunks = await readAllChunks(1);

    expect(chunks).toHaveLength(right.length);
    for (const [index, chunk] of chunks.entries()) {
      expect(check(chunk)).toEqual({ status: "failed", problem });
      const { header, commits } = right[index]!;
      // What else it holds is the chunk's own.
      expect(fingerprint({ ...chunk, header, commits })).toBe(fingerprint(right[index]));
      const changed = kind === "header" ? chunk.commits : chunk.header;
      expect(fingerprint(changed)).toBe(fingerprint(kind === "header" ? commits : header));
    }
    expect(devnet.faultCounts().get("badCommit")! - before).toBe(chunks.length);
    expect(fingerprint(await readAllChunks(2))).toBe(other);

    devnet.setFaults({});
    expect(fingerprint(await readAllChunks(1))).toBe(fingerprint(right));
  });

  it("of kind block would be right for the block before", async () => {
    const chunks = await readChunks(1);
    devnet.setFaults({ badCommit: { kind: "block" } });
    const told = await readChunks(1);
    const { validatorSets } = devnet;

    for (const [index, { commits }] of told.entries()) {
      const { header, hash } = chunks[index === 0 ? 1 : index - 1]!;
      const value = { height: header!.height!, hash };
      expect(checkCommits(commits!, value, { ed25519, validatorSets })).toMatchObject({
        status: "ok",
      });
    }
  });

  it("of kind header fits the pages where they lie, and nothing where they do not", async () => {
    await takeTwo();
    const plans = [
      { withhold: { count: 3, isConsistent: true } },
      { replaySnapshot: {} },
      { withhold: { count: 2, isConsistent: true }, replaySnapshot: {} },
    ];
    const { metadata } = await readNewest(client, 1);
    for (const plan of plans) {
      devnet.setFaults({ ...plan, badCommit: { kind: "header" } });
      const told = await readNewest(client, 1);
      const chunks = await readChunks(1);

      expect(rootOf(told.metadata.shardChunk)).toBe(await rootOfPages(1));
      expect(rootOf(told.metadata.shardChunk)).not.toBe(rootOf(metadata.shardChunk));
      expect(rootOf(chunks.at(-1))).toBe(rootOf(told.metadata.shardChunk));
      expect(check(told.metadata.shardChunk!)).toEqual({
        status: "failed",
        problem: "hash_mismatch",
      });
    }
    devnet.setFaults({ badCommit: { kind: "header" } });
    const { metadata: told } = await readNewest(client, 1);
    expect(await rootOfPages(1)).toBe(rootOf(metadata.shardChunk));
    expect(rootOf(told.shardChunk)).not.toBe(rootOf(metadata.shardChunk));
  });
});
