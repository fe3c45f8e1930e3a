import { setImmediate as nextTurn } from "node:timers/promises";
import type { HubEvent } from "@snaprag/proto";
import type { CommittedChunk } from "../engine/blocks/data-shard.ts";
import type { Broadcast, Listener } from "../engine/events/broadcast.ts";
import { createBroadcast } from "../engine/events/broadcast.ts";
import { listLeftovers } from "../engine/events/leftover-events.ts";
import { toFarcasterSeconds } from "../engine/farcaster-time.ts";
import type { Faults } from "../faults/create-faults.ts";
import type { Lies } from "../faults/lies/create-lies.ts";
import { createLies } from "../faults/lies/create-lies.ts";
import { withLiveEventFaults } from "../faults/live-event-faults.ts";
import { withSnapshotFaults } from "../faults/snapshots/snapshot-faults.ts";
import type { ResolvedDevnetOptions } from "../options.ts";
import type { LiveRequest, NodeContext } from "../services/node-context.ts";
import { createSnapshotShelf } from "../services/replication/snapshot-shelf.ts";
import type { Chain } from "./create-chain.ts";
import type { NodeView } from "./replicate-network.ts";

/** Events of a shard that a live subscriber may be behind (docs/protocol.md 1.3). */
const BROADCAST_CAPACITY = 10_000;

/** A node as it is inside: what it knows of the chain, and what it keeps for itself. */
export interface Node {
  /** What its services work with. */
  readonly context: NodeContext;
  /** What it tells otherwise. */
  readonly lies: Lies;
  /** Begins to serve the history that the chain has by now. */
  open(): void;
  /** Takes in the blocks of one round. */
  commit(chunks: readonly CommittedChunk[]): void;
  /** Tells live subscribers of them. */
  announce(chunks: readonly CommittedChunk[]): void;
  /** Drops events of earlier blocks: of all but the newest, and of every shard, when not told. */
  pruneEvents(beforeBlock?: bigint, shardId?: number): void;
  /** Drops chunks of earlier blocks, as above. */
  pruneChunks(beforeBlock?: bigint, shardId?: number): void;
  /** Loses what a node has in memory only: its snapshots, and what it broadcast. */
  forget(): void;
}

/** What a node is made of. */
export interface NodeOptions {
  /** Unix seconds on the node's clock. */
  readonly nowSeconds: () => bigint;
  readonly faults: Faults;
  readonly settings: ResolvedDevnetOptions;
}

/** Creates a node of the chain that a view shows. */
export function createNode({ network, order, record }: NodeView, options: NodeOptions): Node {
  const { nowSeconds, faults, settings } = options;
  const shardIds = [...network.dataShards.keys()];
  const shelf = createSnapshotShelf(network, {
    intervalBlocks: settings.snapshotIntervalBlocks,
    maxAgeMs: settings.snapshotMaxAgeMs,
    labelLagBlocks() {
      const fault = faults.strike("labelLate");
      return fault === undefined ? 0 : (fault.blocks ?? 1);
    },
  });
  const lies = createLies({ network, shelf, faults });
  const firstChunks = new Map<number, bigint>();
  let broadcasts = createBroadcasts(shardIds);

  function listen(shardId: number, request: LiveRequest): Listener<HubEvent> | undefined {
    const listener = broadcasts.get(shardId)?.listen();
    if (listener === undefined) return undefined;
    const { isAfterReplay } = request;
    return withLiveEventFaults(withoutOthers(listener, request), { faults, isAfterReplay });
  }

  function keepUp(): void {
    for (const shardId of shardIds) shelf.onCommit(shardId, nowSeconds());
    if (settings.eventRetentionMs === Number.POSITIVE_INFINITY) return;
    const retentionSeconds = BigInt(Math.floor(settings.eventRetentionMs / 1000));
    const oldest = toFarcasterSeconds(nowSeconds()) - retentionSeconds;
    for (const { events } of network.dataShards.values()) events.dropBefore(oldest);
  }

  return {
    context: {
      network,
      snapshots: withSnapshotFaults(lies.snapshots, faults),
      trieOf: lies.trieOf,
      firstChunkOf: (shardId) => firstChunks.get(shardId) ?? 1n,
      listen,
      nowSeconds,
      logger: settings.logger,
    },
    lies,
    open() {
      for (const { events } of network.dataShards.values()) events.leave(listLeftovers(events));
      keepUp();
    },
    commit(chunks) {
      record(chunks);
      keepUp();
    },
    announce(chunks) {
      for (const { shardId, events } of chunks) {
        for (const event of order(events.broadcast)) broadcasts.get(shardId)?.publish(event);
      }
    },
    pruneEvents(beforeBlock, shardId) {
      for (const shard of network.dataShards.values()) {
        if (shardId !== undefined && shardId !== shard.shardId) continue;
        shard.events.dropBlocksBefore(beforeBlock ?? shard.height());
      }
    },
    pruneChunks(beforeBlock, shardId) {
      for (const shard of network.dataShards.values()) {
        if (shardId !== undefined && shardId !== shard.shardId) continue;
        const newest = shard.height();
        const first = beforeBlock === undefined || beforeBlock > newest ? newest : beforeBlock;
        if (first > (firstChunks.get(shard.shardId) ?? 1n)) firstChunks.set(shard.shardId, first);
      }
    },
    forget() {
      shelf.forget();
      broadcasts = createBroadcasts(shardIds);
    },
  };
}

function createBroadcasts(shardIds: readonly number[]): ReadonlyMap<number, Broadcast<HubEvent>> {
  return new Map(shardIds.map((id) => [id, createBroadcast<HubEvent>(BROADCAST_CAPACITY)]));
}

/** Passes on the events that a stream wants; an empty allow-list lets nothing through. */
function withoutOthers(listener: Listener<HubEvent>, { allowed }: LiveRequest): Listener<HubEvent> {
  return {
    async next(options) {
      for (;;) {
        const event = await listener.next(options);
        if (allowed.has(event.type)) return event;
      }
    },
  };
}

/** Makes a block of every shard, which all nodes take in before any of them tells subscribers. */
export async function produceRound(chain: Chain, nodes: readonly Node[]): Promise<void> {
  const chunks = chain.produceBlock();
  for (const node of nodes) node.commit(chunks);
  // Events are in the log before they are broadcast: a subscriber may get some of them twice.
  await nextTurn();
  for (const node of nodes) node.announce(chunks);
}
