import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { whileNobodyBuilds } from "./build-turns.ts";
import { BLOCKING_BUILD_BYTES, IS_LOADED, LARGE_TABLES } from "./definitions.ts";
import type { Keys } from "./keys.ts";
import { buildIndexes } from "./load-indexes.ts";
import { resumeVacuum } from "./vacuum-settings.ts";

/**
 * Does what was put off while rows came in bulk. What is done already is not done again. The signal ends
 * a wait for another process that does it, and breaks off what this one does.
 */
export async function finishLoading(connections: Connections, signal?: AbortSignal): Promise<void> {
  const build = async (session: Client) => {
    await buildIndexes({ connections, session, signal });
    await resumeVacuum(session);
  };
  await whileNobodyBuilds(connections, build, signal);
}

/** Size of a relation's rows, in bytes, below which it makes no difference how its indexes are built. */
const WORTHWHILE_BYTES = 2 ** 24;

/** Whether nothing is left to be loaded, and all indexes can be built in seconds. */
const IS_TO_FINISH = `
select ${IS_LOADED}
  and max(pg_relation_size(oid)) between ${WORTHWHILE_BYTES} and ${BLOCKING_BUILD_BYTES} as is_to_finish
from pg_class
where relnamespace = current_schema()::regnamespace
  and relname in (${LARGE_TABLES.map((table) => `'${table}'`).join(", ")})`;

/**
 * Sees to it that rows can be met by their keys, for a shard that is about to follow blocks. Where that
 * ends a first load of few rows, everything that was put off is done at once, which takes two sessions
 * less time than first the keys and then the rest. The signal ends a wait for another process that builds, and breaks
 * off what this one does.
 */
export async function prepareToFollow(
  connections: Connections,
  keys: Keys,
  signal?: AbortSignal,
): Promise<void> {
  if (await keys.areThere()) return;
  const { rows } = await connections.until(signal).query(IS_TO_FINISH);
  if (rows[0]?.is_to_finish === true) await finishLoading(connections, signal);
  await keys.ensure(signal);
}
