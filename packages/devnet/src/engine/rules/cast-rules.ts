import type { TypedMessageOf } from "@snaprag/proto";
import type { MergeContext, Verdict } from "./verdict.ts";
import { accept, duplicate, hex, latestWins, reject } from "./verdict.ts";

/** A cast loses to any removal of it, whenever that was. */
export function mergeCastAdd(message: TypedMessageOf<"castAdd">, { state }: MergeContext): Verdict {
  const slot = hex(message.envelope.hash);
  const present = state.stores.casts.find(message.fid, slot);
  if (present === undefined) return accept(slot);
  if (present.kind === "castAdd") return duplicate();
  return reject("bad_request.conflict", "message conflicts with a castRemove");
}

/** A removal beats the cast whenever that was, known or not; of two removals the later stays. */
export function mergeCastRemove(
  message: TypedMessageOf<"castRemove">,
  { state }: MergeContext,
): Verdict {
  const slot = hex(message.body.targetHash);
  const present = state.stores.casts.find(message.fid, slot);
  if (present?.kind === "castAdd") return accept(slot, [present]);
  return latestWins(message, slot, present);
}
