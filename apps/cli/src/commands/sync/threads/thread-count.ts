import { availableParallelism } from "node:os";
import type { Settings } from "../../../config/load-settings.ts";
import type { DatabaseTarget } from "../../database/database-target.ts";

/** Threads without being asked for: more of them want more of the database than it may have to give. */
const MAX_UNASKED = 4;

/**
 * In how many threads a sync runs. An embedded database has one session, and so one thread.
 *
 * A server is taken to be on the same machine: one core is its own, but of two it leaves enough for a
 * second thread. That has nothing to give where signatures are verified, which have threads of their own.
 */
export function threadCountOf(
  settings: Pick<Settings, "sync.threads" | "sync.verify">,
  target: DatabaseTarget,
  cores: number = availableParallelism(),
): number {
  if (target.kind === "embedded") return 1;
  const asked = settings["sync.threads"].value;
  if (asked !== undefined) return asked;
  const fewest = settings["sync.verify"].value === "full" ? 1 : Math.min(2, cores);
  return Math.max(fewest, Math.min(MAX_UNASKED, cores - 1));
}

/** The database as one of so many threads opens it: with its part of the connections. */
export function shareOfTarget(target: DatabaseTarget, threadCount: number): DatabaseTarget {
  if (target.kind === "embedded") return target;
  const maxConnections = Math.max(1, Math.floor(target.maxConnections / threadCount));
  return { ...target, maxConnections };
}
