// Views over all relations of messages. As tables they would double the cost of every write; each
// hash already stands exactly once under a key.

interface Activity {
  readonly table: string;
  readonly messageType: number;
  readonly activity: string;
  readonly targetFid?: string;
  readonly targetHash?: string;
  readonly detail?: string;
  readonly from?: string;
}

const ACTIVITIES: readonly Activity[] = [
  {
    table: "casts",
    messageType: 1,
    activity: "cast",
    targetFid: "parent_fid",
    targetHash: "parent_hash",
    detail: "text",
  },
  { table: "cast_removes", messageType: 2, activity: "cast_removed", targetHash: "target_hash" },
  {
    table: "reactions",
    messageType: 3,
    activity: "reaction",
    targetFid: "target_fid",
    targetHash: "target_hash",
    detail: "coalesce(target_url, case reaction_type when 1 then 'like' when 2 then 'recast' end)",
  },
  {
    table: "reaction_removes",
    messageType: 4,
    activity: "reaction_removed",
    targetFid: "target_fid",
    targetHash: "target_hash",
    detail: "target_url",
  },
  {
    table: "links",
    messageType: 5,
    activity: "link",
    targetFid: "target_fid",
    detail: "link_type",
  },
  {
    table: "link_removes",
    messageType: 6,
    activity: "link_removed",
    targetFid: "target_fid",
    detail: "link_type",
  },
  {
    table: "link_compact_states",
    messageType: 14,
    activity: "links_compacted",
    detail: "link_type",
  },
  {
    table: "verifications",
    messageType: 7,
    activity: "address_verified",
    detail: "encode(address, 'hex')",
  },
  {
    table: "verification_removes",
    messageType: 8,
    activity: "verification_removed",
    detail: "encode(address, 'hex')",
  },
  { table: "user_data_changes", messageType: 11, activity: "profile_changed", detail: "value" },
  { table: "username_proofs", messageType: 12, activity: "name_proved", detail: "name" },
  { table: "frame_actions", messageType: 13, activity: "frame_action", targetFid: "cast_fid" },
  { table: "storage_lends", messageType: 15, activity: "storage_lent", targetFid: "to_fid" },
  { table: "signer_keys", messageType: 16, activity: "key_added", detail: "encode(key, 'hex')" },
  {
    table: "signer_key_removes",
    messageType: 17,
    activity: "key_removed",
    detail: "encode(key, 'hex')",
  },
  { table: "channel_updates", messageType: 18, activity: "channel_updated", detail: "name" },
  {
    table: "channel_members",
    messageType: 19,
    activity: "channel_member_changed",
    targetFid: "member_fid",
  },
  { table: "channel_pins", messageType: 20, activity: "channel_pinned", targetHash: "cast_hash" },
  {
    table: "channel_moderations",
    messageType: 21,
    activity: "channel_moderated",
    targetHash: "cast_hash",
  },
];

const PROCESSED = ACTIVITIES.map(
  ({ table, messageType }) => `
select fid, hash, ${messageType} as message_type, "timestamp", deleted_at is null as is_live,
  event_id, event_id & 16383 = 16383 as is_from_snapshot, deleted_at, deleted_reason,
  deleted_event_id
from ${table}`,
);

const TIMELINE = ACTIVITIES.map(
  ({ table, activity, targetFid, targetHash, detail }) => `
select fid, "timestamp", '${activity}' as activity, hash, ${targetFid ?? "null::bigint"} as target_fid,
  ${targetHash ?? "null::bytea"} as target_hash, ${detail ?? "null::text"} as detail,
  deleted_at is null as is_live
from ${table}`,
);

const ON_CHAIN_TIMELINE = `
select fid, block_timestamp, case type when 1 then 'signer' when 2 then 'signer_migrated'
  when 3 then 'registration' when 4 then 'storage_rented' when 5 then 'tier_purchased'
  when 6 then 'channel_registered' else 'onchain_event' end,
  transaction_hash, null::bigint, null::bytea, channel_key, true
from onchain_events`;

/** Creates the views over every message, by hash and by time. */
export const TIMELINES_SQL: string = `
create view processed_messages as ${PROCESSED.join("\nunion all")};
comment on view processed_messages is
  'Every message ever applied: where it was merged, and when, where and why it ended. event_id is a position of its home shard, of shard 0 for gasless keys.';

create view user_activity_timeline as ${[...TIMELINE, ON_CHAIN_TIMELINE].join("\nunion all")};
comment on view user_activity_timeline is
  'Every activity of an account, message or on-chain event, live or not; order by timestamp.';
`;
