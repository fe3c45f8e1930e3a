import type { Clock, NodeClient } from "@snaprag/client";
import type { NetworkIdentity } from "@snaprag/storage";
import type { Blake3, Ed25519, ValidatorSet } from "@snaprag/verify";
import type { KeyHistory } from "./key-history.ts";

/** A node that a store is compared with, and what its answers are checked with. */
export interface NodeReading {
  readonly client: NodeClient;
  readonly network: NetworkIdentity;
  readonly homeShardOf: (fid: bigint) => number;
  readonly blake3: Blake3;
  readonly ed25519: Ed25519;
  /** Empty where the validators are not known. */
  readonly validatorSets: readonly ValidatorSet[];
  /** Whether somebody has named them, rather than this version knowing of them. */
  readonly areValidatorsConfigured: boolean;
  /** Gasless keys of all accounts, read from shard 0: millions of blocks on mainnet. */
  readonly readKeyHistory: (signal: AbortSignal) => Promise<KeyHistory>;
  readonly signal: AbortSignal;
  /** Times the pauses before the node is asked again. @default the system's clock */
  readonly clock?: Clock | undefined;
}
