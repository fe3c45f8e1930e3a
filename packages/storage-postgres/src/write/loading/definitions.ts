// What a first load puts off, and how large relations may be for it to be made in one go.
import { LEAD } from "../../progress/leases.ts";
import type { IndexDefinition } from "../indexes.ts";

/** Relations that take nearly all rows of a first load. */
export const LARGE_TABLES = ["casts", "reactions", "links"] as const;

/** The key of a large relation, as the index that it is. */
export function keyOf(table: string): IndexDefinition {
  return [`${table}_pkey`, `${table} (fid, hash)`, "unique"];
}

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
 * Whether nothing is left to be loaded: no partition is, and no shard that a process leads has yet to plan
 * its own. As a condition.
 */
export const IS_LOADED: string = `(not exists (select from sync_partitions where status <> 'done')
  and not exists (
    select from sync_leases l
    where l.virtual_shard = ${LEAD} and l.shard_id <> 0 and sync_is_alive(l.member_id)
      and not exists (select from sync_partitions p where p.shard_id = l.shard_id)
      and not exists (
        select from sync_progress s where s.shard_id = l.shard_id and s.phase = 'realtime'
      )
  ))`;

/**
 * Size of a relation's rows, in bytes, below which its indexes are built in one go. That takes
 * seconds, in which its writers wait; without blocking them it takes the database a third more, as
 * it reads everything twice.
 */
export const BLOCKING_BUILD_BYTES: number = 2 ** 30;
