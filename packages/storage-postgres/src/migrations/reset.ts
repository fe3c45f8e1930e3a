import type { Connections } from "../connection/connections.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";

const VIEWS = [
  "user_activity_timeline",
  "processed_messages",
  "channels",
  "storage_units",
  "signers",
  "fnames",
  "user_profile_snapshots",
];

const TABLES = [
  ...TABLE_NAMES,
  "fids",
  "user_profiles",
  "sync_network",
  "sync_holder",
  "sync_progress",
  "sync_partitions",
  "sync_errors",
  "quarantined_messages",
  "schema_migrations",
];

const FUNCTIONS = ["sync_fence(bigint)", "virtual_shard_of(bigint)"];

/**
 * Drops every relation and function that migrations created, and nothing else.
 *
 * Not cascading: what users have built on them is theirs, and makes this fail with its name.
 */
export async function reset({ pipeline }: Connections): Promise<void> {
  await pipeline([
    { text: `drop view if exists ${VIEWS.join(", ")}` },
    { text: `drop table if exists ${TABLES.join(", ")}` },
    { text: `drop function if exists ${FUNCTIONS.join(", ")}` },
  ]);
}
