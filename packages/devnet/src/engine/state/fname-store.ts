import type { UserNameProof } from "@snaprag/proto";
import { compareBytes } from "./message-row.ts";

/** A registry username as a shard's trie keeps it. */
export interface FnameRow {
  readonly entry: "fname";
  readonly proof: UserNameProof;
}

/** What merging a registry proof did. */
export interface FnameMerge {
  /** False when the proof lost to the one that is there, or is the same. */
  readonly merged: boolean;
  /** The proof of that name before, possibly another fid's or a tombstone. */
  readonly previous: UserNameProof | undefined;
}

/** Registry usernames of one shard (docs/protocol.md 6.6). */
export interface FnameStore {
  /** The greater timestamp wins, then the greater signature. fid 0 stays as a tombstone. */
  merge(proof: UserNameProof): FnameMerge;
  /** The proof of a name, tombstones included. */
  find(name: Uint8Array): UserNameProof | undefined;
  /** Names that a fid holds, by name. */
  list(fid: bigint): readonly UserNameProof[];
  /** Every name that some fid holds. */
  live(): readonly UserNameProof[];
}

/** Creates an empty store. */
export function createFnameStore(): FnameStore {
  const byName = new Map<string, UserNameProof>();

  function live(): readonly UserNameProof[] {
    return [...byName.values()].filter((proof) => proof.fid !== 0n);
  }

  return {
    merge(proof) {
      const key = keyOf(proof.name);
      const previous = byName.get(key);
      const merged = previous === undefined || compareProofs(proof, previous) > 0;
      if (merged) byName.set(key, proof);
      return { merged, previous };
    },
    find: (name) => byName.get(keyOf(name)),
    list: (fid) =>
      live()
        .filter((proof) => proof.fid === fid)
        .sort((a, b) => compareBytes(a.name, b.name)),
    live,
  };
}

function keyOf(name: Uint8Array): string {
  return Buffer.from(name).toString("latin1");
}

function compareProofs(a: UserNameProof, b: UserNameProof): number {
  return Number(a.timestamp - b.timestamp) || compareBytes(a.signature, b.signature);
}
