// What a profile says now, and what it said after each change.

/** Creates the relations of profiles. */
export const PROFILES_SQL = `
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
comment on table user_profiles is
  'The current value of every profile field: of its live messages the one with the greatest timestamp, then the greatest hash. Null where nothing is live; empty where the author cleared it.';

create view user_profile_snapshots as
select fid, row_number() over changes as revision, changed_at, change, hash, user_data_type,
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
from (
  select fid, changed_at, change, hash, user_data_type, step,
    jsonb_object_agg(user_data_type, value) over (
      partition by fid order by changed_at, step, hash rows unbounded preceding
    ) as fields
  from (
    select fid, "timestamp" as changed_at, 0 as step, 'set' as change, hash, user_data_type, value
    from user_data_changes
    union all
    -- A value that ended, unless another had taken its place by then. A message may be ahead of
    -- its block by ten minutes, so that it can end before its own time.
    select fid, greatest(deleted_at, "timestamp"), 1, deleted_reason, hash, user_data_type, null
    from user_data_changes ended
    where deleted_at is not null and not exists (
      select from user_data_changes newer
      where newer.fid = ended.fid and newer.user_data_type = ended.user_data_type
        and (newer."timestamp", newer.hash) > (ended."timestamp", ended.hash)
        and (
          ended.deleted_reason = 'superseded'
          or newer."timestamp" <= greatest(ended.deleted_at, ended."timestamp")
          or newer.event_id between 1 and ended.deleted_event_id
        )
    )
    union all
    -- A value that is live though newer ones were set: all of those have ended, and it was set anew.
    select live.fid, newer.ended_at, 2, 'restored', live.hash, live.user_data_type, live.value
    from user_data_changes live
    cross join lateral (
      select max(greatest(deleted_at, "timestamp")) as ended_at,
        bool_and(deleted_at is not null) as have_ended
      from user_data_changes newer
      where newer.fid = live.fid and newer.user_data_type = live.user_data_type
        and (newer."timestamp", newer.hash) > (live."timestamp", live.hash)
    ) newer
    where live.deleted_at is null and newer.have_ended
  ) steps
) accumulated
window changes as (partition by fid order by changed_at, step, hash);
comment on view user_profile_snapshots is
  'The whole profile after each change, one row for each, numbered by revision in protocol order: by the time of the message, whenever it arrived. change is set for a message; removed, superseded, pruned, revoked or unlisted where a field ended without a newer value; restored where an older value was set again afterwards. The last revision equals user_profiles.';
`;
