import type { SweepKeys, SweepLinks } from "../change.ts";
import { blockOfPosition, firstPositionOf } from "../change.ts";
import { toFarcasterTime } from "../clocks.ts";
import type { SignerKeyRemoveRow, SignerKeyRow } from "../messages/keys-and-storage.ts";
import type { LinkCompactStateRow } from "../messages/links.ts";
import { sweepsEveryLinkType } from "./protocol-versions.ts";

/**
 * The sweep that a stored link compact state made when it was merged at a position, to make it
 * again for a link that came late.
 *
 * The time of its block is not kept, so that what it ends has ended at its author's time.
 */
export function sweepOfLinkCompactState(
  row: LinkCompactStateRow,
  eventId: bigint,
  network: number,
): SweepLinks {
  return {
    kind: "sweepLinks",
    fid: row.fid,
    hash: row.hash,
    linkType: row.link_type,
    everyType: sweepsEveryLinkType(network, toFarcasterTime(row.timestamp)),
    through: row.timestamp,
    keepTargetFids: row.target_fids,
    blockStart: firstPositionOf(blockOfPosition(eventId)),
    retirement: { reason: "compacted", eventId, at: row.timestamp },
  };
}

/** The sweep that a stored gasless key made, as {@link sweepOfLinkCompactState}. */
export function sweepOfSignerKey(
  row: SignerKeyRow | SignerKeyRemoveRow,
  eventId: bigint,
  reason: "superseded" | "removed",
): SweepKeys {
  const { fid, key, timestamp: at } = row;
  return { kind: "sweepKeys", fid, key, retirement: { reason, eventId, at } };
}
