// The definition of docs/protocol.md 3.3 against the vectors of 3.5 and against the streaming hasher.
import { OnChainEvent } from "@snaprag/proto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AccountRoot, VirtualShardRoot } from "../../src/index.ts";
import {
  createTrieHasher,
  loadBlake3,
  messageTrieKey,
  onChainEventTrieKey,
  readTrieKeyHead,
  trieNodeHash,
} from "../../src/index.ts";
import { arbitraryKeys } from "../support/arbitrary-keys.ts";
import { fromHex, naiveNode, nibblesOf, toHex } from "../support/naive-trie.ts";

const blake3 = await loadBlake3();

function onChainKey(fid: bigint, type: number, fill: number, logIndex = 0): Uint8Array {
  const event = OnChainEvent.decode(new Uint8Array());
  const transactionHash = new Uint8Array(32).fill(fill);
  return onChainEventTrieKey({ ...event, fid, type: type as 1, transactionHash, logIndex });
}

function castKey(hash: string): Uint8Array {
  return messageTrieKey(1234n, 1, fromHex(hash));
}

/** The node at a depth above keys in whatever order. */
function nodeOf(keys: readonly Uint8Array[], depth: number): string {
  return toHex(trieNodeHash([...keys].sort(Buffer.compare), depth, blake3));
}

const RENT = onChainKey(1234n, 4, 0xa1);
const REGISTER = onChainKey(1234n, 3, 0xa2);
const SIGNER = onChainKey(1234n, 1, 0xa3);
const BASE = [RENT, REGISTER, SIGNER];
const CAST = castKey("27f49c6928369d64495f4c4dd142c2e7389ebf1e");
/** Two casts whose hashes begin with the same nibble. */
const PAIR = [
  castKey("eb1850b43b2dd25935222c9137f5fa71b02b9689"),
  castKey("ee0fcb6344d22ea2af4f97859108eb5a3c6650fd"),
];

describe("trieNodeHash()", () => {
  it.each([
    ["storage rent", RENT, "aac6d1890cb68358c2c6ce68a57a2be533568055"],
    ["id register", REGISTER, "b616b445be30b6976b0691fe0a3ed38f88552f62"],
    ["signer", SIGNER, "50e9389827b76e772c822a3a03e76cec772d3eec"],
    ["cast", CAST, "95f4bcec41a044b087df40055cca7bf7576df1e6"],
  ])("gives the leaf of a %s at its type, and the same further down", (_, key, leaf) => {
    expect([12, 13, 30].map((depth) => nodeOf([key], depth))).toEqual([leaf, leaf, leaf]);
  });

  it.each([
    [11, "98e5e3b0c1d405e65655ca3b9f931173e91d6605"],
    [10, "735b36b21bb061fb3c247ef375c71fd109885a0d"],
    [9, "e96e514c49a92a91a4940b5d7ad4c0a050ead8b4"],
    [2, "353bea021f7f96fba280a35feba3523d1f88ad2c"],
    [1, "f7fd270db9fe679174bf172cb4042f1e30193121"],
    [0, "f4002357cb70255b96989a673ff575478e96ce53"],
  ])("gives the node at depth %d on the way to a cast", (depth, hash) => {
    expect(nodeOf([...BASE, CAST], depth)).toBe(hash);
  });

  it("gives every node where two casts share a nibble", () => {
    const [first = CAST] = PAIR;

    expect(nodeOf([first], 14)).toBe("25e6b6f910987762d4b30206e1213426fecfb779");
    expect(nodeOf(PAIR, 13)).toBe("328005598761ae309f581a8d5b5e5f60193314e7");
    expect(nodeOf(PAIR, 12)).toBe("3b1507e88aea54b71fe60c12691d9b114d6ab64d");
    expect(nodeOf([...BASE, ...PAIR], 10)).toBe("b28938ac004258943f9cba9b7f13ba655e036b20");
    expect(nodeOf([...BASE, ...PAIR], 0)).toBe("15281b012f30be748e5c0ff8398973c326e8f10f");
  });

  it("gives the root above two accounts", () => {
    const other = onChainKey(1001n, 3, 0xb2, 7);

    expect(nodeOf([other], 10)).toBe("c44bce9fa8c3626dbd02b702e46ce66e0906bc8f");
    expect(nodeOf([...BASE, ...PAIR, other], 0)).toBe("63f990d05cd8301f66e845c2739be860b9a1f486");
  });

  it("is empty without keys, at any depth", () => {
    expect([0, 10, 12, 52].map((depth) => nodeOf([], depth))).toEqual(["", "", "", ""]);
  });

  it("equals the roots that a hasher tells of accounts, virtual shards and shards", () => {
    fc.assert(
      fc.property(arbitraryKeys, (keys) => {
        const accounts: AccountRoot[] = [];
        const virtualShards: VirtualShardRoot[] = [];
        const hasher = createTrieHasher({
          blake3,
          onAccountRoot: (account) => accounts.push(account),
          onVirtualShardRoot: (virtualShard) => virtualShards.push(virtualShard),
        });
        for (const key of keys) hasher.add(key);
        const { root } = hasher.finish();
        const below = (head: Uint8Array) =>
          keys.filter((key) => Buffer.compare(key.subarray(0, head.length), head) === 0);
        const heads = new Set(keys.map((key) => toHex(key.subarray(0, 5))));

        expect(nodeOf(keys, 0)).toBe(toHex(root));
        expect([...heads].map((head) => nodeOf(below(fromHex(head)), 10))).toEqual(
          accounts.map((account) => toHex(account.root)),
        );
        for (const { virtualShard, root: told } of virtualShards) {
          const inside = keys.filter((key) => readTrieKeyHead(key).virtualShard === virtualShard);
          expect(nodeOf(inside, 2)).toBe(toHex(told));
        }
      }),
    );
  });

  it("equals the recursive definition at every node of a trie", () => {
    fc.assert(
      fc.property(arbitraryKeys, fc.nat(39), fc.nat(51), (keys, at, depth) => {
        const prefix = nibblesOf(keys[at % keys.length] ?? new Uint8Array()).subarray(0, depth);
        const inside = keys.filter((key) =>
          prefix.every((nibble, index) => nibblesOf(key)[index] === nibble),
        );

        expect(nodeOf(inside, depth)).toBe(toHex(naiveNode(inside.map(nibblesOf), depth, blake3)));
      }),
      { numRuns: 500 },
    );
  });
});
