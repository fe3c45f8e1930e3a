import { availableParallelism } from "node:os";
import type { Settings } from "../../../config/load-settings.ts";
import type { DatabaseTarget } from "../../database/database-target.ts";

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
 * In how many threads a sync runs. An embedded database has one session, and so one thread.
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
  const asked = settings["sync.threads"].value;
  if (asked !== undefined) return { leaders: asked, atMost: asked };
  const leaders = Math.max(1, Math.min(MAX_UNASKED, cores - 1));
  const isHelped = cores === 2 && settings["sync.verify"].value !== "full";
  return { leaders, atMost: isHelped ? leaders + 1 : leaders };
}

/** The database as each thread opens it: with its part of the connections. */
export function shareOfTarget(target: DatabaseTarget, { atMost }: ThreadCounts): DatabaseTarget {
  if (target.kind === "embedded") return target;
  const maxConnections = Math.max(1, Math.floor(target.maxConnections / atMost));
  return { ...target, maxConnections };
}
