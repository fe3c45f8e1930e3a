// Processes that sync into one schema together, and what each of them has taken.

/** Creates the relations of members and leases, in place of the one holder there was. */
export const MEMBERS_SQL = `
drop table sync_holder;

create table sync_members (
  id int primary key,
  holder text not null,
  -- Whether it has the schema for itself.
  is_alone boolean not null,
  joined_at timestamptz not null default now(),
  expires_at timestamptz not null
);
comment on table sync_members is
  'Processes that write to this mirror. One that is alive renews expires_at, and holds an advisory lock of its id.';

create table sync_leases (
  shard_id int not null,
  -- -1: the lead of the shard.
  virtual_shard int not null check (virtual_shard between -1 and 255),
  -- May have been forgotten: one that was taken for dead and was not goes on.
  member_id int not null,
  primary key (shard_id, virtual_shard)
);
comment on table sync_leases is
  'Which process leads a shard, or downloads a partition of it. Free when that process is not alive.';

-- Volatile, to see members that joined after the statement that asks began.
create function sync_is_alive(member int) returns boolean language sql volatile as $$
  select exists (select from sync_members where id = member and expires_at > clock_timestamp())
    and exists (
      select from pg_locks where locktype = 'advisory' and granted and objsubid = 2
        and classid = hashtext('snaprag member')::oid and objid = member::oid
    )
$$;
`;
