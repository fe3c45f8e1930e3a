// What makes queries fast and would slow a bulk load: built when the historical phase ends.
import type { Client } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { listPartitions } from "../../tables/fid-partitions.ts";
import type { IndexDefinition } from "../indexes.ts";
import { buildBlocking, buildMissing, findMissing, readRowBytes, tableOf } from "../indexes.ts";
import { awaitTurn } from "./build-turns.ts";

/**
 * Name and definition of every secondary index. All lead with what is looked up by.
 *
 * A B-tree's row holds no more than 2,700 bytes, a third of a page, and refuses what is longer,
 * which would set aside a message that the protocol allows. Names and parent URLs are cut to what
 * fits (`indexableText` in `@snaprag/processors`); other messages have at most 2,048 bytes
 * (docs/protocol.md 4.2). Byte strings of casts, which have up to 16,384 bytes, and of contracts,
 * which nothing bounds, are looked up by hash: that serves equality at any length.
 */
export const INDEXES: readonly IndexDefinition[] = [
  ["casts_by_hash", "casts (hash)"],
  ["casts_by_time", `casts ("timestamp") where deleted_at is null`],
  ["casts_by_author", `casts (fid, "timestamp") where deleted_at is null`],
  [
    "casts_by_parent",
    "casts using hash (parent_hash) where parent_hash is not null and deleted_at is null",
  ],
  ["casts_by_parent_url", `casts (parent_url, "timestamp") where parent_url is not null`],
  ["reactions_by_target", "reactions (target_hash, reaction_type) where deleted_at is null"],
  ["reactions_by_author", `reactions (fid, "timestamp") where deleted_at is null`],
  ["links_by_target", "links (target_fid, link_type) where deleted_at is null"],
  ["verifications_by_address", "verifications (address) where deleted_at is null"],
  ["username_proofs_by_name", "username_proofs (name)"],
  ["fname_transfers_by_name", "fname_transfers (name, proof_timestamp)"],
  ["storage_lends_by_borrower", "storage_lends (to_fid) where deleted_at is null"],
  ["onchain_events_by_signer", "onchain_events using hash (signer_key) where type = 1"],
  ["onchain_events_by_channel", "onchain_events using hash (channel_label) where type = 6"],
  ["user_profiles_by_username", "user_profiles (username)"],
  ["fids_by_custody", "fids using hash (custody_address)"],
];

/**
 * Size of a relation's rows, in bytes, below which its indexes are built in one go. That takes
 * seconds, in which its writers wait; without blocking them it takes the database a third more, as
 * it reads everything twice.
 */
export const BLOCKING_BUILD_BYTES: number = 2 ** 30;

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

/** Indexes to build of small relations. */
interface SmallBuild {
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
  connections: Connections,
  work: (session: Client) => Promise<void>,
): Promise<void> {
  const session = await connections.connect();
  try {
    await awaitTurn(session, "snaprag indexes, second hand");
    await session.query("set statement_timeout to 0");
    await work(session);
  } finally {
    await session.end();
  }
}

/**
 * Builds the indexes of small relations in two sessions, relation by relation, and refreshes the
 * statistics meanwhile. The largest come first, or one session would end with them alone. What gave
 * way to writers is left out.
 */
async function buildSmall(
  connections: Connections,
  session: Client,
  { missing, largestFirst }: SmallBuild,
): Promise<void> {
  const tables = [...largestFirst];

  async function buildTables(builder: Client): Promise<void> {
    for (let table = tables.shift(); table !== undefined; table = tables.shift()) {
      for (const index of missing) {
        if (tableOf(index) === table) await buildBlocking(builder, index);
      }
    }
  }

  const results = await Promise.allSettled([
    buildTables(session),
    withSecondHand(connections, async (second) => {
      await second.query("analyze");
      await buildTables(second);
    }),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

/**
 * Builds every missing index; refreshes the statistics when one was. Where all relations are small,
 * both cores of a small machine have something to do; larger ones are built one after the other, as
 * builds that block nobody wait for each other.
 */
export async function buildIndexes(connections: Connections, session: Client): Promise<void> {
  const missing = await findMissing(session, INDEXES);
  if (missing.length === 0) return;
  const isServer = connections.backend === "server";
  const largestFirst = isServer ? await listSmall(session, missing) : undefined;
  if (largestFirst) await buildSmall(connections, session, { missing, largestFirst });
  const options = { blockingBelowBytes: BLOCKING_BUILD_BYTES };
  await buildMissing(session, INDEXES, options);
  if (!largestFirst) await session.query("analyze");
}
