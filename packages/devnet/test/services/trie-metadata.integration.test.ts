// GetTrieMetadataByPrefix over real gRPC: docs/protocol.md 3.4, checked against 3.3.
import { status } from "@grpc/grpc-js";
import type { TrieNodeMetadataResponse } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Devnet } from "../../src/index.ts";
import { createDevnet } from "../../src/index.ts";
import { nibblesOf, toHex } from "../support/bytes.ts";
import { downloadVirtualShard } from "../support/mirror.ts";
import { naiveNode } from "../support/naive-trie.ts";
import type { RpcClient } from "../support/rpc-client.ts";
import { connect, failureOf } from "../support/rpc-client.ts";

const blake3 = await loadBlake3();
const MISSING = { code: status.INTERNAL, details: "Node not found for the given prefix" };
/** In nibbles: virtual shard, fid and type byte come first (3.3). */
const FIRST_LEAF_DEPTH = 12;

let devnet: Devnet;
let client: RpcClient;
/** The keys of shard 1 as nibbles. */
const paths: Uint8Array[] = [];
const keys: Uint8Array[] = [];
/** The same by what comes before their hashes. */
const byType = new Map<string, Uint8Array[]>();

beforeAll(async () => {
  devnet = createDevnet({ blockMs: 0, messages: 2500, users: 200, gaslessKeys: false });
  await devnet.start();
  client = connect(devnet.port);
  devnet.takeSnapshot();
  const height = devnet.heights().get(1)!;
  for (let trieVirtualShard = 0; trieVirtualShard < 256; trieVirtualShard++) {
    const request = { shardId: 1, height, trieVirtualShard };
    const { entries, failure } = await downloadVirtualShard(client, request);
    expect(failure).toBeUndefined();
    keys.push(...entries.map(({ trieKey }) => trieKey));
  }
  paths.push(...keys.map(nibblesOf));
  for (const path of paths) byType.set(typeOf(path), [...(byType.get(typeOf(path)) ?? []), path]);
});
afterAll(async () => {
  client.close();
  await devnet.stop();
});

type NodeMetadata = Omit<TrieNodeMetadataResponse, "_unknownFields">;

function call(prefix: Uint8Array): Promise<TrieNodeMetadataResponse> {
  return client.hub.getTrieMetadataByPrefix({ shardId: 1, prefix });
}

/** A node with its children in the order of the answer. */
async function read(prefix: Uint8Array): Promise<NodeMetadata> {
  return plain(await call(prefix));
}

function plain({ prefix, numMessages, hash, children }: TrieNodeMetadataResponse): NodeMetadata {
  return { prefix, numMessages, hash, children: children.map(plain) };
}

function below(path: Uint8Array): Uint8Array[] {
  const isLong = path.length >= FIRST_LEAF_DEPTH;
  const candidates = isLong ? (byType.get(typeOf(path)) ?? []) : paths;
  return candidates.filter((each) => path.every((nibble, depth) => each[depth] === nibble));
}

function typeOf(path: Uint8Array): string {
  return path.subarray(0, FIRST_LEAF_DEPTH).join();
}

/** The depth in nibbles at which a key stands as a leaf. */
function leafDepthOf(path: Uint8Array): number {
  let depth = FIRST_LEAF_DEPTH;
  while (below(path.subarray(0, depth)).length > 1) depth++;
  return depth;
}

/** A node as a node's own recursive definition has it, without its children. */
function nodeAt(path: Uint8Array) {
  const inside = below(path);
  const hash = toHex(naiveNode(inside, path.length, blake3));
  return { numMessages: BigInt(inside.length), hash };
}

/** What 3.4 says about a prefix under which there is more than one key. */
function branchAt(prefix: Uint8Array) {
  const path = nibblesOf(prefix);
  const children = Array.from({ length: 16 }, (_, nibble) => Uint8Array.of(...path, nibble))
    .filter((child) => below(child).length > 0)
    .map((child) => ({ prefix: child, ...nodeAt(child), children: [] }));
  return { prefix, ...nodeAt(path), children };
}

function byPrefix({ children, ...node }: NodeMetadata): NodeMetadata {
  return { ...node, children: children.toSorted((a, b) => Buffer.compare(a.prefix, b.prefix)) };
}

describe("GetTrieMetadataByPrefix", () => {
  it("tells the root, which is the shard's, with its 16 children", async () => {
    const root = await read(new Uint8Array());
    const height = devnet.heights().get(1)!;
    const chunks = await client.hub.getShardChunks({ shardId: 1, startBlockNumber: height });

    expect(root.children).toHaveLength(16);
    expect(byPrefix(root)).toEqual(branchAt(new Uint8Array()));
    expect(root.hash).toBe(toHex(chunks.shardChunks[0]!.header!.shardRoot));
    expect(root.numMessages).toBe(BigInt(keys.length));
  });

  it.each([
    ["virtual shards", 1],
    ["parts of a fid", 2],
    ["parts of a fid", 3],
    ["parts of a fid", 4],
    ["accounts", 5],
  ])("tells %s by %d bytes", async (_, length) => {
    for (const key of keys.filter((__, index) => index % 500 === 0)) {
      const prefix = key.slice(0, length);
      expect(byPrefix(await read(prefix))).toEqual(branchAt(prefix));
    }
  });

  it("tells types, and what is longer, as far as several keys share it", async () => {
    let deepest = 0;
    for (const [index, path] of paths.entries()) {
      const depth = leafDepthOf(path);
      if (depth < 14 || (depth < 16 && index % 50 > 0)) continue;
      deepest = Math.max(deepest, depth);
      for (let length = 6; length * 2 < depth; length++) {
        const prefix = keys[index]!.slice(0, length);
        expect(byPrefix(await read(prefix))).toEqual(branchAt(prefix));
      }
    }
    // Of a virtual shard's byte, a fid's four and the type's, some share two bytes of their hash.
    expect(deepest).toBeGreaterThanOrEqual(15);
  });

  it("names a leaf at its own depth, with no children, and at none below", async () => {
    const seen = new Set<number>();
    for (const [index, path] of paths.entries()) {
      const depth = leafDepthOf(path);
      if (seen.has(depth)) continue;
      seen.add(depth);
      const key = keys[index]!;
      // Bytes name every other depth; at the ones between, the parent tells of the leaf.
      const parent = await read(key.slice(0, Math.floor((depth - 1) / 2)));
      const leaf = { numMessages: 1n, hash: toHex(blake3.hash20(path)) };
      if (depth % 2 === 0) {
        const prefix = key.slice(0, depth / 2);
        expect(await read(prefix)).toEqual({ prefix, ...leaf, children: [] });
      } else {
        const prefix = path.slice(0, depth);
        expect(parent.children).toContainEqual({ prefix, ...leaf, children: [] });
      }
      for (let length = Math.floor(depth / 2) + 1; length <= key.length; length++) {
        expect(await failureOf(call(key.slice(0, length)))).toEqual(MISSING);
      }
    }
    // A type's only message, and messages whose hashes begin alike.
    expect([...seen].sort()).toEqual(expect.arrayContaining([12, 13, 14, 15]));
  });

  it("lists children in no order, like the node's hash map", async () => {
    const { children } = await read(new Uint8Array());
    const names = children.map(({ prefix }) => prefix[0]!);

    expect(names).not.toEqual(names.toSorted((a, b) => a - b));
  });

  it("has nothing at a prefix that no key has, beyond any key, and on other shards", async () => {
    for (const length of [1, 5, 26, 42]) {
      const prefix = new Uint8Array(length).fill(0xff);
      if (below(nibblesOf(prefix)).length > 0) continue;
      expect(await failureOf(call(prefix))).toEqual(MISSING);
    }
    expect(await failureOf(call(Uint8Array.of(...keys[0]!, 0)))).toEqual(MISSING);
    for (const shardId of [0, 3]) {
      const other = client.hub.getTrieMetadataByPrefix({ shardId, prefix: new Uint8Array() });
      expect(await failureOf(other)).toMatchObject({ code: status.INVALID_ARGUMENT });
    }
  });

  it("tells of the live trie, not of a snapshot", async () => {
    const before = await read(new Uint8Array());
    await devnet.produceBlock(2);
    const after = await read(new Uint8Array());
    const height = devnet.heights().get(1)!;
    const chunks = await client.hub.getShardChunks({ shardId: 1, startBlockNumber: height });

    expect(after.hash).not.toBe(before.hash);
    expect(after.hash).toBe(toHex(chunks.shardChunks[0]!.header!.shardRoot));
  });
});
