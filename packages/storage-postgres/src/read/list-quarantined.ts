import type { QuarantineFilter, QuarantineRecord } from "@snaprag/storage";
import pg from "pg";
import type { Connections } from "../connection/connections.ts";

/** Messages read at a time; each holds all its bytes. */
const PAGE_MESSAGES = 100;

type Row = Readonly<Record<string, unknown>>;

/** A row of `quarantined_messages` as the contract words it. */
export function toQuarantineRecord(row: Row): QuarantineRecord {
  const fid = BigInt.asUintN(64, row.fid as bigint);
  // Safety: the columns of the relation, with types set by the migrations.
  return {
    id: row.id,
    fid: fid === 0n ? null : fid,
    shardId: row.shard_id,
    messageType: row.message_type,
    eventId: row.event_id,
    at: row.block_time,
    rawKind: row.raw_kind,
    retireReason: row.retire_reason,
    reason: row.reason,
    detail: row.detail,
    hash: row.hash,
    raw: row.raw,
    status: row.status,
    quarantinedAt: row.quarantined_at,
    attempts: row.attempts,
    attemptedAt: row.attempted_at,
  } as QuarantineRecord;
}

function conditionsOf({ ids, fid, status, reason }: QuarantineFilter): readonly string[] {
  return [
    ids && (ids.length === 0 ? "false" : `id in (${ids.join()})`),
    fid !== undefined && `fid = ${BigInt.asIntN(64, fid)}`,
    status && `status = ${pg.escapeLiteral(status)}`,
    reason !== undefined && `reason = ${pg.escapeLiteral(reason)}`,
  ].filter((condition) => typeof condition === "string");
}

/**
 * Reads quarantined messages by id, some at a time. Statements have no parameters, so that they can
 * be asked of a session in use.
 */
export async function* listQuarantined(
  { query }: Connections,
  filter: QuarantineFilter = {},
): AsyncIterable<QuarantineRecord> {
  let remaining = filter.limit ?? Number.POSITIVE_INFINITY;
  let after = 0n;
  while (remaining > 0) {
    const conditions = [`id > ${after}`, ...conditionsOf(filter)].join(" and ");
    const size = Math.min(remaining, PAGE_MESSAGES);
    const { rows } = await query(
      `select * from quarantined_messages where ${conditions} order by id limit ${size}`,
    );
    for (const row of rows) yield toQuarantineRecord(row);
    if (rows.length < size) return;
    remaining -= rows.length;
    after = rows.at(-1)?.id;
  }
}
