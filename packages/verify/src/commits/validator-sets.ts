// Who may commit a block. Validator sets come from the configuration of the nodes and not from the
// chain (docs/protocol.md 4.4).
import type { Height } from "@snaprag/proto";

/** The validators of some shards from a height on. */
export interface ValidatorSet {
  /** The first block that they commit. */
  readonly effectiveAt: bigint;
  /** The shards that they commit, shard 0 among them. */
  readonly shardIds: readonly number[];
  /** Ed25519 public keys, 32 bytes each; all count the same. */
  readonly publicKeys: readonly Uint8Array[];
}

/**
 * The validators of a block: of the sets that name its shard and are in effect, the latest, and the
 * first of all sets where there is none. Undefined without any set.
 */
export function findValidatorSet(
  sets: readonly ValidatorSet[],
  { shardIndex, blockNumber }: Height,
): ValidatorSet | undefined {
  let found: ValidatorSet | undefined;
  for (const set of sets) {
    if (!set.shardIds.includes(shardIndex) || set.effectiveAt > blockNumber) continue;
    if (found === undefined || set.effectiveAt > found.effectiveAt) found = set;
  }
  return found ?? sets[0];
}
