// What makes queries fast and would slow a bulk load: built when the historical phase ends.
import { setTimeout as delay } from "node:timers/promises";
import type { Client, ClientBase } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { listPartitions } from "../tables/fid-partitions.ts";

/** An index: its name, and what follows `on` where it is made, the table first. */
export type IndexDefinition = readonly [name: string, definition: string];

/**
 * Name and definition of every secondary index. All lead with what is looked up by.
 *
 * A B-tree's row holds no more than 2,700 bytes, a third of a page, and refuses what is longer,
 * which would set aside a message that the protocol allows. Names and parent URLs are cut to what
 * fits (`indexableText` in `@snaprag/processors`); other messages have at most 2,048 bytes
 * (docs/protocol.md 4.2). Byte strings of casts, which have up to 16,384 bytes, and of contracts,
 * which nothing bounds, are looked up by hash: that serves equality at any length.
 */
const INDEXES: readonly IndexDefinition[] = [
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

/** Those of partitions that are part of an index go with it. */
const INVALID = `
select c.relname from pg_index i join pg_class c on c.oid = i.indexrelid
where not i.indisvalid and not c.relispartition
  and c.relnamespace = current_schema()::regnamespace`;

const EXISTING = `
select indexname from pg_indexes where schemaname = current_schema()`;

const TRY_LOCK =
  "select pg_try_advisory_lock(hashtext('snaprag indexes'), hashtext(current_schema())) as is_mine";

/** How often another process that builds is looked at, in milliseconds. */
const OTHERS_MS = 200;

/**
 * Waits until no other process builds. By asking again: whoever waits inside of a statement is
 * waited for by the build of an index, for ever.
 */
async function awaitTurn(session: Client): Promise<void> {
  while (!(await session.query(TRY_LOCK)).rows[0]?.is_mine) await delay(OTHERS_MS);
}

/** Drops what interrupted builds have left; nobody else may build meanwhile. */
async function dropInvalid(session: Pick<ClientBase, "query">): Promise<void> {
  const { rows } = await session.query(INVALID);
  for (const { relname } of rows) await session.query(`drop index "${relname}"`);
}

async function readNames(session: Client): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(EXISTING);
  return new Set(rows.map(({ indexname }) => indexname));
}

/**
 * Size of a relation's rows, in bytes, below which its indexes are built in one go. That takes
 * seconds, in which its writers wait; without blocking them it takes the database a third more, as
 * it reads everything twice.
 */
const BLOCKING_BUILD_BYTES = 2 ** 30;

/**
 * How long such a build waits for writers to finish, in milliseconds: those that come later wait
 * behind it.
 */
const BLOCKING_BUILD_WAIT_MS = 2000;

/** How missing indexes are built. */
export interface BuildOptions {
  /**
   * Size of a relation's rows, in bytes, below which its writers may be blocked.
   *
   * @default 0: never
   */
  readonly blockingBelowBytes?: number | undefined;
}

async function isSmaller(session: Client, table: string, bytes: number): Promise<boolean> {
  const text = "select pg_relation_size($1::regclass) < $2 as is_smaller";
  return (await session.query(text, [table, bytes])).rows[0]?.is_smaller === true;
}

/** Builds an index in one go, unless writers keep it from beginning; returns whether it did. */
async function buildBlocking(session: Client, text: string): Promise<boolean> {
  try {
    // In one message, so that both are one transaction and the setting ends with it.
    await session.query(`set local lock_timeout to ${BLOCKING_BUILD_WAIT_MS}; ${text}`);
    return true;
  } catch (error) {
    if (fromPostgresError(error).code !== "lock_timeout") throw error;
    return false;
  }
}

/** Builds the index of a relation that has rows of its own. */
async function buildIndex(
  session: Client,
  [name, definition]: IndexDefinition,
  { blockingBelowBytes = 0 }: BuildOptions,
): Promise<void> {
  const [table = ""] = definition.split(" ", 1);
  const isBuilt =
    blockingBelowBytes > 0 &&
    (await isSmaller(session, table, blockingBelowBytes)) &&
    (await buildBlocking(session, `create index ${name} on ${definition}`));
  if (!isBuilt) await session.query(`create index concurrently ${name} on ${definition}`);
}

/**
 * The indexes of a relation's partitions that an index needs; none when the relation is whole.
 *
 * PostgreSQL builds none over partitions without blocking writes. So each partition gets its own
 * first, named as the index is but for the table; the index over all of them is then made of these,
 * which it finds by their definition, in an instant. What an interrupted build has finished is not
 * built again.
 */
function indexesOfPartitions(
  [name, definition]: IndexDefinition,
  partitions: ReadonlyMap<string, readonly string[]>,
): readonly IndexDefinition[] {
  const [table = ""] = definition.split(" ", 1);
  const parts = partitions.get(table) ?? [];
  return parts.map((part) => [name.replace(table, part), definition.replace(table, part)]);
}

/**
 * Builds those of some indexes that are missing; returns whether any was.
 *
 * A build that was interrupted leaves an invalid index behind, which is dropped and built again:
 * nobody else builds meanwhile.
 */
export async function buildMissing(
  session: Client,
  indexes: readonly IndexDefinition[],
  options: BuildOptions = {},
): Promise<boolean> {
  await dropInvalid(session);
  const existing = await readNames(session);
  const partitions = await listPartitions(session);
  const missing = indexes.filter(([name]) => !existing.has(name));
  for (const index of missing) {
    const parts = indexesOfPartitions(index, partitions);
    const [name, definition] = index;
    if (parts.length === 0) await buildIndex(session, index, options);
    else {
      for (const part of parts) {
        if (!existing.has(part[0])) await buildIndex(session, part, options);
      }
      await session.query(`create index ${name} on ${definition}`);
    }
  }
  return missing.length > 0;
}

/**
 * Builds those of some indexes that are missing, in a transaction that lasts as long as they take.
 * For a session that all share: whoever writes waits for it however an index is built.
 */
export async function buildMissingAtOnce(
  client: Pick<ClientBase, "query">,
  indexes: readonly IndexDefinition[],
): Promise<void> {
  await client.query("set local statement_timeout to 0");
  await dropInvalid(client);
  for (const [name, definition] of indexes) {
    await client.query(`create index if not exists ${name} on ${definition}`);
  }
}

/** Runs work in a session in which statements take as long as they do, while nobody else builds. */
export async function whileNobodyBuilds(
  connections: Connections,
  work: (session: Client) => Promise<void>,
): Promise<void> {
  const session = await connections.connect();
  try {
    if (connections.backend === "server") await awaitTurn(session);
    await session.query("set statement_timeout to 0");
    await work(session);
    // An embedded database has one session for all.
    await session.query(`set statement_timeout to ${connections.statementTimeoutMs}`);
  } catch (error) {
    throw fromPostgresError(error);
  } finally {
    await session.end();
  }
}

/** Builds every missing index; refreshes the statistics when one was. */
export async function buildIndexes(connections: Connections): Promise<void> {
  await whileNobodyBuilds(connections, async (session) => {
    const isAny = await buildMissing(session, INDEXES, {
      blockingBelowBytes: BLOCKING_BUILD_BYTES,
    });
    if (isAny) await session.query("analyze");
  });
}
