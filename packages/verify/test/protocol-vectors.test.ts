// The vectors of docs/protocol.md 3.5 and 4.1, from the node's own conformance corpus.
import { Message, narrowMessage, OnChainEvent } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import type { AccountRoot } from "../src/index.ts";
import {
  checkMessageHash,
  checkMessageSignature,
  createTrieHasher,
  fnameTrieKey,
  homeShardOf,
  loadBlake3,
  loadEd25519,
  messageTrieKey,
  onChainEventTrieKey,
  trieKeysOfMessage,
  virtualShardOf,
} from "../src/index.ts";
import { fromHex, toHex } from "./support/naive-trie.ts";
import corpus from "./vectors/conformance-corpus.json" with { type: "json" };

const blake3 = await loadBlake3();
const ed25519 = await loadEd25519();

function onChainKey(fid: bigint, type: number, fill: number, logIndex = 0): Uint8Array {
  const event = OnChainEvent.decode(new Uint8Array());
  const transactionHash = new Uint8Array(32).fill(fill);
  return onChainEventTrieKey({ ...event, fid, type: type as 1, transactionHash, logIndex });
}

const BASE = [onChainKey(1234n, 4, 0xa1), onChainKey(1234n, 3, 0xa2), onChainKey(1234n, 1, 0xa3)];

function rootsOf(keys: readonly Uint8Array[]): { root: string; accounts: AccountRoot[] } {
  const accounts: AccountRoot[] = [];
  const hasher = createTrieHasher({ blake3, onAccountRoot: (account) => accounts.push(account) });
  for (const key of [...keys].sort(Buffer.compare)) hasher.add(key);
  return { root: toHex(hasher.finish().root), accounts };
}

describe("protocol vectors", () => {
  it("virtual shards", () => {
    const fids = [0n, 1n, 42n, 100n, 1234n, 918648237462n];
    expect(fids.map(virtualShardOf)).toEqual([152, 168, 141, 89, 248, 153]);
  });

  it("home shards of a network with two data shards", () => {
    const fids = [0n, 1n, 2n, 3n, 42n, 100n, 1000n, 1001n, 1003n, 1234n, 12345n];
    const shards = fids.map((fid) => homeShardOf(fid, 2));
    expect(shards).toEqual([1, 1, 2, 1, 2, 2, 1, 1, 2, 1, 2]);
  });

  it("on-chain keys", () => {
    expect(BASE.map(toHex)).toEqual([
      `f8000004d204${"a1".repeat(32)}00000000`,
      `f8000004d203${"a2".repeat(32)}00000000`,
      `f8000004d201${"a3".repeat(32)}00000000`,
    ]);
  });

  it("username key", () => {
    expect(toHex(fnameTrieKey(1234n, Buffer.from("longishusername")))).toBe(
      "f8000004d2076c6f6e67697368757365726e616d650000000000",
    );
  });

  it.each([
    [
      "none",
      [],
      "74e8ceb2b2179387343afa1fd4d64a386afd39a1",
      "6f5f5e5f2040c29396ef08d814a5fc82dac52eb8",
    ],
    [
      "CastAdd",
      [[1, "27f49c6928369d64495f4c4dd142c2e7389ebf1e"]],
      "f4002357cb70255b96989a673ff575478e96ce53",
      "735b36b21bb061fb3c247ef375c71fd109885a0d",
    ],
    [
      "CastRemove",
      [[2, "b7d1cd976fb46bf5a6fdbdca32717c8404277e2d"]],
      "350797146f60b726a9ed01e6510cf461eae141fd",
      "0a0f27ebc2eafc2c0e5aeff5cc05085a36da8edb",
    ],
    [
      "ReactionAdd",
      [[3, "bbe457a26f1099b0d75d9965bcac691bbb4ce49a"]],
      "a8c079cbcce4fb537495b42bdfe38b6f6411c77f",
      "32d9c56df5247bd0b9b96826b5647bf73365d67c",
    ],
    [
      "LinkAdd",
      [[5, "17e218e50051a6fc3f2e37431f1d981624e42b0a"]],
      "4a1b864f4149b053eb81897d4f02ae5386648e14",
      "d5260aef37b9e0e9474259b19eb1bba00884fea9",
    ],
    [
      "LinkCompactState",
      [[14, "6f6b7d0748c079186da2b91fafbcde7bd6ea0949"]],
      "2cd01c9fdb95829e58df1cd3eb3bd62cfdd54493",
      "125d6d6b6d108cbce714071c4a3375f0eb2e7ff4",
    ],
    [
      "UserDataAdd",
      [[11, "60ee272dd458e0cf081bc3db81a16b26cd56b048"]],
      "278e591969138b316bb4a5990b991ca5e24883a8",
      "50a027a4e6103105c20554c69f78c951b6d51b9a",
    ],
    [
      "two casts that share a nibble",
      [
        [1, "eb1850b43b2dd25935222c9137f5fa71b02b9689"],
        [1, "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd"],
      ],
      "15281b012f30be748e5c0ff8398973c326e8f10f",
      "b28938ac004258943f9cba9b7f13ba655e036b20",
    ],
  ] as [string, [number, string][], string, string][])(
    "shard and account root: %s",
    (_, messages, shardRoot, accountRoot) => {
      const keys = messages.map(([type, hash]) => messageTrieKey(1234n, type, fromHex(hash)));

      const { root, accounts } = rootsOf([...BASE, ...keys]);

      expect(root).toBe(shardRoot);
      expect(
        accounts.map((account) => [account.fid, toHex(account.root), account.leafCount]),
      ).toEqual([[1234n, accountRoot, 3 + messages.length]]);
    },
  );

  it("a second account", () => {
    const casts = [
      "eb1850b43b2dd25935222c9137f5fa71b02b9689",
      "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd",
    ];
    const keys = casts.map((hash) => messageTrieKey(1234n, 1, fromHex(hash)));

    const { root, accounts } = rootsOf([...BASE, ...keys, onChainKey(1001n, 3, 0xb2, 7)]);

    expect(root).toBe("63f990d05cd8301f66e845c2739be860b9a1f486");
    expect(accounts.map((account) => toHex(account.root))).toContain(
      "c44bce9fa8c3626dbd02b702e46ce66e0906bc8f",
    );
  });

  it("message hash over data_bytes", () => {
    const message = {
      ...Message.decode(new Uint8Array()),
      hashScheme: 1 as const,
      hash: fromHex("27f49c6928369d64495f4c4dd142c2e7389ebf1e"),
      dataBytes: fromHex("080110d2091880b58e2d20012a13221148656c6c6f2c2046617263617374657221"),
    };

    expect(checkMessageHash(message, blake3)).toBe("match");
    expect(checkMessageHash({ ...message, dataBytes: fromHex("0801") }, blake3)).toBe("mismatch");
    expect(checkMessageHash({ ...message, dataBytes: new Uint8Array() }, blake3)).toBe("empty");
    expect(checkMessageHash({ ...message, hashScheme: 0 }, blake3)).toBe("unsupported_scheme");
  });

  // Messages as a node has them, with the shard root after each (corpus version 1, engine V21).
  it.each(corpus)("from the bytes of a message to the shard root: $id", (vector) => {
    const message = Message.decode(fromHex(vector.messageBytes));
    const typed = narrowMessage(message);

    expect(checkMessageHash(message, blake3)).toBe("match");
    expect(checkMessageSignature(message, ed25519)).toBe("valid");
    if (typed.type === "unreadable") throw new Error(typed.reason);
    expect(rootsOf([...BASE, ...trieKeysOfMessage(typed)]).root).toBe(vector.shardRoot);
  });
});
