// Who owns a channel, what it says of itself, and who may do what in it.
import {
  aChannelMember,
  aChannelPin,
  aChannelRegisterEvent,
  aChannelUpdate,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  anIdRegisterEvent,
  aVerificationAdd,
} from "@snaprag/processors/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Mirror } from "../support/open-mirror.ts";
import { openMirror } from "../support/open-mirror.ts";

let mirror: Mirror;

beforeEach(async () => {
  mirror = await openMirror();
});
afterEach(() => mirror[Symbol.asyncDispose]());

const channelId = Uint8Array.from({ length: 32 }, () => 7);
const address = (seed: number) => Uint8Array.from({ length: 20 }, () => seed);

const announce = (
  eventType: 1 | 2 | 3,
  blockNumber: number,
  ownerAddress: Uint8Array,
  expiry = 0n,
) =>
  aMergeOnChainEvent(
    aChannelRegisterEvent(
      { channelKey: "memes", label: channelId, eventType, ownerAddress, expiry },
      { blockNumber, seed: blockNumber },
    ),
  );
const [REGISTER, RENEW, TRANSFER] = [1, 2, 3] as const;

const channel = async () => (await mirror.select("select * from channels"))[0];

describe("channels", () => {
  it("combine registration, configuration and pin", async () => {
    const configuration = { channelId, name: "Memes", castingMode: undefined };
    await mirror.merge(announce(REGISTER, 10, address(1), 100n));
    expect(await channel()).toMatchObject({
      channel_key: "memes",
      owner_address: Buffer.from(address(1)),
      expires_at: new Date(100_000),
      updated_by: null,
      name: null,
      casting_mode: null,
      membership_mode: null,
      pinned_cast_hash: null,
    });

    await mirror.merge(
      aMergeMessageEvent(aChannelUpdate({ ...configuration, membershipMode: 1 })),
      aMergeMessageEvent(aChannelPin({ channelId, castHash: address(9) })),
    );

    expect(await channel()).toMatchObject({
      name: "Memes",
      casting_mode: 2,
      membership_mode: 1,
      pinned_cast_hash: Buffer.from(address(9)),
    });
  });

  it("follow renewals and transfers in the order of the chain, and begin anew when registered", async () => {
    await mirror.merge(
      announce(TRANSFER, 30, address(3)),
      announce(RENEW, 20, address(9), 200n),
      announce(REGISTER, 10, address(1), 100n),
    );
    expect(await channel()).toMatchObject({
      owner_address: Buffer.from(address(3)),
      expires_at: new Date(200_000),
    });

    await mirror.merge(announce(RENEW, 35, address(8), 300n));
    expect(await channel()).toMatchObject({
      owner_address: Buffer.from(address(3)),
      expires_at: new Date(300_000),
    });

    await mirror.merge(announce(REGISTER, 40, address(4), 50n));

    expect(await channel()).toMatchObject({
      owner_address: Buffer.from(address(4)),
      expires_at: new Date(50_000),
    });
  });

  it("are not there before they are registered", async () => {
    await mirror.merge(announce(RENEW, 20, address(1), 200n), announce(TRANSFER, 30, address(3)));

    expect(await channel()).toBeUndefined();
  });

  it("are owned by whoever holds the address, else by the only one who has verified it", async () => {
    const verify = (fid: bigint) =>
      aMergeMessageEvent(aVerificationAdd({ address: address(1) }, { fid }));
    await mirror.merge(announce(REGISTER, 10, address(1), 100n));
    expect(await channel()).toMatchObject({ owner_fid: null });

    await mirror.merge(verify(3n));
    expect(await channel()).toMatchObject({ owner_fid: "3" });
    await mirror.merge(verify(1000n));
    expect(await channel()).toMatchObject({ owner_fid: null });
    await mirror.merge(aMergeOnChainEvent(anIdRegisterEvent({ to: address(1) }, { fid: 1n })));
    expect(await channel()).toMatchObject({ owner_fid: "1" });
  });

  it("have nothing pinned after an empty pin", async () => {
    const [pin, unpin] = [
      aChannelPin({ channelId, castHash: address(9) }, { timestamp: 10 }),
      aChannelPin({ channelId, castHash: new Uint8Array() }, { timestamp: 20 }),
    ];
    await mirror.merge(announce(REGISTER, 10, address(1), 100n), aMergeMessageEvent(pin));
    await mirror.merge(aMergeMessageEvent(unpin, [pin]));

    expect(await channel()).toMatchObject({ pinned_cast_hash: null });
  });
});

describe("channel_member_states", () => {
  it.each([
    [1, "member"],
    [2, "removed"],
    [3, "moderator"],
    [4, "member"],
    [5, "banned"],
    [6, "removed"],
  ] as const)("are what the last action left: %i leaves a %s", async (action, state) => {
    const [before, now] = [
      aChannelMember({ channelId, fid: 5n, action: action === 5 ? 1 : 5 }, { timestamp: 10 }),
      // By another author.
      aChannelMember({ channelId, fid: 5n, action }, { fid: 3n, timestamp: 20 }),
    ];
    await mirror.merge(aMergeMessageEvent(before));
    await mirror.merge(aMergeMessageEvent(now, [before]));

    expect(
      await mirror.select("select member_fid, state, changed_by from channel_member_states"),
    ).toEqual([{ member_fid: "5", state, changed_by: "3" }]);
  });
});
