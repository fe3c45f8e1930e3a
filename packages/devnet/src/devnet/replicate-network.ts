import type { HubEvent } from "@snaprag/proto";
import type { CommittedChunk } from "../engine/blocks/data-shard.ts";
import { createEventLog } from "../engine/events/event-log.ts";
import { reorderEvents } from "../engine/events/reorder-events.ts";
import type { Network } from "../engine/network.ts";

/** The chain as one node has it: everything is the chain's, but the order of a block's events. */
export interface NodeView {
  readonly network: Network;
  /** The events of a block in the node's order. */
  order(events: readonly HubEvent[]): readonly HubEvent[];
  /** Takes the blocks of one round into the node's log. */
  record(chunks: readonly CommittedChunk[]): void;
}

/** The view of the node that executes the blocks, whose log is the chain's own. */
export function viewAsExecuted(network: Network): NodeView {
  return { network, order: (events) => events, record: () => {} };
}

/** The view of another node, with a log of its own from what is left in the chain's. */
export function replicateNetwork(network: Network): NodeView {
  const dataShards = new Map(
    [...network.dataShards].map(([shardId, shard]) => {
      const events = createEventLog();
      for (const { number, events: known } of shard.events.listBlocks()) {
        events.append(number, reorderEvents(known));
      }
      return [shardId, { ...shard, events }] as const;
    }),
  );

  return {
    network: { ...network, dataShards },
    order: reorderEvents,
    record(chunks) {
      for (const { shardId, chunk, events } of chunks) {
        // From what is broadcast, so that an event has the same id in both.
        const stored = reorderEvents(events.broadcast).filter(({ id }) => id !== 0n);
        dataShards.get(shardId)?.events.append(blockNumberOf(chunk), stored);
      }
    },
  };
}

function blockNumberOf({ header }: CommittedChunk["chunk"]): bigint {
  return header?.height?.blockNumber ?? 0n;
}
