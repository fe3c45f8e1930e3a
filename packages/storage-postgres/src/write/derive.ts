// Relations that follow from others, recomputed for the accounts a batch touched. Computing them
// anew, rather than moving them along, is what makes them right in whatever order changes came.
import type { Change } from "@snaprag/processors";
import type { QueryConfig } from "pg";
import { encodeArray, int8 } from "../tables/column-types.ts";

/** Accounts to recompute: a condition on `fid`, and its parameters. */
interface Scope {
  readonly condition: string;
  readonly values: readonly unknown[];
  readonly name: string;
}

/** `user_profiles` column of each user data type. */
const PROFILE_FIELDS: readonly (readonly [type: number, column: string])[] = [
  [1, "pfp"],
  [2, "display_name"],
  [3, "bio"],
  [5, "url"],
  [6, "username"],
  [7, "location"],
  [8, "twitter"],
  [9, "github"],
  [10, "banner"],
  [11, "primary_address_ethereum"],
  [12, "primary_address_solana"],
  [13, "profile_token"],
  [14, "live_at"],
];

const PROFILE_COLUMNS = ["updated_at", ...PROFILE_FIELDS.map(([, column]) => column)];

const PROFILE_VALUES = PROFILE_FIELDS.map(
  ([type]) =>
    `(array_agg(value order by "timestamp" desc, hash desc) filter (where user_data_type = ${type} and deleted_at is null))[1]`,
);

function refreshProfiles({ name, condition, values }: Scope): QueryConfig {
  return {
    name: `profiles_${name}`,
    text: `insert into user_profiles (fid, ${PROFILE_COLUMNS.join(", ")})
select fid, greatest(max("timestamp"), max(deleted_at)), ${PROFILE_VALUES.join(",\n  ")}
from user_data_changes where ${condition} group by fid
on conflict (fid) do update set ${PROFILE_COLUMNS.map((column) => `${column} = excluded.${column}`).join(", ")}`,
    values: [...values],
  };
}

/** docs/protocol.md 6.10: who holds an account, by the order of events on the chain. */
function refreshAccounts({ name, condition, values }: Scope): QueryConfig {
  const latest = "order by block_number desc, log_index desc";
  return {
    name: `accounts_${name}`,
    text: `update fids set
  registered_at = latest.registered_at,
  custody_address = latest.custody_address,
  recovery_address = latest.recovery_address
from (
  select fid,
    min(block_timestamp) filter (where event_type = 1) as registered_at,
    (array_agg(to_address ${latest}) filter (where event_type in (1, 2)))[1] as custody_address,
    (array_agg(recovery_address ${latest}) filter (where event_type in (1, 3)))[1]
      as recovery_address
  from onchain_events where type = 3 and ${condition} group by fid
) latest
where fids.fid = latest.fid`,
    values: [...values],
  };
}

/** Names the accounts that changes touch, so that partitions know which are theirs. */
export function recordAccounts(
  changes: readonly Change[],
  shardId: number,
): readonly QueryConfig[] {
  const fids = new Set<bigint>();
  for (const change of changes) {
    fids.add(change.kind === "merge" || change.kind === "retire" ? change.row.fid : change.fid);
  }
  if (fids.size === 0) return [];
  return [
    {
      name: "record_accounts",
      text: `insert into fids (fid, shard_id, virtual_shard)
        select fid, $2, virtual_shard_of(fid) from unnest($1::int8[]) as seen (fid)
        on conflict (fid) do nothing`,
      values: [encodeArray(int8, [...fids]), shardId],
    },
  ];
}

function touchedFids(changes: readonly Change[], table: string): Buffer | undefined {
  const fids = new Set<bigint>();
  for (const change of changes) {
    if ((change.kind === "merge" || change.kind === "retire") && change.table === table) {
      fids.add(change.row.fid);
    }
  }
  return fids.size === 0 ? undefined : encodeArray(int8, [...fids]);
}

/** Recomputes what follows from the relations that changes touch, for the accounts they touch. */
export function deriveTouched(changes: readonly Change[]): readonly QueryConfig[] {
  const statements: QueryConfig[] = [];
  const condition = "fid = any($1::int8[])";
  const profiles = touchedFids(changes, "user_data_changes");
  if (profiles)
    statements.push(refreshProfiles({ name: "touched", condition, values: [profiles] }));
  const accounts = touchedFids(changes, "onchain_events");
  if (accounts)
    statements.push(refreshAccounts({ name: "touched", condition, values: [accounts] }));
  return statements;
}

/** Recomputes everything that is derived, for the accounts of one partition. */
export function derivePartition(shardId: number, virtualShard: number): readonly QueryConfig[] {
  const condition = "fid in (select fid from fids where shard_id = $1 and virtual_shard = $2)";
  const scope = { name: "partition", condition, values: [shardId, virtualShard] };
  return [refreshProfiles(scope), refreshAccounts(scope)];
}
