// Building indexes beside others that read, write and build.
import { setTimeout as delay } from "node:timers/promises";
import type { Client, ClientBase, QueryResult } from "pg";
import pg from "pg";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { listPartitions } from "../tables/fid-partitions.ts";

/** An index: its name, what follows `on` where it is made, the table first, and whether no key may occur twice. */
export type IndexDefinition = readonly [name: string, definition: string, kind?: "unique"];

/** The relation that an index is of. */
export function tableOf([, definition]: IndexDefinition): string {
  return definition.split(" ", 1)[0] ?? "";
}

type Session = Pick<ClientBase, "query">;

/**
 * Those of partitions that are part of an index go with it. An index is invalid also while it is
 * built; of another role's builds only the process can be seen, and its locks.
 */
const INVALID = `
select c.relname as name, c.relkind = 'I' as is_over_partitions, exists (
  select from pg_stat_progress_create_index p join pg_locks l on l.pid = p.pid
  where l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock' and l.granted
) as is_at_work
from pg_index i join pg_class c on c.oid = i.indexrelid
where not i.indisvalid and not c.relispartition
  and c.relnamespace = current_schema()::regnamespace`;

const EXISTING = `
select indexname from pg_indexes where schemaname = current_schema()`;

/** How often somebody else who builds is looked at, in milliseconds. */
const OTHERS_MS = 200;

async function readNames(session: Client): Promise<ReadonlySet<string>> {
  const { rows } = await session.query(EXISTING);
  return new Set(rows.map(({ indexname }) => indexname));
}

/**
 * How long what blocks others waits for those before it, in milliseconds; later ones wait behind it.
 */
const BLOCKING_WAIT_MS = 2000;

/** How missing indexes are built. */
export interface BuildOptions {
  /**
   * Size of a relation's rows, in bytes, below which its writers may be blocked.
   *
   * @default 0: never
   */
  readonly blockingBelowBytes?: number | undefined;
}

/** Bytes that the rows of a relation take. */
export async function readRowBytes(session: Client, table: string): Promise<number> {
  // Without parameters: in an embedded database's session, others would come between them.
  const text = `select pg_relation_size('${table}'::regclass) as bytes`;
  return Number((await session.query(text)).rows[0]?.bytes);
}

/**
 * Whether a name is taken: by what could be seen, or by what was committed while this waited for it. The
 * latter breaks the catalogue's constraint; keys that occur twice break that of the index itself.
 */
function isNameTaken(error: unknown): boolean {
  const { sqlState } = fromPostgresError(error);
  if (sqlState !== "23505") return sqlState === "42P07";
  return error instanceof pg.DatabaseError && error.constraint === "pg_class_relname_nsp_index";
}

/**
 * Creates an index, unless somebody else does so meanwhile: the sessions of a process that was killed
 * go on with what they were building, and nobody sees that before it is done.
 */
async function createIndex(session: Client, name: string, statement: string): Promise<void> {
  try {
    await session.query(statement);
  } catch (error) {
    if (!isNameTaken(error)) throw error;
    // A table may have the name as well.
    if (!(await readNames(session)).has(name)) throw error;
  }
}

/** The statement that makes an index. */
function createSql([name, definition, kind]: IndexDefinition, how?: "concurrently"): string {
  const words = ["create", kind, "index", how, name, "on", definition];
  return words.filter((word) => word !== undefined).join(" ");
}

/** Builds an index in one go, unless writers keep it from that; returns whether it is there. */
export async function buildBlocking(session: Client, index: IndexDefinition): Promise<boolean> {
  const [name] = index;
  const text = createSql(index);
  try {
    // In one message, so that both are one transaction and the setting ends with it.
    await createIndex(session, name, `set local lock_timeout to ${BLOCKING_WAIT_MS}; ${text}`);
    return true;
  } catch (error) {
    if (fromPostgresError(error).code !== "lock_timeout") throw error;
    return false;
  }
}

/** Builds the index of a relation that has rows of its own. */
async function buildIndex(
  session: Client,
  index: IndexDefinition,
  { blockingBelowBytes = 0 }: BuildOptions,
): Promise<void> {
  const isBuilt =
    blockingBelowBytes > 0 &&
    (await readRowBytes(session, tableOf(index))) < blockingBelowBytes &&
    (await buildBlocking(session, index));
  if (!isBuilt) await createIndex(session, index[0], createSql(index, "concurrently"));
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
  index: IndexDefinition,
  partitions: ReadonlyMap<string, readonly string[]>,
): readonly IndexDefinition[] {
  const [name, definition] = index;
  const table = tableOf(index);
  const parts = partitions.get(table) ?? [];
  return parts.map((part) => [name.replace(table, part), definition.replace(table, part)]);
}

/** Those of some indexes, and of what they need of partitions, that are invalid. */
async function listInvalid(
  session: Session,
  indexes: readonly IndexDefinition[],
): Promise<QueryResult["rows"]> {
  const partitions = await listPartitions(session);
  const own = indexes.flatMap((index) => [index, ...indexesOfPartitions(index, partitions)]);
  const names = new Set(own.map(([name]) => name));
  const { rows } = await session.query(INVALID);
  return rows.filter(({ name }) => names.has(name));
}

/**
 * Drops what interrupted builds of some indexes have left, without blocking those who read or write.
 * Where somebody builds an index of the same relation just now, that is waited for, by asking again as
 * whoever waits for a turn to build does: it may be this one.
 */
async function dropInvalid(session: Client, indexes: readonly IndexDefinition[]): Promise<void> {
  let invalid = await listInvalid(session, indexes);
  while (invalid.some(({ is_at_work }) => is_at_work)) {
    await delay(OTHERS_MS);
    invalid = await listInvalid(session, indexes);
  }
  for (const { name, is_over_partitions: isOverPartitions } of invalid) {
    // No index over partitions can be dropped without blocking others; no build here leaves one.
    const text = isOverPartitions
      ? `set local lock_timeout to ${BLOCKING_WAIT_MS}; drop index if exists ${name}`
      : `drop index concurrently if exists ${name}`;
    await session.query(text);
  }
}

/**
 * Those of some indexes that are missing; no other process of this program may build meanwhile. A
 * build that was interrupted leaves an invalid index behind, which is dropped.
 */
export async function findMissing(
  session: Client,
  indexes: readonly IndexDefinition[],
): Promise<readonly IndexDefinition[]> {
  await dropInvalid(session, indexes);
  const existing = await readNames(session);
  return indexes.filter(([name]) => !existing.has(name));
}

/** Builds those of some indexes that are missing, one after the other; returns whether any was. */
export async function buildMissing(
  session: Client,
  indexes: readonly IndexDefinition[],
  options: BuildOptions = {},
): Promise<boolean> {
  const missing = await findMissing(session, indexes);
  const existing = await readNames(session);
  const partitions = await listPartitions(session);
  for (const index of missing) {
    const parts = indexesOfPartitions(index, partitions);
    if (parts.length === 0) await buildIndex(session, index, options);
    else {
      for (const part of parts) {
        if (!existing.has(part[0])) await buildIndex(session, part, options);
      }
      await createIndex(session, index[0], createSql(index));
    }
  }
  return missing.length > 0;
}

/**
 * Builds those of some indexes that are missing, in a transaction that lasts as long as they take.
 * For a session that all share: whoever writes waits for it however an index is built.
 */
export async function buildMissingAtOnce(
  client: Session,
  indexes: readonly IndexDefinition[],
): Promise<void> {
  await client.query("set local statement_timeout to 0");
  for (const { name } of await listInvalid(client, indexes)) {
    await client.query(`drop index ${name}`);
  }
  for (const [name, definition] of indexes) {
    await client.query(`create index if not exists ${name} on ${definition}`);
  }
}
