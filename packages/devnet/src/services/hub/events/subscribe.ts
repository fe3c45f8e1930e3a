// The event stream, with the gaps and repetitions of a node's own (docs/protocol.md 1.3).
import { status } from "@grpc/grpc-js";
import type { HubEvent, HubEventType, SubscribeRequest } from "@snaprag/proto";
import type { DataShard } from "../../../engine/blocks/data-shard.ts";
import type { Listener, ListenOptions } from "../../../engine/events/broadcast.ts";
import type { NodeContext } from "../../node-context.ts";
import { listShards } from "../../node-context.ts";
import { rpcError } from "../../rpc-error.ts";
import type { ServerStream } from "../../serve.ts";

const BACKFILL_PAGE_SIZE = 1000;

/** Sends stored events from `from_id` on, then what is broadcast, until the client leaves. */
export async function subscribe(
  request: SubscribeRequest,
  stream: ServerStream<HubEvent>,
  context: NodeContext,
): Promise<void> {
  const shards = shardsOf(request, context);
  const allowed: ReadonlySet<HubEventType> = new Set(request.eventTypes);
  stream.open();
  if (request.fromId !== undefined) {
    for (const shard of shards) await backfill(shard, request.fromId, { allowed, stream });
  }
  // Only now does the stream start to listen: what was committed since the last page was read, while
  // its events were being sent, is not in this stream.
  const isAfterReplay = request.fromId !== undefined;
  await Promise.all(
    shards.map(async ({ shardId }) => {
      const listener = context.listen(shardId, { allowed, isAfterReplay });
      const onLag = (lostCount: number) => {
        // The client is told nothing.
        context.logger?.error({ shardId, lostCount }, "subscriber fell behind and lost events");
      };
      if (listener !== undefined) await follow(listener, stream, onLag);
    }),
  );
}

interface Recipient {
  /** An empty allow-list lets nothing through. */
  readonly allowed: ReadonlySet<HubEventType>;
  readonly stream: ServerStream<HubEvent>;
}

function shardsOf({ shardIndex }: SubscribeRequest, context: NodeContext): readonly DataShard[] {
  if (shardIndex === undefined) return listShards(context);
  const shard = context.network.dataShards.get(shardIndex);
  if (shard === undefined) throw rpcError(status.UNKNOWN, `Invalid shard id: ${shardIndex}`);
  return [shard];
}

async function backfill(
  { events }: DataShard,
  fromId: bigint,
  { allowed, stream }: Recipient,
): Promise<void> {
  let nextId = fromId;
  for (;;) {
    const page = events.read({ fromId: nextId, limit: BACKFILL_PAGE_SIZE });
    for (const event of page) if (allowed.has(event.type)) await stream.send(event);
    const last = page.at(-1);
    if (last === undefined || page.length < BACKFILL_PAGE_SIZE) return;
    nextId = last.id + 1n;
  }
}

async function follow(
  listener: Listener<HubEvent>,
  stream: ServerStream<HubEvent>,
  onLag: ListenOptions["onLag"],
): Promise<void> {
  for (;;) await stream.send(await listener.next({ signal: stream.signal, onLag }));
}
