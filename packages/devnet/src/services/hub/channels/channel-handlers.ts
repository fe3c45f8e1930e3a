// Reads of channels (docs/protocol.md 6.9). Every shard has the same; shard 0 answers.
import type {
  ChannelInfo,
  ChannelMemberState,
  ChannelMetadataResponse,
  TypedMessage,
} from "@snaprag/proto";
import { CastingMode, isSameBytes, MembershipMode } from "@snaprag/proto";
import { memberSlot } from "../../../engine/rules/shard-zero/channel-rules.ts";
import { hex } from "../../../engine/rules/verdict.ts";
import type { Channel } from "../../../engine/state/channel-registry.ts";
import { readRow } from "../../../engine/state/message-row.ts";
import type { StoreName } from "../../../engine/state/shard-state.ts";
import type { NodeContext } from "../../node-context.ts";
import type { PageRequest } from "../../paging.ts";
import { cutPage } from "../../paging.ts";
import { invalidArgument, notFound } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";
import { findOwnerFid, listOwnedChannels } from "./channel-owners.ts";
import { toMemberState } from "./member-state.ts";

type ChannelMethod =
  | "getChannelOwner"
  | "getChannelsByAddress"
  | "getChannelsByFid"
  | "getChannelMember"
  | "getChannelMembers"
  | "getChannelPin"
  | "getChannelModerations"
  | "getChannelMetadata"
  | "getChannelMembershipsByFid";

const MAX_PAGE_SIZE = 1000;

/** Creates the handlers. */
export function createChannelHandlers(context: NodeContext): Pick<HubHandlers, ChannelMethod> {
  const { state } = context.network.blockShard;

  function describe({ channelKey, ownerAddress, expiry }: Channel): ChannelInfo {
    return { channelKey, fid: findOwnerFid(state, ownerAddress) ?? 0n, ownerAddress, expiry };
  }

  function listChannels(channels: readonly Channel[], request: PageRequest) {
    const { items, nextPageToken } = cutChannelPage(
      channels,
      ({ channelKey }) => Buffer.from(channelKey, "utf8"),
      request,
    );
    return { channels: items.map(describe), nextPageToken };
  }

  function list(store: StoreName): readonly TypedMessage[] {
    return [...state.stores[store].rows()].map(readRow);
  }

  function find(store: StoreName, slot: string): TypedMessage | undefined {
    // The slot belongs to the shard, so any fid finds it.
    const row = state.stores[store].find(0n, slot);
    return row === undefined ? undefined : readRow(row);
  }

  return {
    getChannelOwner({ channelKey }) {
      const channel = state.channels.findByKey(channelKey);
      if (channel === undefined) throw notFound("channel");
      const { fid, ownerAddress, expiry } = describe(channel);
      return { fid, ownerAddress, expiry };
    },
    getChannelsByAddress: (request) =>
      listChannels(state.channels.listOwnedBy(request.ownerAddress), request),
    getChannelsByFid: (request) => listChannels(listOwnedChannels(state, request.fid), request),
    getChannelMember({ channelId, fid }) {
      const message = find("channelMembers", memberSlot(channelId, fid));
      if (message?.type !== "channelMember") throw notFound("channel member");
      return { state: toMemberState(message.body.action), lastActionTs: message.timestamp };
    },
    getChannelMembers(request) {
      const members = list("channelMembers").flatMap((message) => {
        if (message.type !== "channelMember") return [];
        if (!isSameBytes(message.body.channelId, request.channelId)) return [];
        const member = { fid: message.body.fid, state: toMemberState(message.body.action) };
        return matches(member.state, request.stateFilter) ? [member] : [];
      });
      const page = cutChannelPage(members, ({ fid }) => fidKey(fid), request);
      return { members: [...page.items], nextPageToken: page.nextPageToken };
    },
    getChannelPin({ channelId }) {
      const message = find("channelPins", hex(channelId));
      if (message?.type !== "channelPin" || message.body.castHash.length === 0) {
        return { pin: undefined };
      }
      return { pin: { castHash: message.body.castHash, authorFid: message.fid } };
    },
    getChannelModerations(request) {
      const moderations = list("channelModerations").flatMap(({ fid: authorFid, type, body }) =>
        type === "channelModerate" && isSameBytes(body.channelId, request.channelId)
          ? [{ castHash: body.castHash, action: body.action, authorFid }]
          : [],
      );
      const page = cutChannelPage(moderations, ({ castHash }) => castHash, request);
      return { moderations: [...page.items], nextPageToken: page.nextPageToken };
    },
    getChannelMetadata: ({ channelId }) => describeMetadata(find("channelUpdates", hex(channelId))),
    getChannelMembershipsByFid(request) {
      const memberships = list("channelMembers").flatMap(({ type, body }) =>
        type === "channelMember" && body.fid === request.fid
          ? [{ channelId: body.channelId, state: toMemberState(body.action) }]
          : [],
      );
      const page = cutChannelPage(memberships, ({ channelId }) => channelId, request);
      return { memberships: [...page.items], nextPageToken: page.nextPageToken };
    },
  };
}

/** A page of at most a thousand items, by key. Asking for none is an error. */
export function cutChannelPage<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => Uint8Array,
  request: PageRequest,
): ReturnType<typeof cutPage<Item>> {
  if (request.pageSize === 0) throw invalidArgument("page_size must be greater than 0");
  const pageSize = Math.min(request.pageSize ?? MAX_PAGE_SIZE, MAX_PAGE_SIZE);
  const sorted = items.toSorted((a, b) => Buffer.compare(keyOf(a), keyOf(b)));
  const source = { items: sorted, keyOf, defaultPageSize: MAX_PAGE_SIZE };
  return cutPage(source, { ...request, pageSize });
}

/** A fid as a page key. */
export function fidKey(fid: bigint): Uint8Array {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(fid);
  return key;
}

function describeMetadata(message: TypedMessage | undefined): ChannelMetadataResponse {
  if (message?.type !== "channelUpdate") throw notFound("channel metadata");
  const { name, description, imageUrl, header, rules, castingMode, membershipMode } = message.body;
  return {
    name,
    description,
    imageUrl,
    header,
    rules,
    castingMode: castingMode ?? CastingMode.MEMBERS_ONLY,
    membershipMode: membershipMode ?? MembershipMode.APPROVAL,
  };
}

function matches(state: ChannelMemberState, filter: ChannelMemberState | undefined): boolean {
  return filter === undefined || state === filter;
}
