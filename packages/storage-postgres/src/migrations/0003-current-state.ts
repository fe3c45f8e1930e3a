// What follows from the relations of messages: accounts, profiles, and views.

/** Creates relations and views that are derived; none of them holds anything of its own. */
export const CURRENT_STATE_SQL = `
create function virtual_shard_of(fid bigint) returns int language sql immutable parallel safe as $$
  select get_byte(sha256(substring(int8send(fid) from 5)), 3)
$$;

create table fids (
  fid bigint primary key,
  shard_id int not null,
  virtual_shard int not null,
  registered_at timestamptz,
  custody_address bytea,
  recovery_address bytea
);
create index fids_partition on fids (shard_id, virtual_shard);

create table user_profiles (
  fid bigint primary key,
  updated_at timestamptz,
  pfp text,
  display_name text,
  bio text,
  url text,
  username text,
  location text,
  twitter text,
  github text,
  banner text,
  primary_address_ethereum text,
  primary_address_solana text,
  profile_token text,
  live_at text
);

create view user_profile_snapshots as
with steps as (
  select fid, "timestamp" as changed_at, hash, user_data_type, value from user_data_changes
  union all
  -- The end of a field's value, unless another value had taken its place by then.
  select fid, deleted_at, hash, user_data_type, null from user_data_changes ended
  where deleted_reason in ('pruned', 'revoked', 'removed', 'unlisted') and not exists (
    select from user_data_changes newer
    where newer.fid = ended.fid and newer.user_data_type = ended.user_data_type
      and (newer."timestamp", newer.hash) > (ended."timestamp", ended.hash)
      and newer."timestamp" <= ended.deleted_at
  )
), accumulated as (
  select fid, changed_at, hash, user_data_type,
    jsonb_object_agg(user_data_type, value) over (
      partition by fid order by changed_at, hash rows unbounded preceding
    ) as fields
  from steps
)
select fid, changed_at, hash, user_data_type,
  fields ->> '1' as pfp,
  fields ->> '2' as display_name,
  fields ->> '3' as bio,
  fields ->> '5' as url,
  fields ->> '6' as username,
  fields ->> '7' as location,
  fields ->> '8' as twitter,
  fields ->> '9' as github,
  fields ->> '10' as banner,
  fields ->> '11' as primary_address_ethereum,
  fields ->> '12' as primary_address_solana,
  fields ->> '13' as profile_token,
  fields ->> '14' as live_at
from accumulated;

create view fnames as
select distinct on (name) name, fid, owner, proof_timestamp
from (select * from fname_transfers where deleted_at is null) live
order by name, proof_timestamp desc, proof_signature desc;

create view signers as
select fid, key, source, added_at, is_active
from (
  select distinct on (fid, signer_key) fid, signer_key as key, 'onchain' as source,
    block_timestamp as added_at, event_type in (1, 3) and signer_key_type = 1 as is_active
  from onchain_events
  where type = 1
  order by fid, signer_key, block_number desc, log_index desc
) onchain
union all
select fid, key, 'gasless', "timestamp", true from signer_keys where deleted_at is null;

-- Validity counts from the time of rent, and the rule changed with it (docs/protocol.md 6.10).
create view storage_units as
select e.fid, e.transaction_hash, e.log_index, e.payer, e.units, e.block_timestamp as rented_at,
  case
    when e.block_timestamp < to_timestamp(1724889600) then 0
    when e.block_timestamp < to_timestamp(case n.network when 1 then 1752685200 else 1752426000 end)
      then 1
    else 2
  end as unit_type,
  e.block_timestamp + interval '365 days' * case
    when e.block_timestamp < to_timestamp(1724889600) then 4
    when e.block_timestamp < to_timestamp(case n.network when 1 then 1752685200 else 1752426000 end)
      then 3
    when e.block_timestamp < to_timestamp(case n.network when 1 then 1782147600 else 1781283600 end)
      then 2
    else 1
  end as expires_at
from onchain_events e cross join sync_network n
where e.type = 4;

create view channels as
select r.channel_label as channel_id, r.channel_key, o.owner_address, r.expires_at,
  u.fid as updated_by, u.name, u.description, u.image_url, u.header, u.rules,
  u.casting_mode, u.membership_mode
from (
  select distinct on (channel_label) channel_label, channel_key, expires_at
  from onchain_events where type = 6 and event_type in (1, 2)
  order by channel_label, block_number desc, log_index desc
) r
join (
  select distinct on (channel_label) channel_label, owner_address
  from onchain_events where type = 6 and event_type in (1, 3)
  order by channel_label, block_number desc, log_index desc
) o using (channel_label)
left join channel_updates u on u.channel_id = r.channel_label and u.deleted_at is null;
`;
