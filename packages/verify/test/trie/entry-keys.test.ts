// Which keys each kind of entry has (docs/protocol.md 3.1).
import type { MessageKind, TypedMessage } from "@snaprag/proto";
import {
  LendStorageBody,
  MESSAGE_WIRE_TYPES,
  Message,
  OnChainEvent,
  OnChainEventType,
  UserNameProof,
} from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import {
  onChainEventTrieKey,
  readTrieKeyHead,
  trieKeyOfUsernameProof,
  trieKeysOfMessage,
} from "../../src/index.ts";
import { toHex } from "../support/naive-trie.ts";

/** Type bytes as the table of docs/protocol.md 3.1 has them. */
const TYPE_BYTES: { readonly [Kind in MessageKind]: string | undefined } = {
  castAdd: "08",
  castRemove: "10",
  reactionAdd: "18",
  reactionRemove: "20",
  linkAdd: "28",
  linkRemove: "30",
  verificationAdd: "38",
  verificationRemove: "40",
  userDataAdd: "58",
  usernameProof: "60",
  frameAction: undefined,
  linkCompactState: "70",
  lendStorage: "78",
  keyAdd: "80",
  keyRemove: "88",
  channelUpdate: "90",
  channelMember: "98",
  channelPin: "a0",
  channelModerate: "a8",
};

const envelope = { ...Message.decode(new Uint8Array()), hash: new Uint8Array(20).fill(0xab) };

function messageOf(type: MessageKind, body: unknown = {}): TypedMessage {
  const dataBytes = new Uint8Array();
  // Safety: trie keys are made of type, fid, hash and, for lends, the body that is given here.
  return { type, fid: 1234n, timestamp: 0, network: 3, body, dataBytes, envelope } as TypedMessage;
}

describe("trieKeysOfMessage()", () => {
  it("gives a key of its type to a message of every type but frame actions", () => {
    const kinds = Object.keys(MESSAGE_WIRE_TYPES) as MessageKind[];

    for (const kind of kinds.filter((kind) => kind !== "lendStorage")) {
      const typeByte = TYPE_BYTES[kind];
      const expected = typeByte === undefined ? [] : [`f8000004d2${typeByte}${"ab".repeat(20)}`];
      expect([kind, trieKeysOfMessage(messageOf(kind)).map(toHex)]).toEqual([kind, expected]);
    }
  });

  it("gives a storage lend a key under the lender and one under the borrower", () => {
    const lendTo = (toFid: bigint) =>
      messageOf("lendStorage", { ...LendStorageBody.decode(new Uint8Array()), toFid });

    expect(trieKeysOfMessage(lendTo(42n)).map(toHex)).toEqual([
      `f8000004d278${"ab".repeat(20)}`,
      `8d0000002a78${"ab".repeat(20)}`,
    ]);
    expect(trieKeysOfMessage(lendTo(1234n))).toHaveLength(1);
  });
});

describe("trieKeyOfUsernameProof()", () => {
  const proof = UserNameProof.decode(new Uint8Array());
  const name = Buffer.from("longishusername");

  it("gives a key to an fname that somebody holds", () => {
    expect(toHex(trieKeyOfUsernameProof({ ...proof, type: 1, fid: 1234n, name })!)).toBe(
      "f8000004d2076c6f6e67697368757365726e616d650000000000",
    );
  });

  it("gives none to a name given up, and none to names that a message carries", () => {
    expect(trieKeyOfUsernameProof({ ...proof, type: 1, fid: 0n, name })).toBeUndefined();
    expect(trieKeyOfUsernameProof({ ...proof, type: 2, fid: 1234n, name })).toBeUndefined();
    expect(trieKeyOfUsernameProof({ ...proof, type: 3, fid: 1234n, name })).toBeUndefined();
  });

  it("refuses an fname longer than a key holds", () => {
    const long = { ...proof, type: 1 as const, fid: 1234n, name: new Uint8Array(21) };

    expect(() => trieKeyOfUsernameProof(long)).toThrow("[malformed_key]");
  });
});

describe("onChainEventTrieKey()", () => {
  it("gives a key of its type to an event of all six types", () => {
    const types = Object.values(OnChainEventType).filter((type) => type > 0);
    const transactionHash = new Uint8Array(32).fill(0xa1);
    const event = { ...OnChainEvent.decode(new Uint8Array()), transactionHash, logIndex: 258 };

    expect(types.map((type) => toHex(onChainEventTrieKey({ ...event, fid: 42n, type })))).toEqual(
      [1, 2, 3, 4, 5, 6].map((type) => `8d0000002a0${type}${"a1".repeat(32)}00000102`),
    );
  });
});

describe("readTrieKeyHead()", () => {
  it("reads virtual shard, fid and type byte, and refuses less than six bytes", () => {
    const key = Uint8Array.of(0xf8, 0, 0, 4, 0xd2, 0x78);

    expect(readTrieKeyHead(key)).toEqual({ virtualShard: 248, fid: 1234n, typeByte: 0x78 });
    expect(() => readTrieKeyHead(key.subarray(1))).toThrow("[malformed_key]");
  });
});
