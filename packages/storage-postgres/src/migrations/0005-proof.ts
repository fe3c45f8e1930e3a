// What is proved, and the leaves of tries that no row stands for.

/** Creates the relation of leaves, and the columns of proofs. */
export const PROOF_SQL = `
create table trie_leaves (
  fid bigint not null,
  -- Positions of the shard it is a leaf of: of its last coming, 0 when only its going was seen.
  event_id bigint not null,
  removed_event_id bigint not null,
  shard_id int not null,
  trie_key bytea not null,
  primary key (fid, shard_id, trie_key)
);
create index trie_leaves_by_partition on trie_leaves (shard_id, virtual_shard_of(fid));
comment on table trie_leaves is
  'Leaves of a shard''s Merkle trie that no row of its own accounts stands for: names of the registry, and copies of what other shards write. One is there while event_id > 0 and event_id >= removed_event_id.';

alter table sync_partitions
  add column proof_state bytea,
  add column proof_root bytea,
  add column leaf_count bigint,
  add column opaque_leaf_count bigint,
  add column unproven_account_count int;
comment on column sync_partitions.proof_root is
  'Merkle root of the virtual shard as computed from what was downloaded; null where nothing is proved.';

alter table sync_progress
  add column proof_status text check (proof_status in ('proved', 'mismatch', 'unproved')),
  add column proof_block bigint,
  add column proof_root bytea,
  add column proof_leaf_count bigint,
  add column proof_opaque_leaf_count bigint,
  add column proof_commits text check (proof_commits in ('ok', 'not_configured', 'unchecked')),
  add column proved_at timestamptz;
comment on column sync_progress.proof_status is
  'Whether the leaves added up to the root of block proof_block when that was last computed.';
`;
