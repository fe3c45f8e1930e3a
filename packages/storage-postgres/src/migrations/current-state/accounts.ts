// Who holds an account, who may sign for it, and how long it is a pro one (docs/protocol.md 6.9, 6.10).

/** Creates the relations of accounts, and the functions that say where an account is at home. */
export const ACCOUNTS_SQL = `
create function virtual_shard_of(fid bigint) returns int language sql immutable parallel safe as $$
  select get_byte(sha256(substring(int8send(fid) from 5)), 3)
$$;
comment on function virtual_shard_of is
  'The partition of its shard that an account belongs to, 0 to 255.';

create function home_shard_of(fid bigint, shard_count int) returns int
language sql immutable parallel safe as $$
  select (((get_byte(digest, 0)::bigint << 24) + (get_byte(digest, 1) << 16)
    + (get_byte(digest, 2) << 8) + get_byte(digest, 3)) % shard_count)::int + 1
  from (select sha256(substring(int8send(fid) from 5)) as digest) hashed
$$;
comment on function home_shard_of is
  'The data shard an account belongs to in a network of so many data shards.';

create table fids (
  fid bigint primary key,
  shard_id int not null,
  virtual_shard int not null,
  registered_at timestamptz,
  custody_address bytea,
  recovery_address bytea
);
create index fids_partition on fids (shard_id, virtual_shard);
comment on table fids is
  'Every account that rows are known of: where it is at home, when it was first registered, and who holds and may recover it by the order of events on the chain.';

create view signers as
select fid, key, 'onchain' as source, key_type, added_at, removed_at,
  last_type in (1, 3) and key_type is not distinct from 1 as is_active,
  null::int[] as scopes, null::bigint as ttl_seconds
from (
  select fid, key, last_type,
    case last_type when 3 then first_key_type else last_key_type end as key_type,
    case last_type when 3 then first_added_at else last_added_at end as added_at,
    case last_type when 2 then last_at end as removed_at
  from (
    select fid, signer_key as key,
      (array_agg(event_type order by block_number desc, log_index desc))[1] as last_type,
      (array_agg(block_timestamp order by block_number desc, log_index desc))[1] as last_at,
      (array_agg(signer_key_type order by block_number, log_index)
        filter (where event_type = 1))[1] as first_key_type,
      (array_agg(block_timestamp order by block_number, log_index)
        filter (where event_type = 1))[1] as first_added_at,
      (array_agg(signer_key_type order by block_number desc, log_index desc)
        filter (where event_type = 1))[1] as last_key_type,
      (array_agg(block_timestamp order by block_number desc, log_index desc)
        filter (where event_type = 1))[1] as last_added_at
    from onchain_events where type = 1 group by fid, signer_key
  ) history
) onchain
union all
(
  select distinct on (fid, key) fid, key, 'gasless', key_type, "timestamp", deleted_at,
    deleted_at is null, scopes, ttl_seconds
  from signer_keys
  order by fid, key, (deleted_at is null) desc, nonce desc, hash desc
);
comment on view signers is
  'Every key that an account ever added, on the chain or as a gasless key. On-chain: the last event of the key counts, and an admin reset makes its first addition count again; only keys of type 1 sign. Gasless: active until removed; it also lapses ttl_seconds after its last use, which nodes know and do not tell, so is_active does not follow it.';

create view tier_periods as
select fid, tier_type, purchased_at, for_days, payer, transaction_hash, log_index,
  to_timestamp(least(ends - seconds, 253402300799)::double precision) as starts_at,
  to_timestamp(least(ends, 253402300799)::double precision) as expires_at
from (
  -- In order, each purchase begins at its block or at the end of the one before: the latest that
  -- any block up to here, and everything paid for from it on, reaches.
  select *, paid + max(bought - paid + seconds) over (
    partition by fid, tier_type order by block_number, log_index, transaction_hash
  ) as ends
  from (
    select *, sum(seconds) over (
      partition by fid, tier_type order by block_number, log_index, transaction_hash
    ) as paid
    from (
      select fid, tier_type, block_timestamp as purchased_at, for_days, payer, transaction_hash,
        log_index, block_number, extract(epoch from block_timestamp) as bought,
        -- A number of days beyond any calendar, or beyond bigint, is as good as for ever.
        86400 * case when for_days between 0 and 10000000 then for_days else 10000000 end::numeric
          as seconds
      from onchain_events where type = 5
    ) purchases
  ) paid_up
) periods;
comment on view tier_periods is
  'What each purchase of a tier (1 pro) is good for. An account has the tier at a time that lies in one of its periods; a period that ends after the year 9999 ends there.';
`;
