// Validators and their votes (docs/protocol.md 4.4).
import type { Commits, Height } from "@snaprag/proto";
import { Vote, VoteType } from "@snaprag/proto";
import type { KeyPair } from "../ed25519.ts";
import { compareBytes } from "../state/message-row.ts";

/** The validators of all shards. */
export interface ValidatorSet {
  /** Ed25519 public keys, 32 bytes each, ascending. */
  readonly publicKeys: readonly Uint8Array[];
  /** The commits that make a block final. One validator is always missing, a different one in turn. */
  commit(height: Height, hash: Uint8Array): Commits;
}

/** Creates a set that has a quorum without any one of its members: at least four key pairs. */
export function createValidatorSet(keyPairs: readonly KeyPair[]): ValidatorSet {
  const voters = keyPairs.toSorted((a, b) => compareBytes(a.publicKey, b.publicKey));

  return {
    publicKeys: voters.map(({ publicKey }) => publicKey),
    commit(height, hash) {
      const value = { shardIndex: height.shardIndex, hash };
      const absent = Number(height.blockNumber % BigInt(voters.length));
      // The node's own check expects signers in the order of their keys.
      const signatures = voters
        .filter((_, index) => index !== absent)
        .map(({ publicKey, sign }) => {
          const vote = { type: VoteType.PRECOMMIT, height, round: 0n, value, voter: publicKey };
          return { signer: publicKey, signature: sign(Vote.encode(vote).finish()) };
        });
      return { height, round: 0n, value, signatures };
    },
  };
}
