import type { NodeClient } from "@snaprag/client";
import { fromFarcasterTime } from "@snaprag/processors";
import type { Block } from "@snaprag/proto";
import { BlockHeader, FarcasterNetwork } from "@snaprag/proto";
import { expect, it } from "vitest";
import { findFirstKeyBlock } from "../../src/realtime/keys/find-first-key-block.ts";

const { signal } = new AbortController();
const NEWEST = 100_000n;
/** The first block of which mainnet's nodes could merge a gasless key: V16. */
const FIRST = 40_000n;
const V16 = 168_714_000n;

interface Node {
  /** The first block that the node has not pruned. */
  readonly firstKept?: bigint;
  /** How many calls end before they have given anything. */
  readonly emptyAnswers?: number;
}

/** A node with a block each second, as a stream gives them. */
function nodeWith({ firstKept = 0n, emptyAnswers = 0 }: Node): Pick<NodeClient, "readBlocks"> {
  let left = emptyAnswers;
  return {
    async *readBlocks({ startBlock = 0n, stopBlock = NEWEST + 1n }) {
      left -= 1;
      if (left >= 0) return;
      for (let block = startBlock; block < stopBlock; block++) {
        if (block < firstKept) continue;
        const timestamp = V16 + block - FIRST;
        yield { header: { ...BlockHeader.create(), timestamp } } as Block;
      }
    },
  };
}

function search(node: Node, until?: Date): Promise<bigint> {
  const range = { startBlock: 0n, newestBlock: NEWEST, until };
  return findFirstKeyBlock(nodeWith(node), { network: FarcasterNetwork.MAINNET, ...range }, signal);
}

it("finds the first block that can hold a key", async () => {
  expect(await search({})).toBe(FIRST);
});

it("finds it where older blocks were pruned", async () => {
  expect(await search({ firstKept: FIRST - 20_000n })).toBe(FIRST);
});

it("finds it though a stream ends before it has given anything", async () => {
  expect(await search({ emptyAnswers: 2 })).toBe(FIRST);
});

it("begins right after a time before which no block can hold a key", async () => {
  const timeOf = (block: bigint) => fromFarcasterTime(V16 + block - FIRST);

  expect(await search({}, timeOf(FIRST - 20_000n))).toBe(FIRST - 20_000n + 1n);
  expect(await search({}, timeOf(FIRST + 20_000n))).toBe(FIRST);
});

it("begins before what the node has pruned, which may have held keys", async () => {
  expect(await search({ firstKept: FIRST + 20_000n })).toBe(0n);
});

it("begins after what the node shows to be too old, before a hole", async () => {
  expect(await search({ firstKept: FIRST + 1n })).toBeLessThanOrEqual(FIRST);
});
