// The upper part of a shard's trie, from its root to the roots of its accounts, as a store has it.
import type { Blake3, TrieRoot } from "@snaprag/verify";
import { createTrieHasher } from "@snaprag/verify";
import type { AccountReading, StoredAccount } from "./read-accounts.ts";
import { readVirtualShard } from "./read-accounts.ts";

/** An account and its root. */
export interface AccountHash {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  /** 20 bytes. */
  readonly hash: Uint8Array;
}

/** What was read of a virtual shard. */
export interface VirtualShardReading extends TrieRoot {
  readonly accounts: readonly AccountHash[];
  /** Accounts with rows that were altered, or names without rows. */
  readonly flawed: readonly StoredAccount[];
}

/** The root of one account; undefined when it has no leaf. */
export function accountRootOf(account: StoredAccount, blake3: Blake3): TrieRoot | undefined {
  let root: TrieRoot | undefined;
  const hasher = createTrieHasher({
    blake3,
    scope: "virtualShard",
    onAccountRoot: (found) => {
      root = found;
    },
  });
  for (const { trieKey } of account.leaves) hasher.add(trieKey);
  hasher.finish();
  return root;
}

/** Whether an account is not what it says of itself, whatever a node has. */
export function isFlawed({ altered, lostNames }: StoredAccount): boolean {
  return lostNames.length > 0 || altered.length > 0;
}

/** Reads a virtual shard; the roots of its accounts are kept only when asked for. */
export async function readVirtualShardRoot(
  reading: AccountReading,
  fids: readonly bigint[],
  options: { readonly hasAccounts: boolean },
): Promise<VirtualShardReading> {
  const accounts: AccountHash[] = [];
  const flawed: StoredAccount[] = [];
  const hasher = createTrieHasher({
    blake3: reading.blake3,
    scope: "virtualShard",
    onAccountRoot: options.hasAccounts
      ? ({ fid, root }) => accounts.push({ fid, hash: root })
      : undefined,
  });
  for await (const account of readVirtualShard(reading, fids)) {
    if (isFlawed(account)) flawed.push(account);
    for (const { trieKey } of account.leaves) hasher.add(trieKey);
  }
  return { ...hasher.finish(), accounts, flawed };
}

/** What stands below a root: parts by the nibbles that lead to them, all equally many. */
export interface Part {
  readonly path: readonly number[];
  readonly hash: Uint8Array;
}

function nibblesOf(value: number, count: number): readonly number[] {
  return [...value.toString(16).padStart(count, "0")].map((digit) => Number.parseInt(digit, 16));
}

/** The virtual shards of a shard as parts. */
export function partsOfShard(roots: ReadonlyMap<number, TrieRoot>): readonly Part[] {
  return [...roots]
    .filter(([, { root }]) => root.length > 0)
    .sort(([a], [b]) => a - b)
    .map(([virtualShard, { root }]) => ({ path: nibblesOf(virtualShard, 2), hash: root }));
}

/** The accounts of a virtual shard as parts. */
export function partsOfVirtualShard(
  virtualShard: number,
  accounts: readonly AccountHash[],
): readonly Part[] {
  const head = nibblesOf(virtualShard, 2);
  return accounts.map(({ fid, hash }) => ({ path: [...head, ...nibblesOf(Number(fid), 8)], hash }));
}

/**
 * The hash of the node at a path that is no longer than the parts' own; undefined when nothing is
 * there. Above the types a node with one child is a node all the same (docs/protocol.md 3.3).
 */
export function hashAt(
  parts: readonly Part[],
  path: readonly number[],
  blake3: Blake3,
): Uint8Array | undefined {
  const below = parts.filter((part) => path.every((nibble, index) => part.path[index] === nibble));
  const [first] = below;
  if (first === undefined) return undefined;
  if (first.path.length === path.length) return first.hash;
  const nibbles = [...new Set(below.map((part) => part.path[path.length] ?? 0))];
  const children = nibbles.map((nibble) => hashAt(below, [...path, nibble], blake3));
  return blake3.hash20(Buffer.concat(children.flatMap((child) => child ?? [])));
}
