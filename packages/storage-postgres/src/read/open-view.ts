import type { TableName } from "@snaprag/processors";
import type { LiveRows, StoreView } from "@snaprag/storage";
import type { Client, QueryResult } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { SELECT_SHARDS, selectShard, toShard, toShards } from "../progress/shards.ts";
import { listPartitions } from "../tables/fid-partitions.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";
import { selectAccountsWithRows } from "../write/derived/derived-tables.ts";
import { toRow } from "./list-rows.ts";

const FETCH_FIDS = 10_000;
/** Rows of a relation at a time. */
const FETCH_ROWS = 1000;

/** Fids as a literal: the session may be another process's, which takes no parameters. */
function toArray(fids: readonly bigint[]): string {
  return `'{${fids.map((fid) => BigInt.asIntN(64, fid)).join(",")}}'::int8[]`;
}

/** Sends a statement before its rows are wanted; a failure is told to whoever comes to wait for them. */
function sendAhead(client: Client, text: string): Promise<QueryResult> {
  const result = client.query(text);
  result.catch(() => undefined);
  return result;
}

/** Rows of one relation by a cursor, of which the first are on their way. */
interface OpenCursor {
  readonly table: TableName;
  readonly name: string;
  readonly first: Promise<QueryResult>;
}

function openCursor(
  client: Client,
  table: TableName,
  { name, condition }: { readonly name: string; readonly condition: string },
): OpenCursor {
  const select = `select * from ${table} where ${condition} and deleted_at is null`;
  // If it fails, so does reading from it.
  client.query(`declare ${name} no scroll cursor for ${select}`).catch(() => undefined);
  return { table, name, first: sendAhead(client, `fetch ${FETCH_ROWS} from ${name}`) };
}

/** Reads a cursor to its end: the next rows come while those before them are used. */
async function* readCursor(client: Client, { table, name, first }: OpenCursor) {
  let next = first;
  let isMore = true;
  while (isMore) {
    const { rows } = await next;
    isMore = rows.length === FETCH_ROWS;
    if (isMore) next = sendAhead(client, `fetch ${FETCH_ROWS} from ${name}`);
    // Safety: the rows are of the relation they are named after.
    if (rows.length > 0) yield { [table]: rows.map((row) => toRow(table, row)) } as LiveRows;
  }
}

/** Reads rows of accounts; by the number of the reading, two at a time have cursors of their own. */
async function* readRows(
  client: Client,
  fids: readonly bigint[],
  reading: number,
): AsyncGenerator<LiveRows> {
  const condition = `fid = any(${toArray(fids)})`;
  const cursors = TABLE_NAMES.map((table) =>
    openCursor(client, table, { name: `live_${table}_${reading}`, condition }),
  );
  try {
    for (const cursor of cursors) yield* readCursor(client, cursor);
  } finally {
    // In a transaction that has failed there is nothing left to be closed.
    for (const { name } of cursors) client.query(`close ${name}`).catch(() => undefined);
  }
}

/** Whether a leaf is there. */
const IS_PRESENT = "event_id > 0 and event_id >= removed_event_id";

async function* listAccounts(client: Client): AsyncGenerator<bigint> {
  const accounts = selectAccountsWithRows(await listPartitions(client));
  await client.query(`declare accounts no scroll cursor for
    select fid from (${accounts}
      union select distinct fid from trie_leaves where ${IS_PRESENT}) accounts
    -- Those from 2^63 on are negative.
    order by fid < 0, fid`);
  while (true) {
    const { rows } = await client.query(`fetch ${FETCH_FIDS} from accounts`);
    for (const { fid } of rows) yield BigInt.asUintN(64, fid);
    if (rows.length < FETCH_FIDS) break;
  }
  await client.query("close accounts");
}

/** Opens a read-only transaction that sees the database as it is now. */
export async function openView(connections: Connections): Promise<StoreView> {
  const client = await connections.connect();
  const asStorageErrors = async <Result>(work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw fromPostgresError(error);
    }
  };
  try {
    await client.query("begin isolation level repeatable read read only");
    // The snapshot is that of the first statement, not of `begin`.
    await client.query("select 1 from schema_migrations limit 1");
    await client.query("set local statement_timeout to 0");
    // Its reader may take hours, and no writer waits for it.
    await client.query("set local idle_in_transaction_session_timeout to 0");
  } catch (error) {
    await client.end();
    throw fromPostgresError(error);
  }
  let readings = 0;
  return {
    listShards: async () => toShards(await asStorageErrors(client.query(SELECT_SHARDS))),
    findShard: async (shardId) =>
      toShard(await asStorageErrors(client.query(selectShard(shardId)))),
    async *listAccounts() {
      try {
        yield* listAccounts(client);
      } catch (error) {
        throw fromPostgresError(error);
      }
    },
    async *readRows(fids) {
      try {
        readings += 1;
        yield* readRows(client, fids, readings);
      } catch (error) {
        throw fromPostgresError(error);
      }
    },
    async readLeaves(shardId, fids) {
      const { rows } = await asStorageErrors(
        client.query(`select trie_key from trie_leaves
          where shard_id = ${shardId} and fid = any(${toArray(fids)})
            and ${IS_PRESENT}
          order by trie_key`),
      );
      return rows.map(({ trie_key }) => trie_key);
    },
    async [Symbol.asyncDispose]() {
      // A connection that is gone has rolled back already.
      await client.query("rollback").catch(() => undefined);
      await client.end();
    },
  };
}
