// Accounts that parts have otherwise than a node's live trie: exactly those, by few calls.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { Devnet } from "@snaprag/devnet";
import { loadBlake3, virtualShardOf } from "@snaprag/verify";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountPrefix, readTrieNode } from "../../../src/proof/node/trie-node.ts";
import { findDifferingPaths, numberOf } from "../../../src/proof/rows/find-differences.ts";
import type { Part } from "../../../src/proof/rows/shard-tree.ts";
import { hashAt, partsOfVirtualShard } from "../../../src/proof/rows/shard-tree.ts";
import { startDevnet } from "../../support/mirrors.ts";

const blake3 = await loadBlake3();
const { signal } = new AbortController();
const SHARD_ID = 1;
const ACCOUNT_NIBBLES = 10;
/** Each byte on the way to an account costs its 16 nodes. */
const CALLS_PER_ACCOUNT = (16 * ACCOUNT_NIBBLES) / 2;

let devnet: Devnet;
let client: NodeClient;
/** Every account of the shard's live trie, in its order. */
let live: readonly Part[];

beforeAll(async () => {
  devnet = await startDevnet({ users: 60, messages: 2000, gaslessKeys: true });
  client = createNodeClient({ endpoint: devnet.endpoint });
  live = await readLiveAccounts();
});

afterAll(async () => {
  await client.close();
  await devnet.stop();
});

/** Asks for every account that the network has ever had, on whatever shard it is at home. */
async function readLiveAccounts(): Promise<readonly Part[]> {
  const fids = new Set<bigint>([0n]);
  for (const entry of devnet.listLive()) {
    if (entry.kind === "message") fids.add(entry.fid);
    else fids.add(entry.kind === "onChainEvent" ? entry.event.fid : entry.proof.fid);
  }
  const parts: Part[] = [];
  for (const fid of fids) {
    const virtualShard = virtualShardOf(fid);
    const prefix = accountPrefix(virtualShard, fid);
    const node = await readTrieNode(client, { shardId: SHARD_ID, prefix }, signal);
    if (node) parts.push(...partsOfVirtualShard(virtualShard, [{ fid, hash: node.hash }]));
  }
  return parts.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

function nameOf(path: readonly number[]): string {
  return path.map((nibble) => nibble.toString(16)).join("");
}

/** What is found below a path, and the calls that the node answered for it. */
async function find(
  parts: readonly Part[],
  { path = [], length = ACCOUNT_NIBBLES }: { path?: readonly number[]; length?: number } = {},
) {
  devnet.setFaults({ slowRpcs: [{ chance: 1, delayMs: 0 }] });
  const before = devnet.faultCounts().get("slowRpcs") ?? 0;
  const comparison = { client, shardId: SHARD_ID, parts, blake3, signal };
  const found = await findDifferingPaths(comparison, path, length);
  const calls = (devnet.faultCounts().get("slowRpcs") ?? 0) - before;
  devnet.setFaults({});
  return { names: found.map(nameOf).sort(), calls };
}

function altered({ path, hash }: Part): Part {
  return { path, hash: hash.map((byte) => byte ^ 1) };
}

/** An account beside another one, which the node does not have. */
function strayBeside({ path, hash }: Part): Part {
  const last = path.at(-1) ?? 0;
  const taken = new Set(live.map((part) => nameOf(part.path)));
  const free = Array.from({ length: 16 }, (_, nibble) => [...path.slice(0, -1), nibble]).find(
    (candidate) => !taken.has(nameOf(candidate)),
  );
  return { path: free ?? [...path.slice(0, -1), last], hash };
}

const DAMAGES = ["lose", "add", "alter"] as const;

/** What is left of an account, and which one then differs. */
function damage(part: Part, kind: (typeof DAMAGES)[number] | undefined) {
  switch (kind) {
    case "lose":
      return { parts: [], differing: [part] };
    case "alter":
      return { parts: [altered(part)], differing: [part] };
    case "add":
      return { parts: [part, strayBeside(part)], differing: [strayBeside(part)] };
    default:
      return { parts: [part], differing: [] };
  }
}

/** Names of parts in the order of the trie, each once. */
function namesOf(parts: readonly Part[]): readonly string[] {
  return [...new Set(parts.map(({ path }) => nameOf(path)))].sort();
}

/** Parts as they come from where rows are read: in the order of the trie, each once. */
function inOrder(parts: readonly Part[]): readonly Part[] {
  const known = new Map(parts.map((part) => [nameOf(part.path), part]));
  return namesOf(parts).flatMap((name) => known.get(name) ?? []);
}

describe("numberOf()", () => {
  it("is the fid that a path ends with", () => {
    expect(numberOf([0, 0, 0, 0, 0, 4, 13, 2])).toBe(1234);
    expect(numberOf([15, 15, 15, 15, 15, 15, 15, 15])).toBe(2 ** 32 - 1);
  });
});

describe("findDifferingPaths()", () => {
  it("finds nothing in a trie that is the same, by one call", async () => {
    expect(live.length).toBeGreaterThan(40);
    expect(await find(live)).toEqual({ names: [], calls: 1 });
  });

  it("finds exactly the accounts that are missing, too many, or others", async () => {
    const anyDamages = fc.dictionary(
      fc.nat(live.length - 1).map(String),
      fc.constantFrom(...DAMAGES),
      { maxKeys: 5 },
    );
    await fc.assert(
      fc.asyncProperty(anyDamages, async (damages) => {
        const damaged = live.map((part, index) => damage(part, damages[index]));
        const expected = namesOf(damaged.flatMap(({ differing }) => differing));

        const { names, calls } = await find(inOrder(damaged.flatMap(({ parts }) => parts)));

        expect(names).toEqual(expected);
        expect(calls).toBeLessThanOrEqual(1 + CALLS_PER_ACCOUNT * expected.length);
      }),
      { numRuns: 15 },
    );
  });

  it("finds all accounts where there are no parts, and all parts where there are no accounts", async () => {
    const [first] = live;
    if (first === undefined) throw new Error("There is an account");
    const path = first.path.slice(0, 2);
    const below = live.filter((part) => nameOf(part.path).startsWith(nameOf(path)));
    const empty = findEmptyVirtualShard();
    const strays = [{ path: [...empty, 0, 0, 0, 0, 0, 0, 0, 5], hash: first.hash }];

    expect((await find([], { path })).names).toEqual(below.map((part) => nameOf(part.path)));
    expect((await find(strays, { path: empty })).names).toEqual(
      strays.map((part) => nameOf(part.path)),
    );
  });

  it("stops at the virtual shards when asked for no more", async () => {
    const part = live[Math.floor(live.length / 2)];
    if (part === undefined) throw new Error("There is an account");
    const virtualShards = [...new Set(live.map(({ path }) => nameOf(path.slice(0, 2))))];
    const roots = virtualShards.map((name) => {
      const path = [...name].map((digit) => Number.parseInt(digit, 16));
      return { path, hash: hashAt(live, path, blake3) ?? new Uint8Array() };
    });
    const name = nameOf(part.path.slice(0, 2));
    const wrong = roots.map((root) => (nameOf(root.path) === name ? altered(root) : root));

    expect(await find(roots, { length: 2 })).toEqual({ names: [], calls: 1 });
    expect(await find(wrong, { length: 2 })).toEqual({ names: [name], calls: 1 + 16 });
  });
});

function findEmptyVirtualShard(): readonly number[] {
  const taken = new Set(live.map(({ path }) => numberOf(path.slice(0, 2))));
  const free = Array.from({ length: 256 }, (_, virtualShard) => virtualShard).find(
    (virtualShard) => !taken.has(virtualShard),
  );
  if (free === undefined) throw new Error("Every virtual shard has accounts");
  return [free >> 4, free & 15];
}
