import type { TableName } from "@snaprag/processors";
import type { LiveRows, StoreView } from "@snaprag/storage";
import type { Client } from "pg";
import type { Connections } from "../connection/connections.ts";
import { fromPostgresError } from "../connection/postgres-errors.ts";
import { SELECT_SHARDS, toShards } from "../progress/shards.ts";
import { listPartitions } from "../tables/fid-partitions.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";
import { selectAccountsWithRows } from "../write/derived/derived-tables.ts";
import { toRow } from "./list-rows.ts";

const FETCH_FIDS = 10_000;

/** Fids as a literal: the session may be another process's, which takes no parameters. */
function toArray(fids: readonly bigint[]): string {
  return `'{${fids.map((fid) => BigInt.asIntN(64, fid)).join(",")}}'::int8[]`;
}

async function readRows(client: Client, fids: readonly bigint[]): Promise<LiveRows> {
  const accounts = toArray(fids);
  const tables = await Promise.all(
    TABLE_NAMES.map(async (table) => {
      const { rows } = await client.query(
        `select * from ${table} where fid = any(${accounts}) and deleted_at is null`,
      );
      return [table, rows.map((row) => toRow(table, row))] as const;
    }),
  );
  // Safety: each list holds rows of the table it is named after.
  return Object.fromEntries(tables.filter(([, rows]) => rows.length > 0)) as {
    [Table in TableName]?: never[];
  };
}

async function* listAccounts(client: Client): AsyncGenerator<bigint> {
  const accounts = selectAccountsWithRows(await listPartitions(client));
  await client.query(`declare accounts no scroll cursor for
    select fid from (${accounts}
      union select distinct fid from trie_leaves) accounts order by fid`);
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
  } catch (error) {
    await client.end();
    throw fromPostgresError(error);
  }
  return {
    listShards: async () => toShards(await asStorageErrors(client.query(SELECT_SHARDS))),
    async *listAccounts() {
      try {
        yield* listAccounts(client);
      } catch (error) {
        throw fromPostgresError(error);
      }
    },
    readRows: (fids) => asStorageErrors(readRows(client, fids)),
    async readLeaves(shardId, fids) {
      const { rows } = await asStorageErrors(
        client.query(`select trie_key from trie_leaves
          where shard_id = ${shardId} and fid = any(${toArray(fids)})
            and event_id > 0 and event_id >= removed_event_id
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
