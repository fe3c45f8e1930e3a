import type { Connections } from "../connection/connections.ts";
import { TABLE_NAMES } from "../tables/table-columns.ts";

const VIEWS = [
  "user_activity_timeline",
  "processed_messages",
  "channel_member_states",
  "channels",
  "username_history",
  "usernames",
  "fnames",
  "tier_periods",
  "signers",
  "user_profile_snapshots",
];

const TABLES = [
  ...TABLE_NAMES,
  "trie_leaves",
  "fids",
  "user_profiles",
  "sync_network",
  "sync_leases",
  "sync_members",
  "sync_progress",
  "sync_partitions",
  "sync_errors",
  "quarantined_messages",
  "embedding_sets",
  "cast_embeddings",
  "embedding_queue",
  "embedding_refusals",
  "schema_migrations",
];

const FUNCTIONS = [
  "sync_fence(bigint)",
  "sync_is_alive(int)",
  "virtual_shard_of(bigint)",
  "home_shard_of(bigint, int)",
  "embedding_similarity(real[], real[])",
  // Made when embeddings are first wanted.
  "note_casts_to_embed()",
];

/**
 * Drops every relation and function that migrations created, and nothing else.
 *
 * Not cascading: what users have built on them is theirs, and makes this fail with its name.
 */
export async function reset({ pipeline }: Connections): Promise<void> {
  await pipeline([
    { text: `drop view if exists ${VIEWS.join(", ")}` },
    // A function in between a view and what it is made of.
    { text: "drop view if exists storage_allowances" },
    { text: "drop function if exists storage_allowances_at(timestamptz)" },
    { text: "drop view if exists storage_units" },
    { text: `drop table if exists ${TABLES.join(", ")}` },
    { text: `drop function if exists ${FUNCTIONS.join(", ")}` },
  ]);
}
