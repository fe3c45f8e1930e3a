// What is told of a quarantined message, as JSON and as text.
import { findMessageKind } from "@snaprag/proto";
import type { QuarantineRecord } from "@snaprag/storage";
import { toHex } from "../../../output.ts";
import { textTable } from "../../../screen/text-table.ts";

/** A message for machines, without its bytes. Fields are only ever added. */
export function recordToObject(record: QuarantineRecord): Readonly<Record<string, unknown>> {
  return {
    id: record.id,
    status: record.status,
    reason: record.reason,
    detail: record.detail,
    shardId: record.shardId,
    fid: record.fid,
    messageType: record.messageType,
    hash: toHex(record.hash),
    eventId: record.eventId,
    blockTime: record.at.toISOString(),
    rawKind: record.rawKind,
    retireReason: record.retireReason,
    quarantinedAt: record.quarantinedAt.toISOString(),
    attempts: record.attempts,
    attemptedAt: record.attemptedAt?.toISOString() ?? null,
  };
}

/** The name of a message's type, or what there is instead. */
function typeOf({ messageType, rawKind }: QuarantineRecord): string {
  if (messageType === null) return rawKind;
  return findMessageKind(messageType) ?? `type ${messageType}`;
}

/** Messages for people, one line for each. */
export function recordLines(records: readonly QuarantineRecord[]): readonly string[] {
  const headings = ["id", "status", "reason", "shard", "fid", "type", "attempts", "since"];
  const rows = records.map((record) => [
    String(record.id),
    record.status,
    record.reason,
    String(record.shardId),
    record.fid === null ? "-" : String(record.fid),
    typeOf(record),
    String(record.attempts),
    record.quarantinedAt.toISOString(),
  ]);
  return textTable(headings, rows);
}
