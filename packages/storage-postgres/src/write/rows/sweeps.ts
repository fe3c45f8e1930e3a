// What one event does to rows that it does not name, as statements.
import type { Change, SweepKeys, SweepLinks } from "@snaprag/processors";
import type { QueryConfig } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import { int8 } from "../../tables/column-types.ts";

const RETIRE = "set deleted_event_id = $1, deleted_at = $2, deleted_reason = $3";

/** An account as `bigint` holds it: beyond 2^63 as its two's complement, as in every row. */
function toInt8(fid: bigint): bigint {
  return BigInt.asIntN(64, fid);
}

/** Links of the author that are old enough, of the type unless every type is swept. */
const SWEPT_LINKS = `
where fid = $4 and deleted_at is null and event_id < $5 and "timestamp" <= $6
  and ($7::text is null or link_type = $7)`;

function sweepLinks(sweep: SweepLinks): readonly QueryConfig[] {
  const { retirement, fid, hash, linkType, everyType, through, blockStart } = sweep;
  const { eventId, at, reason } = retirement;
  const account = toInt8(fid);
  const links = [eventId, at, reason, account, blockStart, through, everyType ? null : linkType];
  return [
    {
      name: "sweep_links",
      text: `update links ${RETIRE} ${SWEPT_LINKS}
        and (target_fid is null
          or not exists (select from unnest($8::int8[]) as kept where kept = target_fid))`,
      values: [...links, encodeArray(int8, sweep.keepTargetFids)],
    },
    {
      name: "sweep_link_removes",
      text: `update link_removes ${RETIRE} ${SWEPT_LINKS}`,
      values: links,
    },
    {
      name: "sweep_link_compact_states",
      text: `update link_compact_states ${RETIRE}
        where fid = $4 and link_type = $5 and hash <> $6 and deleted_at is null and event_id < $1`,
      values: [eventId, at, "superseded", account, linkType, Buffer.from(hash)],
    },
  ];
}

function sweepKeys({ fid, key, retirement }: SweepKeys): readonly QueryConfig[] {
  const { eventId, at, reason } = retirement;
  return [
    {
      name: "sweep_keys",
      text: `update signer_keys ${RETIRE}
        where fid = $4 and key = $5 and deleted_at is null and event_id < $1`,
      values: [eventId, at, reason, toInt8(fid), Buffer.from(key)],
    },
  ];
}

/** The sweeps among changes, in order. To be run after the rows of the same batch are written. */
export function writeSweeps(changes: readonly Change[]): readonly QueryConfig[] {
  return changes.flatMap((change) => {
    if (change.kind === "sweepLinks") return sweepLinks(change);
    return change.kind === "sweepKeys" ? sweepKeys(change) : [];
  });
}
