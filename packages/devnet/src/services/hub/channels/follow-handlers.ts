// Who follows which channel: a follow is a like of the channel's token (docs/protocol.md 6.9).
import { ReactionType } from "@snaprag/proto";
import { reactionSlot } from "../../../engine/rules/reaction-rules.ts";
import { channelTokenUrl } from "../../../engine/rules/shard-zero/channel-token.ts";
import type { MessageRow } from "../../../engine/state/message-row.ts";
import type { NodeContext } from "../../node-context.ts";
import { homeShard, listShards } from "../../node-context.ts";
import type { HubHandlers } from "../hub-methods.ts";
import { cutChannelPage, fidKey } from "./channel-handlers.ts";

type FollowMethod =
  | "getChannelFollowers"
  | "getChannelFollowerCount"
  | "getChannelFollows"
  | "isFollowingChannel";

/** Creates the handlers. */
export function createFollowHandlers(context: NodeContext): Pick<HubHandlers, FollowMethod> {
  function findFollow(fid: bigint, channelId: Uint8Array): MessageRow | undefined {
    const slot = followSlot(channelId);
    const row = homeShard(context, fid).state.stores.reactions.find(fid, slot);
    return row?.kind === "reactionAdd" ? row : undefined;
  }

  function listFollowers(channelId: Uint8Array): readonly MessageRow[] {
    const slot = followSlot(channelId);
    return listShards(context).flatMap(({ state }) =>
      [...state.stores.reactions.rows()].filter(
        (row) => row.slot === slot && row.kind === "reactionAdd",
      ),
    );
  }

  return {
    getChannelFollowers(request) {
      const followers = listFollowers(request.channelId).map(({ fid, timestamp }) => ({
        fid,
        followedAt: timestamp,
      }));
      const page = cutChannelPage(followers, ({ fid }) => fidKey(fid), request);
      return { followers: [...page.items], nextPageToken: page.nextPageToken };
    },
    getChannelFollowerCount: ({ channelId }) => ({
      count: BigInt(listFollowers(channelId).length),
    }),
    getChannelFollows(request) {
      const follows = context.network.blockShard.state.channels.list().flatMap(({ label }) => {
        const row = findFollow(request.fid, label);
        return row === undefined ? [] : [{ channelId: label, followedAt: row.timestamp }];
      });
      const page = cutChannelPage(follows, ({ channelId }) => channelId, request);
      return { follows: [...page.items], nextPageToken: page.nextPageToken };
    },
    isFollowingChannel({ fid, channelId }) {
      const row = findFollow(fid, channelId);
      return { following: row !== undefined, followedAt: row?.timestamp };
    },
  };
}

function followSlot(channelId: Uint8Array): string {
  const target = { $case: "targetUrl", value: channelTokenUrl(channelId) } as const;
  return reactionSlot({ type: ReactionType.LIKE, target }) ?? "";
}
