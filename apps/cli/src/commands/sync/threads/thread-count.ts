import { availableParallelism } from "node:os";
import type { Settings } from "../../../config/load-settings.ts";
import type { DatabaseTarget, ServerTarget } from "../../database/database-target.ts";

/** Threads without being asked for: more of them want more of the database than it may have to give. */
const MAX_UNASKED = 4;

/** The threads of a sync. */
export interface ThreadCounts {
  /** Those that divide the shards among them. */
  readonly leaders: number;
  /** With those that may help with a large first load, one at most. */
  readonly atMost: number;
}

/**
 * In how many threads a sync runs. An embedded database has one session, and so one thread; on a server
 * each has a connection at least.
 *
 * A server is taken to be on the same machine: one core is its own, but of two it leaves enough for a
 * second thread in a first load. That has nothing to give where signatures are verified, which have
 * threads of their own.
 */
export function threadCountsOf(
  settings: Pick<Settings, "sync.threads" | "sync.verify">,
  target: DatabaseTarget,
  cores: number = availableParallelism(),
): ThreadCounts {
  if (target.kind === "embedded") return { leaders: 1, atMost: 1 };
  const limited = (count: number) => Math.min(count, target.maxConnections);
  const asked = settings["sync.threads"].value;
  if (asked !== undefined) return { leaders: limited(asked), atMost: limited(asked) };
  const leaders = limited(Math.max(1, Math.min(MAX_UNASKED, cores - 1)));
  const isHelped = cores === 2 && settings["sync.verify"].value !== "full";
  return { leaders, atMost: limited(isHelped ? leaders + 1 : leaders) };
}

/** The database as each thread opens it: with its part of the connections. */
export function shareOfTarget(target: DatabaseTarget, { atMost }: ThreadCounts): DatabaseTarget {
  if (target.kind === "embedded") return target;
  return { ...target, maxConnections: Math.floor(target.maxConnections / atMost) };
}

/**
 * A server as the main thread opens it beside others: one connection, for what it asks of it now and then.
 * An embedded database is synced into where it is open.
 */
export function ownPartOfTarget(target: DatabaseTarget): DatabaseTarget {
  return target.kind === "embedded" ? target : { ...target, maxConnections: 1 };
}

/** Partitions that one of the threads downloads at a time: its part, and one at least. */
export function shareOfLanes(
  lanes: number,
  { number, atMost }: Pick<ThreadCounts, "atMost"> & { readonly number: number },
): number {
  const isLarger = number < lanes % atMost;
  return Math.max(1, Math.floor(lanes / atMost) + (isLarger ? 1 : 0));
}

/** Of the main thread: see {@link ownPartOfTarget}. */
const OF_MAIN_THREAD = 1;

/** Of each thread, besides its part: one for its locks, and one to build indexes or wait for its turn. */
const OF_EACH_THREAD = 2;

/** With which whoever builds indexes builds two at a time. */
const OF_BUILDER = 1;

/** Two that read and write, and one that builds. */
const OF_EMBEDDINGS = 3;

/**
 * Connections to a server that a sync of some data shards opens, at most. Each of these shards is proved in
 * a view over a connection of its own.
 */
export function connectionCountOf(
  settings: Pick<Settings, "sync.threads" | "sync.verify" | "embeddings.enabled">,
  target: ServerTarget,
  dataShardCount: number,
): number {
  const { atMost } = threadCountsOf(settings, target);
  const ofThreads = target.maxConnections + OF_EACH_THREAD * atMost + OF_BUILDER;
  const ofEmbeddings = settings["embeddings.enabled"].value ? OF_EMBEDDINGS : 0;
  return OF_MAIN_THREAD + ofThreads + dataShardCount + ofEmbeddings;
}
