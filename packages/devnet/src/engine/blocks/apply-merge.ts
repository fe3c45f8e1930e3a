import type { TypedMessage } from "@snaprag/proto";
import type { Accepted, MergeContext } from "../rules/verdict.ts";
import type { MessageRow } from "../state/message-row.ts";
import { readRow, toMessageRow } from "../state/message-row.ts";

/** Does what a rule allowed: the message takes its slot, and what it deletes is gone. */
export function applyMerge(
  message: TypedMessage,
  { slot, deleted }: Accepted,
  { state, blockNumber }: MergeContext,
): MessageRow {
  const row = toMessageRow(message, { slot, blockNumber });
  state.insert(row);
  for (const loser of deleted) {
    forgetKey(loser, state.gaslessKeys);
    state.remove(loser);
  }
  if (message.type === "keyAdd" || message.type === "keyRemove") {
    state.gaslessKeys.setNonce(message.fid, message.body.nonce);
  }
  return row;
}

/** The end of a lend: merged like any other, then deleted at once (docs/protocol.md 6.8). */
export function endsLend(message: TypedMessage): boolean {
  return message.type === "lendStorage" && message.body.numUnits === 0n;
}

function forgetKey(row: MessageRow, gaslessKeys: MergeContext["state"]["gaslessKeys"]): void {
  if (row.kind !== "keyAdd") return;
  const message = readRow(row);
  if (message.type === "keyAdd") gaslessKeys.forget(row.fid, message.body.key);
}
