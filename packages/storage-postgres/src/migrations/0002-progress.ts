// Progress, and what keeps two syncs or two networks apart.

/** Creates the relations of progress, and the fence that its updates stand behind. */
export const PROGRESS_SQL = `
create table sync_network (
  is_only boolean primary key default true check (is_only),
  network int not null,
  shard_count int not null
);

create table sync_holder (
  is_only boolean primary key default true check (is_only),
  holder text not null,
  acquired_at timestamptz not null default now()
);

create table sync_progress (
  shard_id int primary key,
  phase text not null check (phase in ('historical', 'realtime')),
  snapshot_height bigint,
  block_number bigint not null default 0,
  block_time timestamptz,
  event_id bigint not null default 0,
  message_count bigint not null default 0,
  error_count int not null default 0,
  retry_count int not null default 0,
  updated_at timestamptz not null default now()
);

create table sync_partitions (
  shard_id int not null,
  virtual_shard int not null check (virtual_shard between 0 and 255),
  status text not null check (status in ('pending', 'running', 'done')),
  height bigint not null,
  -- Of the block at that height, once a page of its snapshot is applied.
  block_time timestamptz,
  page_token text,
  is_relisted boolean not null default false,
  message_count bigint not null default 0,
  fallback_count int not null default 0,
  updated_at timestamptz not null default now(),
  primary key (shard_id, virtual_shard)
);

-- One row for each kind of fault and place, so that a node that fails for a week fills no disk.
create table sync_errors (
  shard_id int not null,
  virtual_shard int not null,
  code text not null,
  occurrences bigint not null default 1,
  first_at timestamptz not null default now(),
  last_at timestamptz not null default now(),
  message text not null,
  primary key (shard_id, virtual_shard, code)
);

create table quarantined_messages (
  fid bigint not null,
  id bigint generated always as identity,
  event_id bigint not null,
  block_time timestamptz not null,
  quarantined_at timestamptz not null default now(),
  attempted_at timestamptz,
  shard_id int not null,
  message_type int,
  attempts int not null default 0,
  status text not null default 'open' check (status in ('open', 'resolved')),
  raw_kind text not null,
  retire_reason text,
  reason text not null,
  detail text,
  hash bytea not null,
  raw bytea not null,
  primary key (fid, id)
);
-- Hash and raw may be of any length, which an index's rows may not.
create unique index quarantined_messages_once on quarantined_messages
  (fid, shard_id, event_id, raw_kind, sha256(hash || raw), coalesce(retire_reason, ''));
create index quarantined_messages_by_id on quarantined_messages (id);
create index quarantined_messages_open on quarantined_messages (shard_id) where status = 'open';
comment on table quarantined_messages is
  'What could not become a row, with its bytes: reason says why, raw_kind what the bytes are, retire_reason why it had ended (null: it was merged or listed). fid 0 where none could be read. Replayed by \`snaprag quarantine retry\`, which counts attempts and resolves it.';

-- Ends a transaction whose progress update found another state than it expected.
create function sync_fence(moved bigint) returns void language plpgsql as $$
begin
  if moved = 0 then
    raise exception 'progress is not where this batch begins' using errcode = 'SR001';
  end if;
end $$;
`;
