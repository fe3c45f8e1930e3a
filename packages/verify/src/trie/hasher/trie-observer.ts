// What a hasher tells as its stream goes by, and whom.
import type { Blake3 } from "../../blake3.ts";

/** What a node of the trie and everything below it adds up to. */
export interface TrieRoot {
  /** 20 bytes, or empty when there was no key. */
  readonly root: Uint8Array;
  /** Messages, on-chain events and usernames below it. */
  readonly leafCount: number;
  /** How many of them came as the hash of a subtree, so that their keys are taken on trust. */
  readonly opaqueLeafCount: number;
}

/** The root of one fid's account within a shard. */
export interface AccountRoot extends TrieRoot {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
}

/** The root of one virtual shard within a shard. */
export interface VirtualShardRoot extends TrieRoot {
  /** 0 to 255. */
  readonly virtualShard: number;
}

/** What a trie hasher tells as the stream goes by. */
export interface TrieObserver {
  /** Hashes the nodes of the trie. */
  readonly blake3: Blake3;
  /** Called for each account as soon as the stream has moved past it. */
  readonly onAccountRoot?: ((account: AccountRoot) => void) | undefined;
  /** Called for each virtual shard as soon as the stream has moved past it. */
  readonly onVirtualShardRoot?: ((virtualShard: VirtualShardRoot) => void) | undefined;
}
