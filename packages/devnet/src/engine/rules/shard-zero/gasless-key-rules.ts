// Gasless keys (docs/protocol.md 6.9): added and removed in the order of each fid's nonces.
import type { TypedMessageOf } from "@snaprag/proto";
import { OnChainEventType } from "@snaprag/proto";
import type { MergeContext, Rejected, Verdict } from "../verdict.ts";
import { accept, duplicate, hex, invalid } from "../verdict.ts";

/** Most keys that one fid may have at a time. */
export const MAX_GASLESS_KEYS = 1000;

const MAX_TTL_SECONDS = 90 * 86_400;

/**
 * Records a key. The same fid may add its key again, which replaces the record; a key of another
 * fid is refused. Only a shard that knows the fid's registration can merge it.
 */
export function mergeKeyAdd(message: TypedMessageOf<"keyAdd">, context: MergeContext): Verdict {
  const { state } = context;
  const { key, ttl, nonce, deadline } = message.body;
  const slot = hex(key);
  const present = state.stores.keys.find(message.fid, slot);
  if (present !== undefined && hex(present.message.hash) === hex(message.envelope.hash)) {
    return duplicate();
  }
  const problem = findNonceProblem(message.fid, { nonce, deadline }, context);
  if (problem !== undefined) return problem;
  if (ttl === 0 || ttl > MAX_TTL_SECONDS) return invalid(`time to live of ${ttl} seconds`);
  if (present !== undefined && present.fid !== message.fid) {
    return invalid("key belongs to another fid");
  }
  if (present === undefined && state.stores.keys.count(message.fid) >= MAX_GASLESS_KEYS) {
    return invalid(`fid has ${MAX_GASLESS_KEYS} keys already`);
  }
  return accept(slot, [present]);
}

/** Deletes the record of a key. The message itself leaves nothing but its trie key. */
export function mergeKeyRemove(
  message: TypedMessageOf<"keyRemove">,
  context: MergeContext,
): Verdict {
  const { key, nonce, deadline } = message.body;
  const problem = findNonceProblem(message.fid, { nonce, deadline }, context);
  if (problem !== undefined) return problem;
  const slot = hex(key);
  const present = context.state.stores.keys.find(message.fid, slot);
  if (present === undefined || present.fid !== message.fid) return invalid("no such key");
  return accept(slot, [present]);
}

function findNonceProblem(
  fid: bigint,
  { nonce, deadline }: { readonly nonce: number; readonly deadline: number },
  { state, blockTimestamp }: MergeContext,
): Rejected | undefined {
  if (state.onChain.listMerged(fid, OnChainEventType.EVENT_TYPE_ID_REGISTER).length === 0) {
    return invalid(`fid ${fid} is not registered`);
  }
  if (BigInt(deadline) < blockTimestamp) return invalid("deadline has passed");
  if (nonce <= state.gaslessKeys.nonceOf(fid)) return invalid(`nonce ${nonce} was used`);
  return undefined;
}
