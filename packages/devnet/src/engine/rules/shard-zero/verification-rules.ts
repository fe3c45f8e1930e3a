import type { TypedMessageOf } from "@snaprag/proto";
import type { MergeContext, Verdict } from "../verdict.ts";
import { hex, lastMergedWins } from "../verdict.ts";

/**
 * One slot for each address, whatever its protocol. The order of shard 0 decides, not timestamps
 * (docs/protocol.md 6.8).
 */
export function mergeVerification(
  message: TypedMessageOf<"verificationAdd"> | TypedMessageOf<"verificationRemove">,
  { state }: MergeContext,
): Verdict {
  const slot = hex(message.body.address);
  return lastMergedWins(message, slot, state.stores.verifications.find(message.fid, slot));
}
