import type { MessageKind } from "@snaprag/proto";
import { HubEvent, HubEventType, Message, narrowMessage, OnChainEvent } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { firstPositionOf, fromFarcasterTime } from "../../src/index.ts";
import * as testing from "../../src/testing/index.ts";
import { seededBytes } from "../../src/testing/seeded-bytes.ts";
import { KINDS } from "../support/arbitrary-messages.ts";
import { toHex } from "../support/rows.ts";

const { aBlockConfirmedEvent, aMergeMessageEvent, aMessage, anEventContext } = testing;

const builders = testing as unknown as Record<string, (body?: object, options?: object) => Message>;

function builderOf(kind: MessageKind): (body?: object, options?: object) => Message {
  const builder = builders[`a${kind[0]!.toUpperCase()}${kind.slice(1)}`];
  if (builder === undefined) throw new Error(`No builder for ${kind}`);
  return builder;
}

const onChainEvents: readonly OnChainEvent[] = [
  testing.aSignerEvent(),
  testing.aSignerMigratedEvent(),
  testing.anIdRegisterEvent(),
  testing.aStorageRentEvent(),
  testing.aTierPurchaseEvent(),
  testing.aChannelRegisterEvent(),
];

const hubEvents: readonly HubEvent[] = [
  aMergeMessageEvent(aMessage("castAdd"), [aMessage("castRemove")]),
  testing.aPruneMessageEvent(aMessage("castAdd")),
  testing.aRevokeMessageEvent(aMessage("castAdd")),
  testing.aMergeUsernameProofEvent({ usernameProof: testing.anFnameProof() }),
  testing.aMergeOnChainEvent(testing.aSignerEvent()),
  testing.aMergeFailureEvent(),
  aBlockConfirmedEvent(),
  testing.aChannelOwnerChangeHintEvent(),
];

describe("message builders", () => {
  it.each(KINDS)("build a %s that reads back as one", (kind) => {
    const message = builderOf(kind)({}, { fid: 9n, timestamp: 7, network: 2 });
    const received = Message.decode(Message.encode(message).finish());

    expect(narrowMessage(received)).toMatchObject({
      type: kind,
      fid: 9n,
      timestamp: 7,
      network: 2,
    });
    expect(message).toEqual(aMessage(kind, { fid: 9n, timestamp: 7, network: 2 }));
    expect(message.hash).toHaveLength(20);
    expect(message.signature).toHaveLength(64);
    expect(message.signer).toHaveLength(32);
  });

  it.each(KINDS)("build another %s for every seed, author and time", (kind) => {
    const hashes = [0, 1, 2, 3].flatMap((seed) =>
      [1n, 2n].flatMap((fid) =>
        [10, 11].map((timestamp) => toHex(aMessage(kind, { seed, fid, timestamp }).hash)),
      ),
    );

    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("build the same message from the same arguments, and let one thing differ", () => {
    const message = testing.aCastAdd({ text: "gm" });

    expect(testing.aCastAdd({ text: "gm" })).toEqual(message);
    expect(testing.aCastAdd({ text: "gn" }).hash).not.toEqual(message.hash);
    expect(testing.aCastAdd({ text: "gm" }, { hash: new Uint8Array(20) })).toMatchObject({
      data: message.data,
      hash: new Uint8Array(20),
    });
  });

  it.each<[MessageKind, MessageKind]>([
    ["reactionAdd", "reactionRemove"],
    ["linkAdd", "linkRemove"],
    ["verificationAdd", "verificationRemove"],
    ["keyAdd", "keyRemove"],
  ])("build a %s and a %s of the same thing from the same seed", (add, remove) => {
    const targetOf = (kind: MessageKind) => {
      const message = narrowMessage(aMessage(kind, { seed: 4 }));
      if (message.type === "unreadable") throw new Error(message.reason);
      const body: object = message.body;
      return ["target", "address", "key"].map((field) => Reflect.get(body, field));
    };

    expect(targetOf(add)).toEqual(targetOf(remove));
  });

  it("name the author in an ENS proof", () => {
    const proof = narrowMessage(testing.aUsernameProof({}, { fid: 9n }));

    expect(proof).toMatchObject({ body: { fid: 9n } });
  });
});

describe("on-chain event builders", () => {
  it("build each of the six types, read back as sent", () => {
    expect(onChainEvents.map(({ type }) => type)).toEqual([1, 2, 3, 4, 5, 6]);
    for (const event of onChainEvents) {
      const bytes = OnChainEvent.encode(event).finish();
      expect(OnChainEvent.encode(OnChainEvent.decode(bytes)).finish()).toEqual(bytes);
      expect(event.transactionHash).toHaveLength(32);
    }
  });

  it("give migrations and channels fid 0 and all others fid 1, unless told", () => {
    expect(onChainEvents.map(({ fid }) => fid)).toEqual([1n, 0n, 1n, 1n, 1n, 0n]);
    expect(testing.aChannelRegisterEvent({}, { fid: 4n }).fid).toBe(4n);
    expect(testing.aSignerMigratedEvent({}, { fid: undefined }).fid).toBe(0n);
  });

  it("label a channel as channel messages of the same seed do", () => {
    const { body } = testing.aChannelRegisterEvent({}, { seed: 3 });
    const update = narrowMessage(testing.aChannelUpdate({}, { seed: 3 }));

    if (body?.$case !== "channelRegisterEventBody" || update.type !== "channelUpdate") {
      throw new Error("unexpected types");
    }
    expect(body.value.label).toEqual(update.body.channelId);
  });

  it("build another transaction for every seed and fid", () => {
    const hashes = [0, 1].flatMap((seed) =>
      [1n, 2n].map((fid) => toHex(testing.aSignerEvent({}, { seed, fid }).transactionHash)),
    );

    expect(new Set(hashes).size).toBe(4);
  });

  it("build another registry proof for every name, holder and time", () => {
    const signatures = [{}, { name: "bob" }, { fid: 2n }, { timestamp: 5n }].map((options) =>
      toHex(testing.anFnameProof(options).signature),
    );

    expect(new Set(signatures).size).toBe(4);
  });
});

describe("hub event builders", () => {
  it("build each event type that nodes emit, read back as sent", () => {
    const types = Object.values(HubEventType).filter((type) => type > 0);

    expect(hubEvents.map(({ type }) => type)).toEqual(types);
    for (const event of hubEvents) {
      const bytes = HubEvent.encode(event).finish();
      expect(HubEvent.encode(HubEvent.decode(bytes)).finish()).toEqual(bytes);
    }
  });

  it("place an event by block, sequence and shard", () => {
    const position = { blockNumber: 5n, sequence: 3, shardId: 2, timestamp: 9n };

    expect(aMergeMessageEvent(aMessage("castAdd"), [], position)).toMatchObject({
      id: firstPositionOf(5n) + 3n,
      blockNumber: 5n,
      shardIndex: 2,
      timestamp: 9n,
    });
  });

  it("put a block's header first, about its own block", () => {
    const event = aBlockConfirmedEvent({ totalEvents: 4n }, { blockNumber: 5n, shardId: 2 });

    expect(event).toMatchObject({
      id: firstPositionOf(5n),
      body: { value: { blockNumber: 5n, shardIndex: 2, timestamp: 100_000_005n, totalEvents: 4n } },
    });
    expect(aBlockConfirmedEvent({}, { sequence: undefined }).id).toBe(firstPositionOf(1000n));
  });
});

describe("anEventContext()", () => {
  it("is at the time and on the shard of the events as built", () => {
    const event = aMergeMessageEvent(aMessage("castAdd"));
    const { at, shardId, homeShardOf } = anEventContext();

    expect(at).toEqual(fromFarcasterTime(event.timestamp));
    expect(shardId).toBe(event.shardIndex);
    expect([0n, 1n, 2n, 3n].map(homeShardOf)).toEqual([2, 1, 2, 1]);
  });

  it("takes what it is given", () => {
    expect(anEventContext({ shardId: 0, network: 3 })).toMatchObject({ shardId: 0, network: 3 });
  });
});

describe("seededBytes()", () => {
  it("gives as many bytes as asked, the same ones each time", () => {
    expect(seededBytes("gm", 0)).toHaveLength(0);
    expect(seededBytes("gm", 7)).toEqual(seededBytes("gm", 20).subarray(0, 7));
    expect(seededBytes("gm", 20)).toEqual(seededBytes(new TextEncoder().encode("gm"), 20));
  });

  it("tells any two of many sources apart within 8 bytes", () => {
    const sources = Array.from({ length: 20_000 }, (_, index) => `${index}`);
    const zeros = Array.from({ length: 50 }, (_, length) => "\0".repeat(length));

    const seen = new Set([...sources, ...zeros].map((source) => toHex(seededBytes(source, 8))));

    expect(seen.size).toBe(20_050);
  });
});
