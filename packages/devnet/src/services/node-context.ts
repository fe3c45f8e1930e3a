import type { HubEvent, HubEventType } from "@snaprag/proto";
import type { DataShard } from "../engine/blocks/data-shard.ts";
import type { Listener } from "../engine/events/broadcast.ts";
import type { Network } from "../engine/network.ts";
import type { Entry, ShardState } from "../engine/state/shard-state.ts";
import type { Logger } from "../options.ts";
import type { TrieView } from "../trie/create-trie.ts";
import type { SnapshotShelf } from "./replication/snapshot-shelf.ts";

/** What a stream wants of a shard's live events. */
export interface LiveRequest {
  /** Types of the events; others do not reach the stream. */
  readonly allowed: ReadonlySet<HubEventType>;
  /** Whether it has been sent stored events first. */
  readonly isAfterReplay: boolean;
}

/** What the services of the node work with. */
export interface NodeContext {
  readonly network: Network;
  readonly snapshots: SnapshotShelf;
  /** A shard's trie as the node tells of it. */
  trieOf(state: ShardState): TrieView<Entry>;
  /** The first block of a data shard whose chunk the node still has. */
  firstChunkOf(shardId: number): bigint;
  /** Starts to listen to a data shard's events as they are committed. */
  listen(shardId: number, request: LiveRequest): Listener<HubEvent> | undefined;
  /** Unix seconds on the node's clock. */
  nowSeconds(): bigint;
  readonly logger: Logger | undefined;
}

/** The data shards, in the order in which calls that fan out visit them. */
export function listShards({ network }: NodeContext): readonly DataShard[] {
  return [...network.dataShards.values()];
}

/** The shard that holds a fid's data. */
export function homeShard({ network }: NodeContext, fid: bigint): DataShard {
  const shards = [...network.dataShards.values()];
  const home = shards.find(({ state }) => state.isHome(fid));
  if (home === undefined) throw new RangeError(`Expected a home shard for fid ${fid}`);
  return home;
}
