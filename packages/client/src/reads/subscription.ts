import type { HubEvent } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import { expectDurationMs } from "../options/expect-option.ts";
import type { ResumableStream } from "../retry/resume-stream.ts";
import { resumeStream } from "../retry/resume-stream.ts";
import { combineSignals } from "../transport/cancellation.ts";
import type { NodeConnection } from "../transport/node-connection.ts";
import { createNodeConnection } from "../transport/node-connection.ts";
import { blockNumberOf, expectEventId, firstEventIdOf } from "./event-id.ts";

/** Blocks come about once a second, so this much silence is many of them (docs/protocol.md 1.3). */
const DEFAULT_IDLE_TIMEOUT_MS = 15_000;

/** All there are. The node delivers none that a request does not list (docs/protocol.md 1.3). */
const EVENT_TYPES: HubEventType[] = [
  HubEventType.MERGE_MESSAGE,
  HubEventType.PRUNE_MESSAGE,
  HubEventType.REVOKE_MESSAGE,
  HubEventType.MERGE_USERNAME_PROOF,
  HubEventType.MERGE_ON_CHAIN_EVENT,
  HubEventType.MERGE_FAILURE,
  HubEventType.BLOCK_CONFIRMED,
  HubEventType.CHANNEL_OWNER_CHANGE_HINT,
];

/** Which events to subscribe to. */
export interface Subscription {
  /** A data shard; shard 0 has no events. */
  readonly shardId: number;
  /** Inclusive, and at least 16384 (block 1). Only events yet to come when left out. */
  readonly fromId?: bigint | undefined;
}

/** Options of `NodeClient.subscribe`. */
export interface SubscribeOptions {
  /** Ends the subscription, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Longest wait for an event, in milliseconds, before the connection is taken for dead. Time that
   * the consumer spends between events does not count.
   *
   * @default 15_000
   */
  readonly idleTimeoutMs?: number | undefined;
  /**
   * Whether to connect again when the stream is cut. If not, its end ends the iteration and its
   * failure is thrown.
   *
   * @default true
   */
  readonly reconnect?: boolean | undefined;
}

interface ResolvedSubscribeOptions {
  readonly signal: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  readonly reconnect: boolean;
}

function resolveSubscribeOptions(options: SubscribeOptions): ResolvedSubscribeOptions {
  const { signal, idleTimeoutMs = DEFAULT_IDLE_TIMEOUT_MS, reconnect = true } = options;
  return { signal, idleTimeoutMs: expectDurationMs("idleTimeoutMs", idleTimeoutMs), reconnect };
}

/** Streams a shard's events; see `NodeClient.subscribe`. */
export function subscribe(
  node: NodeConnection,
  subscription: Subscription,
  options: SubscribeOptions = {},
): AsyncIterable<HubEvent> {
  const { fromId } = subscription;
  if (fromId !== undefined) expectEventId("fromId", fromId);
  const resolved = resolveSubscribeOptions(options);
  const { options: clientOptions, closing } = node.settings;
  return resumeStream(toResumableStream(node, subscription, resolved), {
    method: "/HubService/Subscribe",
    options: clientOptions,
    signal: combineSignals(resolved.signal, closing),
    logLevel: "warn",
  });
}

function toResumableStream(
  node: NodeConnection,
  { shardId, fromId }: Subscription,
  { signal, idleTimeoutMs, reconnect }: ResolvedSubscribeOptions,
): ResumableStream<HubEvent> {
  let resumeId = fromId;

  /** Moves to the start of the newest confirmed block, all of whose predecessors are delivered. */
  function advance({ type, id }: HubEvent): void {
    // Gasless key events carry id 0, which is no position (docs/protocol.md 1.6).
    if (id === 0n) return;
    const blockStart = firstEventIdOf(blockNumberOf(id));
    if (type === HubEventType.BLOCK_CONFIRMED) {
      // Events that the node repeats may go back (docs/protocol.md 1.3); the position does not.
      if (resumeId === undefined || blockStart > resumeId) resumeId = blockStart;
    } else if (resumeId === undefined) {
      // A subscription to what is yet to come may begin within a block.
      resumeId = blockStart;
    }
  }

  return {
    open() {
      // A connection of its own: calling again on one that has died silently would help nobody
      // until its keepalive gives up.
      const connection = createNodeConnection(node.settings);
      const request = { shardIndex: shardId, fromId: resumeId, eventTypes: EVENT_TYPES };
      const items = connection.hub.subscribe(request, { signal, idleTimeoutMs });
      return { items, close: connection.close };
    },
    onItem: advance,
    endsWhenComplete: !reconnect,
    maxFailures: reconnect ? Number.POSITIVE_INFINITY : 1,
  };
}
