// Channels: docs/protocol.md 2.4, 6.3, 6.4, 6.9.
import type { ChannelRegisterBody } from "@snaprag/proto";
import { ChannelMemberAction, ChannelRegisterEventType, OnChainEventType } from "@snaprag/proto";
import { describe, expect, it } from "vitest";
import { cast, verification } from "../support/bodies.ts";
import type { TestNetwork } from "../support/test-network.ts";
import { createTestNetwork, custodyOf, nameOf, START } from "../support/test-network.ts";

const OWNER = 1n;
const MODERATOR = 2n;
const STRANGER = 3n;
const channelId = new Uint8Array(32).fill(0xcc);
const { REGISTER, RENEW, TRANSFER } = ChannelRegisterEventType;
const { ADD_MEMBER, ADD_MODERATOR, BAN } = ChannelMemberAction;

function announce(network: TestNetwork, change: Partial<ChannelRegisterBody> = {}) {
  const value: ChannelRegisterBody = {
    channelKey: "memes",
    expiry: 2_000_000_000n,
    ownerAddress: custodyOf(OWNER),
    eventType: REGISTER,
    label: channelId,
    ...change,
  };
  return network.onChain(0n, { $case: "channelRegisterEventBody", value });
}

async function networkWithChannel() {
  const network = await createTestNetwork();
  network.register([OWNER, MODERATOR, STRANGER], 5);
  announce(network);
  network.block();
  return network;
}

describe("channel registrations", () => {
  it("are merged on the home shard of fid 0, and hinted at on every data shard", async () => {
    const network = await createTestNetwork();
    announce(network);
    const block = network.block();

    expect(block.told(1)).toEqual(["chain 6", "hint memes 1"]);
    expect(block.told(2)).toEqual(["hint memes 1"]);
    const countOn = (shardId: number) =>
      network.shard(shardId).state.onChain.list(0n, OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER)
        .length;
    expect([countOn(1), countOn(2)]).toEqual([1, 0]);
    expect(network.shard(2).state.trie.leafCount).toBe(0);
  });

  it("hint at a transfer but not at a renewal", async () => {
    const network = await networkWithChannel();
    announce(network, { eventType: RENEW, expiry: 2_100_000_000n });
    expect(network.block().told(2)).toEqual([]);

    announce(network, { eventType: TRANSFER, ownerAddress: custodyOf(STRANGER) });
    expect(network.block().told(2)).toEqual(["hint memes 2"]);
    expect(network.shard(2).state.channels.find(channelId)).toMatchObject({
      expiry: 2_100_000_000n,
      ownerAddress: custodyOf(STRANGER),
    });
  });

  it("follow the order of the chain and not of arrival", async () => {
    const network = await networkWithChannel();
    const value = {
      channelKey: "memes",
      expiry: 1n,
      ownerAddress: custodyOf(STRANGER),
      eventType: TRANSFER,
      label: channelId,
    };
    network.onChain(0n, { $case: "channelRegisterEventBody", value }, { blockNumber: 0 });

    expect(network.block().told(2)).toEqual([]);
    expect(network.shard(2).state.channels.find(channelId)?.ownerAddress).toEqual(custodyOf(OWNER));
  });

  it("are hinted at again by verifications of the owner's address", async () => {
    const network = await networkWithChannel();
    const wallet = new Uint8Array(20).fill(0xee);
    announce(network, { eventType: TRANSFER, ownerAddress: wallet });
    network.block();
    const added = network.say(STRANGER, "verificationAdd", verification(wallet));
    expect(network.block().told(2)).toEqual([`merge ${nameOf(added)}`, "hint memes 3"]);

    const body = { address: wallet, protocol: 0 as const };
    const removed = network.say(STRANGER, "verificationRemove", body);
    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(removed)} -${nameOf(added)}`,
      "hint memes 4",
    ]);
  });
});

describe("channel messages", () => {
  const update = (name: string) => ({
    channelId,
    name,
    description: undefined,
    imageUrl: undefined,
    header: undefined,
    rules: undefined,
    castingMode: undefined,
    membershipMode: undefined,
  });

  it("are merged on every data shard", async () => {
    const network = await networkWithChannel();
    const message = network.say(OWNER, "channelUpdate", update("a"));
    const block = network.block();

    expect([block.told(1), block.told(2)]).toEqual([
      [`merge ${nameOf(message)}`],
      [`merge ${nameOf(message)}`],
    ]);
    expect([network.holds(1, message), network.holds(2, message)]).toEqual([true, true]);
    const live = [...network.network.listLive()].filter((entry) => entry.kind === "message");
    expect(live).toMatchObject([{ fid: OWNER, homeShardId: 1 }]);
  });

  it("let the last one merged win, however old", async () => {
    const network = await networkWithChannel();
    const newer = network.say(OWNER, "channelUpdate", update("a"));
    network.block();
    const older = network.say(OWNER, "channelUpdate", update("b"), { timestamp: START - 5000 });

    expect(network.block().told(1)).toEqual([`merge ${nameOf(older)} -${nameOf(newer)}`]);
  });

  it("replace each other in a slot, also when another fid wrote the earlier one", async () => {
    const network = await networkWithChannel();
    const member = (fid: bigint, action: ChannelMemberAction) => ({ channelId, fid, action });
    network.say(OWNER, "channelMember", member(MODERATOR, ADD_MODERATOR));
    const first = network.say(OWNER, "channelMember", member(STRANGER, ADD_MEMBER));
    network.block();
    const second = network.say(MODERATOR, "channelMember", member(STRANGER, BAN));

    expect(network.block().told(2)).toEqual([`merge ${nameOf(second)} -${nameOf(first)}`]);
    expect([network.holds(1, first), network.holds(1, second)]).toEqual([false, true]);
  });

  it("have one pin for a channel and one moderation for a cast of it", async () => {
    const network = await networkWithChannel();
    const message = network.build(STRANGER, "castAdd", cast("gm"));
    const pin = network.say(OWNER, "channelPin", { channelId, castHash: message.hash });
    const hide = { channelId, castHash: message.hash, action: 1 as const };
    const hidden = network.say(OWNER, "channelModerate", hide);
    network.block();
    const unpin = network.say(OWNER, "channelPin", { channelId, castHash: new Uint8Array() });
    const shown = network.say(OWNER, "channelModerate", { ...hide, action: 2 });

    expect(network.block().told(1)).toEqual([
      `merge ${nameOf(unpin)} -${nameOf(pin)}`,
      `merge ${nameOf(shown)} -${nameOf(hidden)}`,
    ]);
  });

  it.each([
    ["a stranger", STRANGER, channelId],
    ["an unknown channel", OWNER, new Uint8Array(32)],
  ])("are turned down by shard 0 without a trace: %s", async (_, fid, id) => {
    const network = await networkWithChannel();
    network.say(fid, "channelUpdate", { ...update("x"), channelId: id });
    const block = network.block();

    expect([block.told(1), block.told(2)]).toEqual([[], []]);
  });
});
