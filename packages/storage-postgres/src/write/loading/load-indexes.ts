// What makes queries fast and would slow a bulk load: built when the historical phase ends.
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { untilBrokenOff } from "../../connection/sessions/break-off.ts";
import { listPartitions } from "../../tables/fid-partitions.ts";
import { TABLE_NAMES } from "../../tables/table-columns.ts";
import type { IndexDefinition } from "../indexes.ts";
import { buildBlocking, buildMissing, findMissing, readRowBytes, tableOf } from "../indexes.ts";
import { awaitTurn } from "./build-turns.ts";
import { BLOCKING_BUILD_BYTES, INDEXES } from "./definitions.ts";
import { buildKeys, buildUnique, listKeyless } from "./keys.ts";

/** The relations that indexes are of, the largest first, when all are whole and may be blocked. */
async function listSmall(
  session: Client,
  indexes: readonly IndexDefinition[],
): Promise<readonly string[] | undefined> {
  if ((await listPartitions(session)).size > 0) return undefined;
  const sizes = new Map<string, number>();
  for (const table of new Set(indexes.map(tableOf))) {
    const bytes = await readRowBytes(session, table);
    if (bytes >= BLOCKING_BUILD_BYTES) return undefined;
    sizes.set(table, bytes);
  }
  return [...sizes].sort(([, a], [, b]) => b - a).map(([table]) => table);
}

/** Of this store's relations alone: others of the database may be locked, for as long as somebody likes. */
const ANALYZE = `analyze ${[...TABLE_NAMES, "trie_leaves", "fids", "user_profiles"].join(", ")}`;

/** Who builds. */
export interface Builder {
  readonly connections: Connections;
  /** The one whose turn it is. */
  readonly session: Client;
  /** Breaks off what a second session does; the first is broken off by whoever has its turn. */
  readonly signal: AbortSignal | undefined;
}

/** Keys and indexes to build of small relations. */
interface SmallBuild {
  /** Relations without a key. */
  readonly keyless: readonly string[];
  readonly missing: readonly IndexDefinition[];
  readonly largestFirst: readonly string[];
}

/**
 * Builds in a second session, which ends with it.
 *
 * A process that is killed leaves what its sessions are doing to the server for a while. Each session
 * of the next one waits for its like, by its lock. So the first may come to an index that a second hand
 * is still building: it finds the name taken then, and leaves it at that.
 */
async function withSecondHand(
  { connections, signal }: Builder,
  work: (session: Client) => Promise<void>,
): Promise<void> {
  const session = await connections.connect();
  try {
    if (!(await awaitTurn(session, "snaprag indexes, second hand", signal))) {
      return signal?.throwIfAborted();
    }
    await session.query("set statement_timeout to 0");
    await untilBrokenOff(connections, { session, work: () => work(session), signal });
  } finally {
    await session.end();
  }
}

/**
 * Builds the keys and indexes of small relations in two sessions, relation by relation, and refreshes the
 * statistics meanwhile. The largest come first, or one session would end with them alone. What gave
 * way to writers is left out.
 */
async function buildSmall(
  builder: Builder,
  { keyless, missing, largestFirst }: SmallBuild,
): Promise<void> {
  const tables = [...largestFirst];

  async function buildTables(session: Client): Promise<void> {
    for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
      // It becomes the primary key afterwards: that would wait for the other session's statistics.
      if (keyless.includes(table)) await buildUnique(session, table);
      for (const index of missing) {
        if (tableOf(index) === table) await buildBlocking(session, index);
      }
    }
  }

  const results = await Promise.allSettled([
    buildTables(builder.session),
    withSecondHand(builder, async (second) => {
      await second.query(ANALYZE);
      await buildTables(second);
    }),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * Builds every key and index that is missing; refreshes the statistics when one was. Where all relations
 * are small, both cores of a small machine have something to do; larger ones are built one after the other,
 * as builds that block nobody wait for each other.
 */
export async function buildIndexes(builder: Builder): Promise<void> {
  const { connections, session } = builder;
  const keyless = (await listKeyless(session)).map(({ name }) => name);
  const missing = await findMissing(session, INDEXES);
  if (missing.length === 0) return buildKeys(session);
  const isServer = connections.backend === "server";
  const largestFirst = isServer ? await listSmall(session, missing) : undefined;
  if (largestFirst) await buildSmall(builder, { keyless, missing, largestFirst });
  await buildKeys(session);
  const options = { blockingBelowBytes: BLOCKING_BUILD_BYTES };
  await buildMissing(session, INDEXES, options);
  if (!largestFirst) await session.query(ANALYZE);
}
