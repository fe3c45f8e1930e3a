import type { TableName } from "@snaprag/processors";
import type { LiveRows, StoreView } from "@snaprag/storage";
import type { Client, QueryResult } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { breakOff } from "../connection/sessions/break-off.ts";
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

/** Has a server break off whatever a view is at, from the signal on until it is disposed of. */
function heed(connections: Connections, signal: AbortSignal | undefined) {
  let isOver = false;
  let pid: unknown;
  const onAbort = () => {
    // An embedded database has one session for all: it is let go on with the statement it is at.
    if (connections.backend !== "server" || pid === undefined) return;
    // A server that takes no more sessions goes on with the statement, and the view ends after it.
    breakOff(connections, { pid, isOver: () => isOver }).catch(() => undefined);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    /** Names the server's process, once it is known: what a pooler tells a client is not that one. */
    name(processId: unknown): void {
      pid = processId;
    },
    end(): void {
      isOver = true;
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/** Opens a read-only transaction that sees the database as it is now, and ends with the signal. */
export async function openView(
  connections: Connections,
  signal: AbortSignal | undefined,
): Promise<StoreView> {
  const client = await connections.until(signal).connect();
  const heeded = heed(connections, signal);
  const failed = (error: unknown) => (signal?.aborted ? signal.reason : fromPostgresError(error));
  const ask = async (statement: string): Promise<QueryResult> => {
    signal?.throwIfAborted();
    try {
      return await client.query(statement);
    } catch (error) {
      throw failed(error);
    }
  };
  async function* heeding<Value>(values: AsyncIterable<Value>): AsyncGenerator<Value> {
    try {
      signal?.throwIfAborted();
      for await (const value of values) {
        yield value;
        signal?.throwIfAborted();
      }
    } catch (error) {
      throw failed(error);
    }
  }
  try {
    if (signal !== undefined) {
      const { rows } = await client.query("select pg_backend_pid() as pid");
      heeded.name(rows[0]?.pid);
    }
    signal?.throwIfAborted();
    await client.query("begin isolation level repeatable read read only");
    // The snapshot is that of the first statement, not of `begin`.
    await client.query("select 1 from schema_migrations limit 1");
    await client.query("set local statement_timeout to 0");
    // Its reader may take hours, and no writer waits for it.
    await client.query("set local idle_in_transaction_session_timeout to 0");
  } catch (error) {
    heeded.end();
    await client.end();
    throw failed(error);
  }
  let readings = 0;
  return {
    listShards: async () => toShards(await ask(SELECT_SHARDS)),
    findShard: async (shardId) => toShard(await ask(selectShard(shardId))),
    listAccounts: () => heeding(listAccounts(client)),
    readRows(fids) {
      readings += 1;
      return heeding(readRows(client, fids, readings));
    },
    async readLeaves(shardId, fids) {
      const { rows } = await ask(`select trie_key from trie_leaves
        where shard_id = ${shardId} and fid = any(${toArray(fids)})
          and ${IS_PRESENT}
        order by trie_key`);
      return rows.map(({ trie_key }) => trie_key);
    },
    async [Symbol.asyncDispose]() {
      heeded.end();
      // A connection that is gone has rolled back already.
      await client.query("rollback").catch(() => undefined);
      await client.end();
    },
  };
}
