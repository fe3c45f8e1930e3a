// Links and their compaction (docs/protocol.md 6.5), by the rule of engine version 19 and later:
// a compact state sweeps links of its own type only.
import type { LinkBody, TypedMessageOf } from "@snaprag/proto";
import type { MessageRow } from "../state/message-row.ts";
import { compareBytes, readRow } from "../state/message-row.ts";
import type { MergeContext, Verdict } from "./verdict.ts";
import { accept, duplicate, invalid, latestWins, reject } from "./verdict.ts";

/** One slot for each type and target, behind the compact state of that type. */
export function mergeLink(
  message: TypedMessageOf<"linkAdd"> | TypedMessageOf<"linkRemove">,
  { state }: MergeContext,
): Verdict {
  const { links } = state.stores;
  const slot = linkSlot(message.body);
  if (slot === undefined) return invalid("link without a target");
  const compact = links.find(message.fid, compactSlot(message.body.type));
  if (compact !== undefined && isCompactedAway(message, compact)) {
    return reject("bad_request.prunable", "message is older than the link compact state");
  }
  return latestWins(message, slot, links.find(message.fid, slot));
}

/** Replaces the earlier compact state and deletes what the list no longer names. */
export function mergeLinkCompactState(
  message: TypedMessageOf<"linkCompactState">,
  { state }: MergeContext,
): Verdict {
  const { links } = state.stores;
  const slot = compactSlot(message.body.type);
  const present = links.find(message.fid, slot);
  if (present !== undefined && present.timestamp >= message.timestamp) {
    if (compareBytes(present.message.hash, message.envelope.hash) === 0) return duplicate();
    return reject("bad_request.conflict", "message conflicts with a more recent linkCompactState");
  }
  const swept = links.listCommitted(message.fid).filter((row) => isSwept(row, message));
  return accept(slot, [...swept, present]);
}

/** The slot of a link; undefined without a target. */
export function linkSlot({ type, target }: LinkBody): string | undefined {
  return target?.$case === "targetFid" ? `link/${type}/${target.value}` : undefined;
}

function compactSlot(type: string): string {
  return `compact/${type}`;
}

/** Equal timestamps pass, and so does an add of a target that the list names. */
function isCompactedAway(
  message: TypedMessageOf<"linkAdd"> | TypedMessageOf<"linkRemove">,
  compact: MessageRow,
): boolean {
  if (message.timestamp >= compact.timestamp) return false;
  if (message.type === "linkRemove") return true;
  const { type, body } = readRow(compact);
  return type === "linkCompactState" && !isListed(message.body, body.targetFids);
}

function isSwept(row: MessageRow, compact: TypedMessageOf<"linkCompactState">): boolean {
  if (row.timestamp > compact.timestamp) return false;
  const { type, body } = readRow(row);
  if (type !== "linkAdd" && type !== "linkRemove") return false;
  if (body.type !== compact.body.type) return false;
  return type === "linkRemove" || !isListed(body, compact.body.targetFids);
}

function isListed({ target }: LinkBody, targetFids: readonly bigint[]): boolean {
  return target?.$case === "targetFid" && targetFids.includes(target.value);
}
