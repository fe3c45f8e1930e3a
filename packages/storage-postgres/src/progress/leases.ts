import type { SyncMembership } from "@snaprag/storage";
import type { Connections } from "../connection/connections.ts";
import type { Member } from "./members.ts";
import { toPartitions } from "./partitions.ts";

/** Where a lease keeps the lead of a shard: in place of a virtual shard. */
export const LEAD = -1;

const TAKE = `
on conflict (shard_id, virtual_shard) do update set member_id = excluded.member_id
where sync_leases.member_id = excluded.member_id or not sync_is_alive(sync_leases.member_id)
returning 1`;

const LEAD_SHARD = `
with taken as (
  insert into sync_leases (shard_id, virtual_shard, member_id) values ($1, ${LEAD}, $2) ${TAKE}
) select count(*)::int as count from taken`;

const TAKE_PARTITION = `
with planned as (
  select * from sync_partitions where shard_id = $1 and virtual_shard = $2
), taken as (
  insert into sync_leases (shard_id, virtual_shard, member_id)
  select shard_id, virtual_shard, $3 from planned where status <> 'done' ${TAKE}
) select * from planned where status = 'done' or exists (select from taken)`;

const GIVE_BACK =
  "delete from sync_leases where shard_id = $1 and virtual_shard = $2 and member_id = $3";

/** What a member may take of the work that all members do together. */
export function createMembership({ query }: Connections, member: Member): SyncMembership {
  const { id, lost, release } = member;
  return {
    lost,
    release,
    [Symbol.asyncDispose]: release,
    async leadShard(shardId) {
      const { rows } = await query({ text: LEAD_SHARD, values: [shardId, id] });
      return rows[0]?.count === 1;
    },
    async takePartition(shardId, virtualShard) {
      const values = [shardId, virtualShard, id];
      const result = await query({ name: "take_partition", text: TAKE_PARTITION, values });
      return toPartitions(result)[0];
    },
    async giveBack(shardId, virtualShard = LEAD) {
      await query({ text: GIVE_BACK, values: [shardId, virtualShard, id] });
    },
  };
}
