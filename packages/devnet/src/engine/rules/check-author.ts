import type { TypedMessage, TypedMessageOf } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import { readRow } from "../state/message-row.ts";
import type { MergeContext, Rejected } from "./verdict.ts";
import { hex, invalid } from "./verdict.ts";

/** How far a message may be ahead of its block (docs/protocol.md 4.2). */
const MAX_LEAD_SECONDS = 600n;

/**
 * Checks that the author may publish on a shard: a registered fid, an active signer, a timestamp
 * that is not in the future. Undefined when all is well.
 */
export function findAuthorProblem(
  message: TypedMessage,
  context: MergeContext,
): Rejected | undefined {
  const { state, blockTimestamp } = context;
  if (BigInt(message.timestamp) > blockTimestamp + MAX_LEAD_SECONDS) {
    return invalid("timestamp is more than ten minutes in the future");
  }
  if (state.onChain.findCustody(message.fid) === undefined) {
    return invalid(`unknown fid ${message.fid}`);
  }
  // The subject of these is the key that signs them.
  if (message.type === "keyAdd" || message.type === "keyRemove") return undefined;
  const { signer } = message.envelope;
  const { messageType } = MESSAGE_WIRE_TYPES[message.type];
  if (state.onChain.findSigner(message.fid, signer) !== undefined) return undefined;
  if (findGaslessKey(message.fid, signer, context)?.body.scopes.includes(messageType)) {
    state.gaslessKeys.markUsed(message.fid, signer, message.timestamp);
    return undefined;
  }
  return invalid("invalid signer");
}

/** The KeyAdd of a fid's gasless key that was added, or used, within its time to live. */
export function findGaslessKey(
  fid: bigint,
  key: Uint8Array,
  { state, blockTimestamp }: MergeContext,
): TypedMessageOf<"keyAdd"> | undefined {
  const row = state.stores.keys.find(fid, hex(key));
  const message = row?.fid === fid ? readRow(row) : undefined;
  if (message?.type !== "keyAdd") return undefined;
  const lastUsedAt = state.gaslessKeys.lastUsedAt(fid, key) ?? message.timestamp;
  return BigInt(lastUsedAt + message.body.ttl) >= blockTimestamp ? message : undefined;
}
