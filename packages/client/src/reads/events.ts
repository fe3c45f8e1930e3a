import type { HubEvent } from "@snaprag/proto";
import { malformedResponse } from "../errors/classify-failure.ts";
import { expectInteger } from "../options/expect-option.ts";
import { createLeaving } from "../transport/leaving.ts";
import type { NodeConnection } from "../transport/node-connection.ts";
import type { CallOptions } from "../transport/typed-calls.ts";
import { expectEventId } from "./event-id.ts";

/** The node's own default. It clamps nothing, so a larger page is a larger answer. */
const DEFAULT_PAGE_SIZE = 1000;

/** Which stored events of a shard to read. */
export interface EventRange {
  readonly shardId: number;
  /** Inclusive, and at least 16384 (block 1). */
  readonly startId: bigint;
  /** Exclusive; up to the newest stored event when left out. */
  readonly stopId?: bigint | undefined;
  /**
   * Most events to ask for at a time.
   *
   * @default 1000
   */
  readonly pageSize?: number | undefined;
}

interface ResolvedEventRange extends EventRange {
  readonly pageSize: number;
}

function resolveEventRange(range: EventRange): ResolvedEventRange {
  const { startId, pageSize = DEFAULT_PAGE_SIZE } = range;
  return {
    ...range,
    startId: expectEventId("startId", startId),
    pageSize: expectInteger("pageSize", pageSize, { min: 1, max: 4_294_967_295 }),
  };
}

/** Reads stored events page by page; see `NodeClient.readEvents`. */
export function readEvents(
  node: NodeConnection,
  range: EventRange,
  options: CallOptions = {},
): AsyncIterable<readonly HubEvent[]> {
  return walkEvents(node, resolveEventRange(range), options);
}

async function* walkEvents(
  node: NodeConnection,
  range: ResolvedEventRange,
  options: CallOptions,
): AsyncGenerator<readonly HubEvent[], void, undefined> {
  const { shardId, stopId, pageSize } = range;
  const { signal, leave } = createLeaving(options.signal);

  function fetchPage(startId: bigint) {
    const request = { shardIndex: shardId, startId, stopId, pageSize };
    return node.hub.getEvents(request, { ...options, signal });
  }

  let { startId } = range;
  const isBefore = (id: bigint) => stopId === undefined || id < stopId;
  let coming = isBefore(startId) ? fetchPage(startId) : undefined;
  try {
    while (coming !== undefined) {
      const { events } = await coming;
      startId = nextStartId(events, startId, node.settings.options.endpoint.url);
      // Not by the page token: it is there also at the end, and then leads back to the start.
      const hasMore = events.length >= pageSize && isBefore(startId);
      coming = hasMore ? fetchPage(startId) : undefined;
      // Heard at the next pull, or by nobody when the consumer leaves before.
      coming?.catch(() => undefined);
      if (events.length > 0) yield events;
    }
  } finally {
    leave();
  }
}

/** The id after the last event. Throws unless the ids ascend from the one asked for. */
function nextStartId(events: readonly HubEvent[], startId: bigint, endpoint: string): bigint {
  let nextId = startId;
  for (const { id } of events) {
    if (id < nextId) {
      const site = { method: "/HubService/GetEvents", endpoint };
      throw malformedResponse(site, `event ${id} came where ${nextId} or a later one was due`);
    }
    nextId = id + 1n;
  }
  return nextId;
}
