// What a monitor sees of a running sync, of its node and of its database, at one moment.
import type { ShardProof } from "@snaprag/storage";
import type { ShardActivity } from "@snaprag/sync";
import type { PaceMeter, ShardPace } from "../../../screen/pace.ts";
import { whyNotReady } from "./readiness.ts";
import type { WatchedSync } from "./watched-sync.ts";

/** What is seen at a glance: in memory, asking nobody. */
export interface Glance {
  readonly now: Date;
  readonly shards: readonly ShardActivity[];
  /** Why the mirror does not count as ready; nothing when it does. */
  readonly reasons: readonly string[];
}

/** What is seen at one moment. */
export interface Sighting extends Glance {
  /** By shard id. */
  readonly paces: ReadonlyMap<number, ShardPace>;
  /** The node's newest block of each shard; undefined when it does not answer. */
  readonly nodeHeights: ReadonlyMap<number, bigint> | undefined;
  /** The latest proof of each shard that has one; undefined when the database does not answer. */
  readonly proofs: ReadonlyMap<number, ShardProof> | undefined;
}

/** How a sync is looked at. */
export interface Looking {
  /** Undefined until the sync has begun. */
  readonly watched: () => WatchedSync | undefined;
  /** Seconds that a shard may be behind the present while the mirror counts as ready. */
  readonly maxLagSeconds: number;
  readonly meter: PaceMeter;
  /** Aborts when the process is asked to end. */
  readonly signal: AbortSignal;
}

/** Looks at what is in memory. Before the sync has begun, there are no shards to be seen. */
export function glance({ watched, maxLagSeconds, signal }: Looking): Glance {
  const now = new Date();
  const shards = watched()?.progress() ?? [];
  const reasons = signal.aborted
    ? ["the sync is stopping"]
    : whyNotReady(shards, { maxLagSeconds, now });
  return { now, shards, reasons };
}

/** Looks at everything. */
export async function look(looking: Looking): Promise<Sighting> {
  const seen = glance(looking);
  const { shards, now } = seen;
  const watched = looking.watched();
  const [nodeHeights, proofs] = await Promise.all([
    watched?.readNodeHeights(),
    watched?.readProofs(),
  ]);
  const paces = looking.meter.observe(shards, now.getTime());
  return { ...seen, paces, nodeHeights, proofs };
}
