import type { ReactionBody, TypedMessageOf } from "@snaprag/proto";
import type { MergeContext, Verdict } from "./verdict.ts";
import { hex, invalid, latestWins } from "./verdict.ts";

/** One slot for each reaction type and target: a cast or a URL. */
export function mergeReaction(
  message: TypedMessageOf<"reactionAdd"> | TypedMessageOf<"reactionRemove">,
  { state }: MergeContext,
): Verdict {
  const slot = reactionSlot(message.body);
  if (slot === undefined) return invalid("reaction without a target");
  return latestWins(message, slot, state.stores.reactions.find(message.fid, slot));
}

/** The slot of a reaction; undefined without a target. */
export function reactionSlot({ type, target }: ReactionBody): string | undefined {
  switch (target?.$case) {
    case "targetCastId":
      return `${type}/cast/${BigInt.asUintN(32, target.value.fid)}/${hex(target.value.hash)}`;
    case "targetUrl":
      return `${type}/url/${target.value}`;
    default:
      return undefined;
  }
}
