// Keeps derived tables right with each batch, for the accounts that it touches.
import type { Change } from "@snaprag/processors";
import type { QueryConfig } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import { int8 } from "../../tables/column-types.ts";
import { DERIVED_TABLES, selectProfiles, selectRegistrations } from "./derived-tables.ts";

/** Accounts to recompute: a condition on `fid`, and its parameters. */
interface Scope {
  readonly condition: string;
  readonly values: readonly unknown[];
}

// These statements have no names, so that they are planned each time. A plan that is kept is made when there
// are few rows yet, or where a `vacuum` has seen none: then it reads relations from end to end, one of them
// for each row of the other, and goes on to when there are millions.

const PROFILE_COLUMNS = DERIVED_TABLES.find(({ name }) => name === "user_profiles")?.columns ?? [];
const PROFILE_UPDATES = PROFILE_COLUMNS.map((column) => `${column} = excluded.${column}`).join(
  ", ",
);

function refreshProfiles({ condition, values }: Scope): QueryConfig {
  return {
    text: `insert into user_profiles (fid, ${PROFILE_COLUMNS.join(", ")})
${selectProfiles(condition)}
on conflict (fid) do update set ${PROFILE_UPDATES}`,
    values: [...values],
  };
}

function refreshAccounts({ condition, values }: Scope): QueryConfig {
  return {
    text: `update fids set
  registered_at = latest.registered_at,
  custody_address = latest.custody_address,
  recovery_address = latest.recovery_address
from (${selectRegistrations(condition)}) latest
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
  let latest: bigint | undefined;
  for (const change of changes) {
    const fid = change.kind === "merge" || change.kind === "retire" ? change.row.fid : change.fid;
    // Changes of one account come one after another, and a set of `bigint` is slow.
    if (fid !== latest) fids.add(fid);
    latest = fid;
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
  if (profiles) statements.push(refreshProfiles({ condition, values: [profiles] }));
  const accounts = touchedFids(changes, "onchain_events");
  if (accounts) statements.push(refreshAccounts({ condition, values: [accounts] }));
  return statements;
}

/** Recomputes everything that is derived, for the accounts of one partition. */
export function derivePartition(shardId: number, virtualShard: number): readonly QueryConfig[] {
  const condition = "fid in (select fid from fids where shard_id = $1 and virtual_shard = $2)";
  const scope = { condition, values: [shardId, virtualShard] };
  return [refreshProfiles(scope), refreshAccounts(scope)];
}

/** Recomputes everything that is derived, for some accounts. */
export function deriveAccounts(fids: readonly bigint[]): readonly QueryConfig[] {
  const condition = "fid = any($1::int8[])";
  const scope = { condition, values: [encodeArray(int8, fids)] };
  return [refreshProfiles(scope), refreshAccounts(scope)];
}

/** The accounts that {@link deriveTouched} is about. */
export function selectTouched(changes: readonly Change[]): QueryConfig {
  const fids = ["user_data_changes", "onchain_events"].map(
    (table) => touchedFids(changes, table) ?? encodeArray(int8, []),
  );
  return { text: "select unnest($1::int8[]) as fid union select unnest($2::int8[])", values: fids };
}

/** The accounts that {@link derivePartition} is about. */
export function selectPartition(shardId: number, virtualShard: number): QueryConfig {
  const text = "select fid from fids where shard_id = $1 and virtual_shard = $2";
  return { text, values: [shardId, virtualShard] };
}
