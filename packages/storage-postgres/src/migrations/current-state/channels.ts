// Channels: owner, configuration, members (docs/protocol.md 6.9, 6.10).

/** Creates the relations of channels. */
export const CHANNELS_SQL = `
create view channels as
select registered.channel_label as channel_id, registered.channel_key, owned.owner_address,
  coalesce(
    (select min(fid) from fids where custody_address = owned.owner_address),
    (select min(fid) from verifications
      where address = owned.owner_address and deleted_at is null having count(*) = 1)
  ) as owner_fid,
  registered.registered_at, paid.expires_at,
  updated.fid as updated_by, updated.name, updated.description, updated.image_url, updated.header,
  updated.rules,
  case when updated.hash is not null then coalesce(updated.casting_mode, 2) end as casting_mode,
  case when updated.hash is not null then coalesce(updated.membership_mode, 2) end
    as membership_mode,
  pinned.cast_hash as pinned_cast_hash
from (
  select distinct on (channel_label) channel_label, channel_key, block_timestamp as registered_at
  from onchain_events where type = 6 and event_type = 1
  order by channel_label, block_number desc, log_index desc
) registered
join (
  select distinct on (channel_label) channel_label, expires_at
  from onchain_events where type = 6 and event_type in (1, 2)
  order by channel_label, block_number desc, log_index desc
) paid using (channel_label)
join (
  select distinct on (channel_label) channel_label, owner_address
  from onchain_events where type = 6 and event_type in (1, 3)
  order by channel_label, block_number desc, log_index desc
) owned using (channel_label)
-- The author of each update may be another, on another shard, which may be further than this one.
left join (
  select distinct on (channel_id) * from channel_updates where deleted_at is null
  order by channel_id, "timestamp" desc, hash desc
) updated on updated.channel_id = registered.channel_label
left join (
  select distinct on (channel_id) channel_id, nullif(cast_hash, '') as cast_hash
  from channel_pins where deleted_at is null
  order by channel_id, "timestamp" desc, hash desc
) pinned on pinned.channel_id = registered.channel_label;
comment on view channels is
  'Registered channels: owner and expiry by the order of events on the chain, configuration as last updated (null before the first update, modes as they fall back), and the pinned cast. owner_fid holds the owner''s address as custody, else is the only account that has verified it. Nothing happens to a channel at expires_at: compare it with the time in question.';

create view channel_member_states as
select distinct on (channel_id, member_fid) channel_id, member_fid,
  case action
    when 1 then 'member' when 2 then 'removed'
    when 3 then 'moderator' when 4 then 'member'
    when 5 then 'banned' when 6 then 'removed'
  end as state,
  fid as changed_by, "timestamp" as changed_at
from channel_members where deleted_at is null
order by channel_id, member_fid, "timestamp" desc, hash desc;
comment on view channel_member_states is
  'What the last action on an account in a channel left it as: member, moderator, removed or banned.';
`;
