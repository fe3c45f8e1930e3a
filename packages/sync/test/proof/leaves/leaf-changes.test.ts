// Which leaves come and go that no row stands for (docs/protocol.md 2.4, 2.5, 3.2, 6.8).
import {
  aBlockConfirmedEvent,
  aCastAdd,
  aLendStorage,
  aMergeFailureEvent,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  aMessage,
  anFnameProof,
  aPruneMessageEvent,
  aRevokeMessageEvent,
  aSignerEvent,
  aUsernameProof,
  aVerificationAdd,
} from "@snaprag/processors/testing";
import type { HubEvent, Message, ShardTrieEntryWithMessage, UserNameProof } from "@snaprag/proto";
import { MessageData, UserNameType } from "@snaprag/proto";
import type { LeafChange } from "@snaprag/storage";
import { homeShardOf } from "@snaprag/verify";
import { describe, expect, it } from "vitest";
import { leafChangesOf } from "../../../src/proof/leaves/leaf-changes.ts";
import type { Carrier } from "../../../src/run/quarantine/carrier.ts";
import { KINDS } from "../../support/hashed-messages.ts";
import { keyText, keyTextOfEvent, keyTextsOfMessage } from "../../support/trie-keys.ts";

const EVENT_ID = 77n;
/** At home on shard 1, as are 3 and 1000; 2 and 42 are on shard 2 (docs/protocol.md 7). */
const FID = 1n;
const HOME = 1;
const ELSEWHERE = 2;
const LEND = 0x78;
const FNAME = 7;

const GASLESS = ["keyAdd", "keyRemove"] as const;

function changesOf(carrier: Carrier, shardId: number): readonly LeafChange[] {
  const place = { shardId, homeShardOf: (fid: bigint) => homeShardOf(fid, 2), eventId: EVENT_ID };
  return leafChangesOf(carrier, place);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Leaves of an event as text: what comes, then what goes, each with its account. */
function leavesOf(event: HubEvent, shardId: number): readonly string[] {
  return changesOf({ kind: "event", event }, shardId).map(({ isPresent, fid, trieKey }) => {
    return `${isPresent ? "+" : "-"} ${fid} ${hex(trieKey)}`;
  });
}

function comes(fid: bigint, key: string): string {
  return `+ ${fid} ${key}`;
}

function goes(fid: bigint, key: string): string {
  return `- ${fid} ${key}`;
}

function keyOf(message: Message): string {
  const [key = "none"] = keyTextsOfMessage(message);
  return key;
}

/** Of a type newer than this version. */
function anUnreadable(): Message {
  const data = MessageData.encode({ ...MessageData.decode(aCastAdd().data), type: 29 as 1 });
  return { ...aCastAdd(), data: data.finish() };
}

describe("leafChangesOf() of messages", () => {
  const replicated = KINDS.filter(
    (kind) => kind !== "frameAction" && kind !== "lendStorage" && !GASLESS.includes(kind as never),
  );

  it.each(replicated)("gives none to a %s at home, and one anywhere else", (kind) => {
    const [message, replaced] = [aMessage(kind), aMessage(kind, { seed: 1 })];
    const merge = aMergeMessageEvent(message, [replaced]);

    expect(leavesOf(merge, HOME)).toEqual([]);
    expect(leavesOf(merge, ELSEWHERE)).toEqual([
      comes(FID, keyOf(message)),
      goes(FID, keyOf(replaced)),
    ]);
    for (const end of [aPruneMessageEvent(message), aRevokeMessageEvent(message)]) {
      expect(leavesOf(end, HOME)).toEqual([]);
      expect(leavesOf(end, ELSEWHERE)).toEqual([goes(FID, keyOf(message))]);
    }
  });

  it("says where a leaf is and since when", () => {
    const message = aVerificationAdd();
    const carrier = { kind: "event", event: aMergeMessageEvent(message) } as const;
    const trieKey = Uint8Array.from(Buffer.from(keyOf(message), "hex"));

    expect(changesOf(carrier, ELSEWHERE)).toEqual([
      { shardId: ELSEWHERE, fid: FID, trieKey, eventId: EVENT_ID, isPresent: true },
    ]);
  });

  it("tells the account of what was replaced, which may be another author's", () => {
    const merge = aMergeMessageEvent(aMessage("channelPin"), [
      aMessage("channelPin", { fid: 3n }),
      aMessage("channelPin", { fid: 42n }),
    ]);

    expect(leavesOf(merge, ELSEWHERE)).toEqual([
      comes(FID, keyOf(aMessage("channelPin"))),
      goes(3n, keyOf(aMessage("channelPin", { fid: 3n }))),
    ]);
    expect(leavesOf(merge, HOME)).toEqual([goes(42n, keyOf(aMessage("channelPin", { fid: 42n })))]);
  });

  it("gives a lend its borrower's leaf everywhere, and its lender's but for the row at home", () => {
    const lend = aLendStorage({ toFid: 42n });
    const [ofLender, ofBorrower] = [keyText(FID, LEND, lend.hash), keyText(42n, LEND, lend.hash)];

    expect(leavesOf(aMergeMessageEvent(lend), HOME)).toEqual([comes(42n, ofBorrower)]);
    expect(leavesOf(aMergeMessageEvent(lend), ELSEWHERE)).toEqual([
      comes(FID, ofLender),
      comes(42n, ofBorrower),
    ]);
    expect(leavesOf(aPruneMessageEvent(lend), HOME)).toEqual([goes(42n, ofBorrower)]);
    expect(leavesOf(aPruneMessageEvent(lend), ELSEWHERE)).toEqual([
      goes(FID, ofLender),
      goes(42n, ofBorrower),
    ]);
  });

  it("gives a lend its borrower's leaf also where both are at home", () => {
    const lend = aLendStorage({ toFid: 3n });

    expect(leavesOf(aMergeMessageEvent(lend), HOME)).toEqual([
      comes(3n, keyText(3n, LEND, lend.hash)),
    ]);
  });

  it("gives a lend to oneself one leaf, which at home is the row's", () => {
    const lend = aLendStorage({ toFid: FID });

    expect(leavesOf(aMergeMessageEvent(lend), HOME)).toEqual([]);
    expect(leavesOf(aMergeMessageEvent(lend), ELSEWHERE)).toEqual([
      comes(FID, keyText(FID, LEND, lend.hash)),
    ]);
  });

  it("gives none to gasless keys, whose rows come from shard 0", () => {
    for (const kind of GASLESS) {
      const key = aMessage(kind);
      for (const shardId of [HOME, ELSEWHERE]) {
        expect(leavesOf(aMergeMessageEvent(key, [key]), shardId)).toEqual([]);
        expect(leavesOf(aPruneMessageEvent(key), shardId)).toEqual([]);
        expect(leavesOf(aRevokeMessageEvent(key), shardId)).toEqual([]);
      }
    }
  });

  it("gives none to messages that cannot be read, or are not there, and none to frame actions", () => {
    const merge = aMergeMessageEvent(anUnreadable(), [anUnreadable()]);
    const nothing = { $case: "mergeMessageBody" as const };
    const value = { message: undefined, deletedMessages: [aVerificationAdd()] };
    const rest = { ...merge, body: { ...nothing, value } };

    expect(leavesOf(merge, ELSEWHERE)).toEqual([]);
    expect(leavesOf(rest, ELSEWHERE)).toEqual([goes(FID, keyOf(aVerificationAdd()))]);
    expect(leavesOf(aMergeMessageEvent(aMessage("frameAction")), ELSEWHERE)).toEqual([]);
  });

  it("gives none to what has no leaf, or a row's", () => {
    const others = [
      aMergeOnChainEvent(aSignerEvent()),
      aMergeFailureEvent({ message: aVerificationAdd() }),
      aBlockConfirmedEvent(),
      { ...aBlockConfirmedEvent(), body: undefined },
    ];

    for (const event of others) {
      expect([...leavesOf(event, HOME), ...leavesOf(event, ELSEWHERE)]).toEqual([]);
    }
  });
});

describe("leafChangesOf() of names", () => {
  const nameKey = (fid: bigint, name = "alice") =>
    keyText(fid, FNAME, Buffer.from(name.padEnd(20, "\0")));

  function transfer(usernameProof?: UserNameProof, deletedUsernameProof?: UserNameProof): HubEvent {
    return aMergeUsernameProofEvent({ usernameProof, deletedUsernameProof });
  }

  it.each([
    ["home", HOME],
    ["any other shard", ELSEWHERE],
  ])("gives a name a leaf on %s, from one holder to the next", (_, shardId) => {
    const [before, after] = [anFnameProof({ fid: 3n }), anFnameProof()];

    expect(leavesOf(transfer(after), shardId)).toEqual([comes(FID, nameKey(FID))]);
    expect(leavesOf(transfer(after, before), shardId)).toEqual([
      comes(FID, nameKey(FID)),
      goes(3n, nameKey(3n)),
    ]);
  });

  it("takes the leaf of a name that is proved again for the same fid", () => {
    const [before, after] = [anFnameProof(), anFnameProof({ timestamp: 1_800_000_000n })];

    expect(leavesOf(transfer(after, before), HOME)).toEqual([goes(FID, nameKey(FID))]);
    expect(leavesOf(transfer(after, before), ELSEWHERE)).toEqual([goes(FID, nameKey(FID))]);
  });

  it("keeps the leaf of another name of the same fid", () => {
    const [before, after] = [anFnameProof({ name: "bob" }), anFnameProof()];

    expect(leavesOf(transfer(after, before), HOME)).toEqual([
      comes(FID, nameKey(FID)),
      goes(FID, nameKey(FID, "bob")),
    ]);
  });

  it("gives none to a name given up, and takes its holder's", () => {
    const given = anFnameProof({ fid: 0n });

    expect(leavesOf(transfer(given), HOME)).toEqual([]);
    expect(leavesOf(transfer(given, anFnameProof()), HOME)).toEqual([goes(FID, nameKey(FID))]);
    expect(leavesOf(transfer(anFnameProof(), given), HOME)).toEqual([comes(FID, nameKey(FID))]);
  });

  it("gives one to a name of 20 bytes and none to a longer one", () => {
    const longest = "a".repeat(20);
    const [fits, isLong] = [anFnameProof({ name: longest }), anFnameProof({ name: `${longest}a` })];

    expect(leavesOf(transfer(fits, isLong), HOME)).toEqual([comes(FID, nameKey(FID, longest))]);
    expect(leavesOf(transfer(isLong, fits), HOME)).toEqual([goes(FID, nameKey(FID, longest))]);
  });

  it("treats names that come with messages as messages", () => {
    const [message, replaced] = [aUsernameProof(), aUsernameProof({}, { seed: 1 })];
    const proof = { ...anFnameProof(), type: UserNameType.USERNAME_TYPE_ENS_L1 };
    const merge = aMergeUsernameProofEvent({
      ...{ usernameProof: proof, usernameProofMessage: message },
      ...{ deletedUsernameProof: proof, deletedUsernameProofMessage: replaced },
    });
    const prune = aMergeUsernameProofEvent({
      ...{ deletedUsernameProof: proof, deletedUsernameProofMessage: replaced },
    });

    expect(leavesOf(merge, HOME)).toEqual([]);
    expect(leavesOf(merge, ELSEWHERE)).toEqual([
      comes(FID, keyOf(message)),
      goes(FID, keyOf(replaced)),
    ]);
    expect(leavesOf(prune, ELSEWHERE)).toEqual([goes(FID, keyOf(replaced))]);
  });
});

describe("leafChangesOf() of snapshot entries", () => {
  function entryOf(key: string, trieMessage: ShardTrieEntryWithMessage["trieMessage"]): Carrier {
    const trieKey = Uint8Array.from(Buffer.from(key, "hex"));
    return { kind: "entry", entry: { trieKey, trieMessage } };
  }

  const messageEntry = (key: string, value: Message) =>
    entryOf(key, { $case: "userMessage", value });
  const nameEntry = (key: string, proof: UserNameProof | undefined) =>
    entryOf(key, { $case: "fnameTransfer", value: { id: 0n, fromFid: 0n, proof } });
  const leavesOfEntry = (carrier: Carrier, shardId: number) =>
    changesOf(carrier, shardId).map(({ fid, trieKey, isPresent }) => [
      fid,
      hex(trieKey),
      isPresent,
    ]);

  it.each(["castAdd", "verificationAdd", "channelUpdate", "usernameProof"] as const)(
    "gives none to a %s at home, and one anywhere else",
    (kind) => {
      const message = aMessage(kind);
      const entry = messageEntry(keyOf(message), message);

      expect(leavesOfEntry(entry, HOME)).toEqual([]);
      expect(leavesOfEntry(entry, ELSEWHERE)).toEqual([[FID, keyOf(message), true]]);
    },
  );

  it("gives each key of a lend its own leaf, but for the row at home", () => {
    const lend = aLendStorage({ toFid: 42n });
    const [ofLender, ofBorrower] = [keyText(FID, LEND, lend.hash), keyText(42n, LEND, lend.hash)];

    expect(leavesOfEntry(messageEntry(ofLender, lend), HOME)).toEqual([]);
    expect(leavesOfEntry(messageEntry(ofBorrower, lend), HOME)).toEqual([[42n, ofBorrower, true]]);
    expect(leavesOfEntry(messageEntry(ofLender, lend), ELSEWHERE)).toEqual([[FID, ofLender, true]]);
    expect(leavesOfEntry(messageEntry(ofBorrower, lend), ELSEWHERE)).toEqual([
      [42n, ofBorrower, true],
    ]);
    const near = aLendStorage({ toFid: 3n });
    const ofNear = keyText(3n, LEND, near.hash);
    expect(leavesOfEntry(messageEntry(ofNear, near), HOME)).toEqual([[3n, ofNear, true]]);
  });

  it("gives none to a message under a key that is not its own", () => {
    const message = aVerificationAdd();
    const other = keyOf(aVerificationAdd({}, { seed: 1 }));

    expect(leavesOfEntry(messageEntry(other, message), ELSEWHERE)).toEqual([]);
  });

  it("gives a name one on every shard, and none to one that was found beside the trie", () => {
    const key = keyText(FID, FNAME, Buffer.from("alice".padEnd(20, "\0")));

    for (const shardId of [HOME, ELSEWHERE]) {
      expect(leavesOfEntry(nameEntry(key, anFnameProof()), shardId)).toEqual([[FID, key, true]]);
      expect(leavesOfEntry(nameEntry("", anFnameProof()), shardId)).toEqual([]);
      expect(leavesOfEntry(nameEntry(key.slice(0, 10), anFnameProof()), shardId)).toEqual([]);
    }
    expect(leavesOfEntry(nameEntry(key, anFnameProof({ fid: 0n })), HOME)).toEqual([]);
    expect(leavesOfEntry(nameEntry(key, undefined), HOME)).toEqual([]);
  });

  it("gives none to gasless keys, on-chain events and entries without content", () => {
    const [signer, key] = [aSignerEvent(), aMessage("keyAdd")];
    const onChain = entryOf(keyTextOfEvent(signer), { $case: "onChainEvent", value: signer });

    for (const shardId of [HOME, ELSEWHERE]) {
      expect(leavesOfEntry(messageEntry(keyOf(key), key), shardId)).toEqual([]);
      expect(leavesOfEntry(onChain, shardId)).toEqual([]);
      expect(leavesOfEntry(entryOf(keyOf(key), undefined), shardId)).toEqual([]);
    }
  });
});

describe("leafChangesOf() of shard 0 and of blocks", () => {
  it("gives none, as neither is of a trie", () => {
    const merge = { kind: "event", event: aMergeMessageEvent(aLendStorage()) } as const;
    const message = { kind: "message", message: aLendStorage() } as const;

    expect(changesOf(merge, 0)).toEqual([]);
    expect(changesOf(message, 0)).toEqual([]);
    expect(changesOf(message, ELSEWHERE)).toEqual([]);
  });
});
