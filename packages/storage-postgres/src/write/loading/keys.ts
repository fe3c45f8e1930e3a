// Primary keys of the largest relations: made behind a first load, which takes the database a seventh less
// work (bench/NOTES.md), and needed by whatever comes after it.
import type { Client, ClientBase } from "pg";
import type { Connections } from "../../connection/connections.ts";
import { fromPostgresError } from "../../connection/postgres-errors.ts";
import { findFidPartitions } from "../../tables/fid-partitions.ts";
import { buildMissing, findMissing } from "../indexes.ts";
import { unlessDone } from "./build-turns.ts";
import { BLOCKING_BUILD_BYTES, INDEXES, IS_LOADED, keyOf, LARGE_TABLES } from "./definitions.ts";
import { shareWork } from "./share-work.ts";

type Session = Pick<ClientBase, "query">;

/**
 * Takes the keys away, for a first load; from relations that have just been made. Those that are
 * partitioned keep theirs.
 */
export async function deferKeys(session: Session): Promise<void> {
  if ((await findFidPartitions(session)) !== undefined) return;
  for (const table of LARGE_TABLES) {
    await session.query(`alter table ${table} drop constraint ${table}_pkey`);
  }
}

const WITHOUT_KEY = `
select c.relname as name, exists (
  select from pg_index i join pg_class key on key.oid = i.indexrelid
  where i.indrelid = c.oid and i.indisunique and i.indisvalid and key.relname = c.relname || '_pkey'
) as is_unique
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
  and c.relname in (${LARGE_TABLES.map((table) => `'${table}'`).join(", ")})
  and not exists (select from pg_constraint k where k.conrelid = c.oid and k.contype = 'p')
order by pg_relation_size(c.oid) desc`;

/** A large relation without a primary key. */
interface KeylessTable {
  readonly name: string;
  /** Whether no row can be there twice all the same. */
  readonly is_unique: boolean;
}

/** Large relations without a primary key, the largest first. */
export async function listKeyless(session: Session): Promise<readonly KeylessTable[]> {
  return (await session.query<KeylessTable>(WITHOUT_KEY)).rows;
}

/** Deletes rows of which there is another one of the same key, which only a node that repeats itself makes. */
function deleteRepeated(table: string): string {
  return `delete from ${table} where ctid in (
    select ctid from (
      select ctid, row_number() over (partition by fid, hash order by ctid) as place from ${table}
    ) as placed where place > 1)`;
}

/** Whether no first load goes on, whose rows a build that blocks writers would hold up. */
async function isLoaded(session: Session): Promise<boolean> {
  const { rows } = await session.query(`select ${IS_LOADED} as is_loaded`);
  return rows[0]?.is_loaded === true;
}

/** How often repeated rows are deleted: more may come from a load that goes on. */
const DELETIONS = 5;

/**
 * Builds the key of a relation as a unique index, in a session whose turn it is to build: no row is there
 * twice then, and none comes.
 */
export async function buildUnique(session: Client, table: string): Promise<void> {
  // Without blocking, it would read all rows twice and wait for everybody who reads in this database.
  const blockingBelowBytes = (await isLoaded(session)) ? Infinity : BLOCKING_BUILD_BYTES;
  for (let deletions = 0; ; deletions++) {
    try {
      await buildMissing(session, [keyOf(table)], { blockingBelowBytes });
      return;
    } catch (error) {
      if (fromPostgresError(error).sqlState !== "23505" || deletions === DELETIONS) throw error;
      await session.query(deleteRepeated(table));
    }
  }
}

/** Longest wait for those who read a relation while its key is made its primary key, in milliseconds. */
const PROMOTION_WAIT_MS = 2000;

/** Makes a unique index the primary key, unless somebody reads for long: it serves as well without. */
async function promote(session: Session, table: string): Promise<void> {
  const [name] = keyOf(table);
  const text = `set local lock_timeout to ${PROMOTION_WAIT_MS};
    alter table ${table} add constraint ${name} primary key using index ${name}`;
  try {
    await session.query(text);
  } catch (error) {
    if (fromPostgresError(error).code !== "lock_timeout") throw error;
  }
}

/** Builds what keys are missing, in a session whose turn it is to build. */
export async function buildKeys(session: Client): Promise<void> {
  const keyless = await listKeyless(session);
  // Sessions of a process that was killed may be building others: they and this would wait for each other.
  if (keyless.length > 0) await findMissing(session, INDEXES);
  for (const { name, is_unique: isUnique } of keyless) {
    if (!isUnique) await buildUnique(session, name);
    await promote(session, name);
  }
}

/** How a store sees to it that rows can be found and met by their keys. */
export interface Keys {
  /** Whether it is known that they can. */
  areSeen(): boolean;
  /** Whether they can. */
  areThere(): Promise<boolean>;
  /** Resolves when they can. Builds what is missing, unless others do; the signal ends the wait. */
  ensure(signal?: AbortSignal): Promise<void>;
  /** There may be none any longer. */
  forget(): void;
}

async function areAllUnique(session: Session): Promise<boolean> {
  return (await listKeyless(session)).every(({ is_unique: isUnique }) => isUnique);
}

/** Creates the keys of a store. What was seen to be there is not looked for again. */
export function createKeys(connections: Connections): Keys {
  let isSeen = connections.backend !== "server";

  async function areThere(): Promise<boolean> {
    isSeen ||= await areAllUnique(connections);
    return isSeen;
  }

  const build = shareWork(async (signal) => {
    const once = { isDone: areAllUnique, work: buildKeys };
    if (!(await areThere())) await unlessDone(connections, once, signal);
    isSeen = true;
  });

  return {
    areSeen: () => isSeen,
    areThere,
    async ensure(signal) {
      if (!isSeen) await build(signal);
    },
    forget() {
      isSeen = connections.backend !== "server";
    },
  };
}
