// Quarantine in memory: what was set aside, and its replay.
import type {
  QuarantinedMessage,
  QuarantineFilter,
  QuarantineRecord,
  Replay,
} from "../../quarantine.ts";

type Writable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

/** What was set aside, in the order of arrival. */
export type MemoryQuarantine = Writable<QuarantineRecord>[];

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Whether it is the same thing at the same place, as in a replay of blocks. */
function isSame(one: QuarantinedMessage, other: QuarantinedMessage): boolean {
  return (
    one.shardId === other.shardId &&
    (one.fid ?? 0n) === (other.fid ?? 0n) &&
    one.eventId === other.eventId &&
    one.rawKind === other.rawKind &&
    one.retireReason === other.retireReason &&
    isSameBytes(one.hash, other.hash) &&
    isSameBytes(one.raw, other.raw)
  );
}

/** Keeps messages; one that is there already stays as it is. */
export function setAside(
  quarantine: MemoryQuarantine,
  messages: readonly QuarantinedMessage[],
): void {
  for (const message of messages) {
    if (quarantine.some((known) => isSame(known, message))) continue;
    quarantine.push({
      ...message,
      fid: message.fid === 0n ? null : message.fid,
      id: BigInt(quarantine.length + 1),
      status: "open",
      quarantinedAt: new Date(),
      attempts: 0,
      attemptedAt: null,
    });
  }
}

/** Messages that a filter lets through, as they are now. */
export function listQuarantined(
  quarantine: MemoryQuarantine,
  { ids, fid, status, reason, limit }: QuarantineFilter,
): readonly QuarantineRecord[] {
  return quarantine
    .filter(
      (record) =>
        (ids === undefined || ids.includes(record.id)) &&
        (fid === undefined || (record.fid ?? 0n) === fid) &&
        (status === undefined || record.status === status) &&
        (reason === undefined || record.reason === reason),
    )
    .slice(0, limit)
    .map((record) => ({ ...record }));
}

/** Open messages by shard id. */
export function countOpen(quarantine: MemoryQuarantine): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { shardId } of listQuarantined(quarantine, { status: "open" })) {
    counts.set(shardId, (counts.get(shardId) ?? 0) + 1);
  }
  return counts;
}

/** A replay that came to changes. */
type AppliedReplay = Extract<Replay, { readonly changes: unknown }>;

/** Counts a replay of an open message, which resolves it when there are changes to apply. */
export function applyReplay(
  quarantine: MemoryQuarantine,
  replay: Replay,
  apply: (replay: AppliedReplay) => void,
): QuarantineRecord | undefined {
  const record = quarantine.find(({ id }) => id === replay.id);
  if (record === undefined || record.status === "resolved") return record && { ...record };
  record.attempts += 1;
  record.attemptedAt = new Date();
  if ("changes" in replay) {
    apply(replay);
    record.status = "resolved";
  } else {
    record.reason = replay.reason;
  }
  return { ...record };
}
