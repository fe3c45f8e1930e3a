// Stored events (docs/protocol.md 1.7).
import { status } from "@grpc/grpc-js";
import type { EventsRequest, EventsResponse, HubEvent } from "@snaprag/proto";
import type { DataShard } from "../../../engine/blocks/data-shard.ts";
import type { NodeContext } from "../../node-context.ts";
import { listShards } from "../../node-context.ts";
import { decodeFanOutToken, encodeFanOutToken } from "../../paging.ts";
import { invalidArgument, rpcError } from "../../rpc-error.ts";
import type { HubHandlers } from "../hub-methods.ts";
import { subscribe } from "./subscribe.ts";

const DEFAULT_PAGE_SIZE = 1000;
/** What event ids are stored under. */
const TOKEN_PREFIX = 0x09;
const TOKEN_BYTES = 9;

/** Creates the handlers. */
export function createEventHandlers(
  context: NodeContext,
): Pick<HubHandlers, "subscribe" | "getEvent" | "getEvents"> {
  return {
    subscribe: (request, stream) => subscribe(request, stream, context),
    getEvent({ id, shardIndex }) {
      const shard = context.network.dataShards.get(shardIndex);
      if (shard === undefined) throw invalidArgument("no shard store for fid");
      const event = shard.events.find(id);
      if (event === undefined) throw rpcError(status.INTERNAL, "not_found/Event not found");
      return event;
    },
    getEvents: (request) => readEvents(request, context),
  };
}

function readEvents(request: EventsRequest, context: NodeContext): EventsResponse {
  const shards = shardsOf(request, context);
  const tokens = decodeFanOutToken(request.pageToken, shards.length);
  const pages = shards.map((shard, index) => readShard(shard, request, tokens[index]));
  return {
    events: pages.flat(),
    nextPageToken: encodeFanOutToken(
      pages.map((page) => (isFull(page, request) ? tokenAfter(page) : undefined)),
    ),
  };
}

/** All shards in no particular order, unless the request names one. */
function shardsOf({ shardIndex }: EventsRequest, context: NodeContext): readonly DataShard[] {
  if (shardIndex === undefined) return listShards(context).toReversed();
  const shard = context.network.dataShards.get(shardIndex);
  if (shard === undefined) throw invalidArgument("Shard not found");
  return [shard];
}

function readShard(
  { events }: DataShard,
  request: EventsRequest,
  token: Uint8Array | undefined,
): readonly HubEvent[] {
  const { startId, stopId, pageSize: limit = DEFAULT_PAGE_SIZE, reverse: isReverse } = request;
  const last = token === undefined ? undefined : readToken(token);
  if (last === undefined) return events.read({ fromId: startId, toId: stopId, limit, isReverse });
  return isReverse
    ? events.read({ fromId: startId, toId: last, limit, isReverse })
    : events.read({ fromId: last + 1n, toId: stopId, limit });
}

function isFull(
  page: readonly HubEvent[],
  { pageSize = DEFAULT_PAGE_SIZE }: EventsRequest,
): boolean {
  return page.length > 0 && page.length >= pageSize;
}

function tokenAfter(page: readonly HubEvent[]): Uint8Array | undefined {
  const last = page.at(-1);
  if (last === undefined) return undefined;
  const token = Buffer.alloc(TOKEN_BYTES);
  token[0] = TOKEN_PREFIX;
  token.writeBigUInt64BE(last.id, 1);
  return token;
}

function readToken(token: Uint8Array): bigint {
  if (token.length !== TOKEN_BYTES || token[0] !== TOKEN_PREFIX) {
    throw invalidArgument("Invalid page token: expected an event key");
  }
  return Buffer.from(token).readBigUInt64BE(1);
}
