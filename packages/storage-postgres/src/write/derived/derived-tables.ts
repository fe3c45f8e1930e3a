// The relations that are kept as tables though they follow from others. Computing rows anew, rather
// than moving them along, is what makes them right in whatever order changes came; and as both
// batches and a rebuild compute them with what stands here, one proves the other.
import { TABLE_NAMES } from "../../tables/table-columns.ts";

/** Names of the partitions of each relation that has some, as `listPartitions` reads them. */
type Partitions = ReadonlyMap<string, readonly string[]>;

/** A relation that follows from others, keyed by `fid`. */
export interface DerivedTable {
  readonly name: string;
  /** Columns besides `fid`. */
  readonly columns: readonly string[];
  /** The query that gives every row there must be, by the partitions that relations have. */
  readonly expected: (partitions: Partitions) => string;
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

const PROFILE_VALUES = PROFILE_FIELDS.map(
  ([type, column]) =>
    `(array_agg(value order by "timestamp" desc, hash desc)
      filter (where user_data_type = ${type} and deleted_at is null))[1] as ${column}`,
);

/** Rows of `user_profiles` for the accounts that a condition on `fid` names. */
export function selectProfiles(condition: string): string {
  return `select fid, greatest(max("timestamp"), max(deleted_at)) as updated_at,
  ${PROFILE_VALUES.join(",\n  ")}
from user_data_changes where ${condition} group by fid`;
}

const LATEST = "order by block_number desc, log_index desc";

/**
 * What the chain says of the accounts that a condition on `fid` names: registration, custody and
 * recovery, by the order of events on the chain (docs/protocol.md 6.10).
 */
export function selectRegistrations(condition: string): string {
  return `select fid,
  min(block_timestamp) filter (where event_type = 1) as registered_at,
  (array_agg(to_address ${LATEST}) filter (where event_type in (1, 2)))[1] as custody_address,
  (array_agg(recovery_address ${LATEST}) filter (where event_type in (1, 3)))[1]
    as recovery_address
from onchain_events where type = 3 and ${condition} group by fid`;
}

/** Relations written from shard 0, which is home to no account. */
const WRITTEN_FROM_SHARD_ZERO: ReadonlySet<string> = new Set(["signer_keys", "signer_key_removes"]);

/** The accounts of a relation, from one to the next by its key: far fewer steps than rows. */
function selectAccountsOf(table: string): string {
  return `(with recursive seen (fid) as (
    (select fid from ${table} order by fid limit 1)
    union all
    select (select t.fid from ${table} t where t.fid > seen.fid order by t.fid limit 1)
    from seen where seen.fid is not null
  ) select fid from seen where fid is not null)`;
}

/**
 * The accounts of relations. Of a partitioned one each partition is walked by itself: a step that
 * looks for the next account in all of them at once costs as much as a step in each.
 */
function selectAccounts(tables: readonly string[], partitions: Partitions): string {
  return tables
    .flatMap((table) => partitions.get(table) ?? [table])
    .map(selectAccountsOf)
    .join("\n  union\n  ");
}

/** Every account that has a row of any relation. */
export function selectAccountsWithRows(partitions: Partitions): string {
  return selectAccounts(TABLE_NAMES, partitions);
}

/** The same without accounts that shard 0 alone tells of, which is home to none. */
function selectHomedAccounts(partitions: Partitions): string {
  const tables = TABLE_NAMES.filter((table) => !WRITTEN_FROM_SHARD_ZERO.has(table));
  return selectAccounts(tables, partitions);
}

/** Every derived table, in the order in which they are rebuilt. */
export const DERIVED_TABLES: readonly DerivedTable[] = [
  {
    name: "fids",
    columns: ["shard_id", "virtual_shard", "registered_at", "custody_address", "recovery_address"],
    // A store that was bound to no network keeps the shards that it was told.
    expected: (partitions) => `select fid, shard_id, virtual_shard_of(fid) as virtual_shard,
    registered_at, custody_address, recovery_address
  from (
    select fid,
      coalesce(home_shard_of(fid, (select shard_count from sync_network)), f.shard_id) as shard_id
    from (${selectHomedAccounts(partitions)}) accounts left join fids f using (fid)
  ) placed
  left join (${selectRegistrations("true")}) registrations using (fid)
  where shard_id is not null`,
  },
  {
    name: "user_profiles",
    columns: ["updated_at", ...PROFILE_FIELDS.map(([, column]) => column)],
    expected: () => selectProfiles("true"),
  },
];
