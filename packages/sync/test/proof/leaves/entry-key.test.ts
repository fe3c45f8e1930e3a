// An entry is under its own key, and under no other (docs/protocol.md 3.1).
import type { Change } from "@snaprag/processors";
import { processSnapshotEntry } from "@snaprag/processors";
import {
  aChannelRegisterEvent,
  aMessage,
  anFnameProof,
  anIdRegisterEvent,
  aSignerEvent,
  aSignerMigratedEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
} from "@snaprag/processors/testing";
import type {
  Message,
  OnChainEvent,
  ShardTrieEntryWithMessage,
  UserNameProof,
} from "@snaprag/proto";
import { MessageData, UserNameType } from "@snaprag/proto";
import { homeShardOf } from "@snaprag/verify";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hasOwnKey } from "../../../src/proof/leaves/entry-key.ts";
import { KINDS } from "../../support/hashed-messages.ts";
import {
  keyText,
  keyTextOfEvent,
  keyTextsOfMessage,
  keyTextsOfProof,
} from "../../support/trie-keys.ts";

type Content = NonNullable<ShardTrieEntryWithMessage["trieMessage"]>;

/** Something that snapshots list, and the keys that it may be under. */
interface Listing {
  readonly name: string;
  readonly content: Content;
  readonly keys: readonly string[];
}

function ofMessage(name: string, value: Message): Listing {
  return { name, content: { $case: "userMessage", value }, keys: keyTextsOfMessage(value) };
}

function ofEvent(name: string, value: OnChainEvent): Listing {
  return { name, content: { $case: "onChainEvent", value }, keys: [keyTextOfEvent(value)] };
}

function ofProof(name: string, proof: UserNameProof): Listing {
  const value = { id: 0n, fromFid: 0n, proof };
  return { name, content: { $case: "fnameTransfer", value }, keys: keyTextsOfProof(proof) };
}

/** A message of a type newer than this version: an older one's body under another number. */
function aNewerMessage(type: number): Message {
  const message = aMessage("castAdd");
  const data = MessageData.encode({ ...MessageData.decode(message.data), type: type as 1 });
  return { ...message, data: data.finish() };
}

const LISTINGS: readonly Listing[] = [
  ...KINDS.filter((kind) => kind !== "frameAction").map((kind) => ofMessage(kind, aMessage(kind))),
  ofMessage("lend to oneself", aMessage("lendStorage", { body: { toFid: 1n } })),
  ofMessage("cast of a fid beyond 32 bits", aMessage("castAdd", { fid: 2n ** 32n + 1n })),
  ofMessage("message of another's type", aNewerMessage(5)),
  ...[22, 29, 31].map((type) => ofMessage(`message of type ${type}`, aNewerMessage(type))),
  ofEvent("signer", aSignerEvent({}, { logIndex: 258 })),
  ofEvent("signer migration", aSignerMigratedEvent()),
  ofEvent("id register", anIdRegisterEvent()),
  ofEvent("storage rent", aStorageRentEvent()),
  ofEvent("tier purchase", aTierPurchaseEvent()),
  ofEvent("channel register", aChannelRegisterEvent()),
  ofProof("fname", anFnameProof()),
  ofProof("fname of 20 bytes", anFnameProof({ name: "a".repeat(20) })),
];

function entryOf({ content }: Listing, key: string): ShardTrieEntryWithMessage {
  return { trieKey: Uint8Array.from(Buffer.from(key, "hex")), trieMessage: content };
}

/** What an entry is processed to on a shard, as where pages are read. */
function changesOf(entry: ShardTrieEntryWithMessage, shardId: number): readonly Change[] {
  const homeOf = (fid: bigint) => homeShardOf(fid, 2);
  const context = { shardId, network: 1, homeShardOf: homeOf, height: 10n };
  return processSnapshotEntry(entry, context).changes;
}

/** Whether an entry is taken on each of two shards, and when nothing is known of it. */
function verdicts(entry: ShardTrieEntryWithMessage): readonly boolean[] {
  return [
    hasOwnKey(entry, []),
    ...[1, 2].map((shardId) => hasOwnKey(entry, changesOf(entry, shardId))),
  ];
}

const ACCEPTED = [true, true, true];
const REFUSED = [false, false, false];

describe("hasOwnKey()", () => {
  it.each(LISTINGS)("takes a $name under each of its keys", (listing) => {
    expect(listing.keys.length).toBeGreaterThan(0);
    for (const key of listing.keys) expect(verdicts(entryOf(listing, key))).toEqual(ACCEPTED);
  });

  it.each(LISTINGS)("takes a $name under no key that differs in a byte", (listing) => {
    for (const key of listing.keys) {
      for (let position = 0; position < key.length / 2; position++) {
        for (const bits of [1, 8, 0x80, 0xff]) {
          const entry = entryOf(listing, key);
          const byte = entry.trieKey[position] ?? 0;
          const trieKey = entry.trieKey.with(position, byte ^ bits);

          expect(verdicts({ ...entry, trieKey }), `byte ${position}`).toEqual(REFUSED);
        }
      }
    }
  });

  it.each(LISTINGS)("takes a $name under no key that is longer or shorter", (listing) => {
    const [key = ""] = listing.keys;

    for (const other of [`${key}00`, key.slice(0, -2), key.slice(0, 12), key.slice(0, 10), ""]) {
      expect(verdicts(entryOf(listing, other)), other).toEqual(REFUSED);
    }
  });

  it("takes nothing under the key of anything else, in whatever order they come", () => {
    const one = fc.constantFrom(...LISTINGS);
    fc.assert(
      fc.property(one, one, (listing, other) => {
        const [key = ""] = other.keys;

        expect(hasOwnKey(entryOf(listing, key), [])).toBe(listing.keys.includes(key));
      }),
      { numRuns: 500 },
    );
  });

  it("takes nothing that has no key: frame actions, names given up, too long, or of messages", () => {
    const action = ofMessage("frame action", aMessage("frameAction"));
    const { hash } = aMessage("frameAction");
    const padded = Buffer.from("alice".padEnd(20, "\0"));
    const ens = { ...anFnameProof(), type: UserNameType.USERNAME_TYPE_ENS_L1 };

    expect(verdicts(entryOf(action, keyText(1n, 13 << 3, hash)))).toEqual(REFUSED);
    for (const [proof, fid] of [
      [anFnameProof({ fid: 0n }), 0n],
      [ens, 1n],
      [anFnameProof({ name: "a".repeat(21) }), 1n],
    ] as const) {
      expect(verdicts(entryOf(ofProof("name", proof), keyText(fid, 7, padded)))).toEqual(REFUSED);
    }
  });

  it("takes no message of which not even the author can be read", () => {
    const message = { ...aMessage("castAdd"), data: Uint8Array.of(0xff) };
    const content = { $case: "userMessage", value: message } as const;
    const keys = [keyText(0n, 0, message.hash), keyText(1n, 8, message.hash)];

    for (const key of keys) {
      expect(hasOwnKey(entryOf({ name: "", content, keys }, key), [])).toBe(false);
    }
  });

  it("takes no entry without content", () => {
    const trieKey = Uint8Array.from(Buffer.from(keyText(1n, 8, new Uint8Array(20)), "hex"));
    const value = { id: 0n, fromFid: 0n, proof: undefined };

    expect(hasOwnKey({ trieKey, trieMessage: undefined }, [])).toBe(false);
    expect(hasOwnKey({ trieKey, trieMessage: { $case: "fnameTransfer", value } }, [])).toBe(false);
  });

  it("takes a message under no key in the virtual shard of the account before", () => {
    const listings = [1n, 2n, 1n, 42n].map((fid) => ofMessage("", aMessage("castAdd", { fid })));
    let before = "98";
    for (const listing of listings) {
      const [key = ""] = listing.keys;
      const entry = entryOf(listing, `${before}${key.slice(2)}`);

      expect(verdicts(entry)).toEqual(REFUSED);
      expect(verdicts(entryOf(listing, key))).toEqual(ACCEPTED);
      before = key.slice(0, 2);
    }
  });

  it("looks into an entry whose row is another's, or none", () => {
    const [cast, other] = [aMessage("castAdd"), aMessage("castAdd", { seed: 1 })];
    const [listing, wrong] = [ofMessage("cast", cast), ofMessage("other", other)];
    const entry = entryOf(listing, listing.keys[0] ?? "");
    const changes = changesOf(entryOf(wrong, wrong.keys[0] ?? ""), 1);
    const sweep = { kind: "sweepKeys", fid: 1n, key: new Uint8Array(32) } as const;
    const retirement = { reason: "removed", eventId: 1n, at: new Date(0) } as const;

    expect(hasOwnKey(entry, changes)).toBe(true);
    expect(hasOwnKey(entry, [{ ...sweep, retirement }])).toBe(true);
  });
});
