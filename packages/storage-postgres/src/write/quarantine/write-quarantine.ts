// What quarantine's relation is written with.
import type { QuarantinedMessage } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import { encodeArray } from "../../tables/binary-values.ts";
import type { ColumnType } from "../../tables/column-types.ts";
import { bytea, int4, int8, text, timestamptz } from "../../tables/column-types.ts";

const COLUMNS: readonly (readonly [string, ColumnType, keyof QuarantinedMessage])[] = [
  ["fid", int8, "fid"],
  ["shard_id", int4, "shardId"],
  ["message_type", int4, "messageType"],
  ["event_id", int8, "eventId"],
  ["block_time", timestamptz, "at"],
  ["raw_kind", text, "rawKind"],
  ["retire_reason", text, "retireReason"],
  ["reason", text, "reason"],
  ["detail", text, "detail"],
  ["hash", bytea, "hash"],
  ["raw", bytea, "raw"],
];

const NAMES = COLUMNS.map(([name]) => name).join(", ");

/** Keeps messages that cannot become rows. One that comes again at its place is there already. */
export function writeQuarantine(messages: readonly QuarantinedMessage[]): readonly QueryConfig[] {
  if (messages.length === 0) return [];
  const arrays = COLUMNS.map(([, { arrayType }], index) => `$${index + 1}::${arrayType}[]`);
  return [
    {
      name: "quarantine",
      text: `insert into quarantined_messages (${NAMES})
        select ${NAMES} from unnest(${arrays.join(", ")}) as rows (${NAMES})
        on conflict do nothing`,
      values: COLUMNS.map(([name, type, key]) => {
        const values = messages.map((message) => message[key]);
        // The key begins with fid, as in every relation, so that it cannot be null.
        return encodeArray(type, name === "fid" ? values.map((fid) => fid ?? 0n) : values);
      }),
    },
  ];
}

/** Counts a replay of a message: one without a reason has resolved it. */
export function recordAttempt(
  id: bigint,
  failure?: { readonly reason: string; readonly detail: string | null },
): QueryConfig {
  return {
    text: `update quarantined_messages set attempts = attempts + 1, attempted_at = now(),
        status = case when $2::text is null then 'resolved' else status end,
        reason = coalesce($2, reason), detail = case when $2 is null then detail else $3 end
      where id = $1`,
    values: [id, failure?.reason ?? null, failure?.detail ?? null],
  };
}
