import { loadBlake3 } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTrie } from "../../src/trie/create-trie.ts";
import type { WalkPosition } from "../../src/trie/page-token.ts";
import { decodePageToken, encodePageToken } from "../../src/trie/page-token.ts";
import { walkVirtualShard } from "../../src/trie/walk-virtual-shard.ts";
import { arbitraryKeys } from "../support/arbitrary-keys.ts";
import { nibblesOf, toHex } from "../support/bytes.ts";

const blake3 = await loadBlake3();

function trieOf(keys: readonly Uint8Array[]) {
  const trie = createTrie<null>(blake3);
  for (const key of keys) trie.insert(key, null);
  return trie;
}

/** Walks page by page through tokens, as a client does. */
function walkAll(trie: ReturnType<typeof trieOf>, virtualShard: number, limit: number) {
  const pages: string[][] = [];
  let token: string | undefined;
  do {
    const from = token === undefined ? undefined : decodePageToken(token);
    const outcome = walkVirtualShard(trie, { virtualShard, from, limit });
    if (!outcome.found) throw new Error("Expected the nodes that a token lists");
    pages.push(outcome.leaves.map(({ key }) => toHex(key)));
    token = outcome.next && encodePageToken(outcome.next);
  } while (token !== undefined);
  return pages;
}

describe("walkVirtualShard()", () => {
  it("visits every key of the virtual shard once, ascending, at any page size", () => {
    fc.assert(
      fc.property(arbitraryKeys, fc.integer({ min: 1, max: 50 }), (keys, limit) => {
        const trie = trieOf(keys);
        for (const virtualShard of [0, 1, 16, 255]) {
          const expected = keys
            .filter(([first]) => first === virtualShard)
            .map(toHex)
            .sort();

          expect(walkAll(trie, virtualShard, limit).flat()).toEqual(expected);
        }
      }),
    );
  });

  it("gives a token after a full page even when nothing is left", () => {
    const keys = [1, 2].map((last) =>
      Uint8Array.from([0, 0, 0, 0, 1, 8, ...new Array(19).fill(0), last]),
    );

    expect(walkAll(trieOf(keys), 0, 2).map((page) => page.length)).toEqual([2, 0]);
  });

  it("finds nothing in an empty virtual shard", () => {
    expect(walkVirtualShard(trieOf([]), { virtualShard: 7, limit: 10 })).toEqual({
      found: true,
      leaves: [],
    });
  });

  it("can be held to one account and some types by a position made by hand", () => {
    const keys = [
      [0, 0, 0, 0, 1, 0x08],
      [0, 0, 0, 0, 1, 0x18],
      [0, 0, 0, 0, 1, 0x80],
      [0, 0, 0, 0, 2, 0x08],
    ].map((head) => Uint8Array.from([...head, ...new Array(20).fill(5)]));
    const trie = trieOf(keys);
    const path = [...nibblesOf(Uint8Array.of(0, 0, 0, 1))];
    const empty = new Array<number[]>(8).fill([]);
    const walk = (from: WalkPosition) =>
      walkVirtualShard(trie, { virtualShard: 0, from, limit: 9 });

    const withoutType8 = walk({ path, pending: [...empty, [1, 0]] });
    expect(withoutType8.found && withoutType8.leaves.map(({ key }) => key)).toEqual(
      keys.slice(0, 2),
    );
    const wholeFid = walk({ path: path.slice(0, 7), pending: [...empty.slice(0, 7), [1]] });
    expect(wholeFid.found && wholeFid.leaves.map(({ key }) => key)).toEqual(keys.slice(0, 3));
    expect(walk({ path, pending: [...empty, [9]] })).toEqual({ found: false });
  });
});

describe("page tokens", () => {
  it("are the node's own encoding", () => {
    // The example of docs/protocol.md 2.3.
    expect(encodePageToken({ path: [1, 2, 3], pending: [[], [255]] })).toBe(
      "AAAAAwAAAAMBAgMAAAAAAAAAAf8=",
    );
  });

  it("are refused when they do not have one level more than nibbles", () => {
    expect(decodePageToken("AAAAAwAAAAMBAgMAAAAAAAAAAf8=")).toBeUndefined();
  });

  it("come back as they were", () => {
    const levels = fc.array(fc.array(fc.nat(15)), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(levels, (pending) => {
        const position = { path: new Array(pending.length - 1).fill(3), pending };

        expect(decodePageToken(encodePageToken(position))).toEqual(position);
      }),
    );
  });

  it.each(["", "!!", "AAAA", "AAAAAQ==", "AAAAAQAAAAk=", "AAAAAf////8=", "AAAAAAAA"])(
    "are refused when they are none: %j",
    (token) => {
      expect(decodePageToken(token)).toBeUndefined();
    },
  );
});
