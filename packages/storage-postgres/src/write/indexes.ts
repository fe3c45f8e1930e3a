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
 * Statements that build an index without blocking writes.
 *
 * PostgreSQL builds none over partitions that way. So each partition gets its own first, named as
 * the index is but for the table; the index over all of them is then made of these, which it finds
 * by their definition, in an instant. What an interrupted build has finished is not built again.
 */
function buildSql(
  [name, definition]: IndexDefinition,
  partitions: ReadonlyMap<string, readonly string[]>,
  existing: ReadonlySet<string>,
): readonly string[] {
  const [table = ""] = definition.split(" ", 1);
  const parts = partitions.get(table);
  if (parts === undefined) return [`create index concurrently ${name} on ${definition}`];
  const own = parts
    .map((part) => [name.replace(table, part), definition.replace(table, part)] as const)
    .filter(([partName]) => !existing.has(partName))
    .map(([partName, part]) => `create index concurrently ${partName} on ${part}`);
  return [...own, `create index ${name} on ${definition}`];
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
): Promise<boolean> {
  await dropInvalid(session);
  const existing = await readNames(session);
  const partitions = await listPartitions(session);
  const missing = indexes.filter(([name]) => !existing.has(name));
  for (const index of missing) {
    for (const text of buildSql(index, partitions, existing)) await session.query(text);
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

/** Builds every missing index without blocking writes; refreshes the statistics when one was. */
export async function buildIndexes(connections: Connections): Promise<void> {
  await whileNobodyBuilds(connections, async (session) => {
    if (await buildMissing(session, INDEXES)) await session.query("analyze");
  });
}
