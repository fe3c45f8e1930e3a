import { describe, expect, it } from "vitest";
import {
  aChannelMember,
  aChannelModerate,
  aChannelPin,
  aChannelUpdate,
} from "../../src/testing/index.ts";
import { rowOf } from "../support/rows.ts";

const CHANNEL = new Uint8Array(32).fill(6);
const HASH = new Uint8Array(20).fill(7);

describe("rows of channel messages", () => {
  it("hold a channel's whole configuration", () => {
    const message = aChannelUpdate({
      channelId: CHANNEL,
      name: "Base\0",
      description: "d",
      imageUrl: "i",
      header: "h",
      rules: "r",
      castingMode: 3,
      membershipMode: 2,
    });

    expect(rowOf("channelUpdate", message)).toMatchObject({
      channel_id: CHANNEL,
      name: "Base\uFFFD",
      description: "d",
      image_url: "i",
      header: "h",
      rules: "r",
      casting_mode: 3,
      membership_mode: 2,
    });
  });

  it("hold an action on a member, who is not the author", () => {
    const message = aChannelMember({ channelId: CHANNEL, fid: 12n, action: 5 }, { fid: 3n });

    expect(rowOf("channelMember", message)).toMatchObject({
      fid: 3n,
      channel_id: CHANNEL,
      member_fid: 12n,
      action: 5,
    });
  });

  it("hold a pin, empty when unpinned", () => {
    const pinned = aChannelPin({ channelId: CHANNEL, castHash: HASH });
    const unpinned = aChannelPin({ channelId: CHANNEL, castHash: new Uint8Array() });

    expect(rowOf("channelPin", pinned)).toMatchObject({ channel_id: CHANNEL, cast_hash: HASH });
    expect(rowOf("channelPin", unpinned)).toMatchObject({ cast_hash: new Uint8Array() });
  });

  it("hold what was hidden or shown again", () => {
    const message = aChannelModerate({ channelId: CHANNEL, castHash: HASH, action: 2 });

    expect(rowOf("channelModerate", message)).toMatchObject({
      channel_id: CHANNEL,
      cast_hash: HASH,
      action: 2,
    });
  });
});
