// One account of one shard, in a store and at a node: what each has that the other has not.

import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import { trieNodeHash, virtualShardOf } from "@snaprag/verify";
import { GASLESS_KEY_NIBBLE } from "../../../historical/accounts/account-token.ts";
import { trieKeysOf } from "../../leaves/trie-keys.ts";
import type { KeyLeaf } from "../../node/list-keys.ts";
import { listKeys } from "../../node/list-keys.ts";
import type { AccountPart } from "../../node/list-part.ts";
import { listPart, PART_DEPTH } from "../../node/list-part.ts";
import type { StoreHeights } from "../../node/list-touched.ts";
import type { NodeReading } from "../../node/node-reading.ts";
import type { TrieNode, TrieNodeSummary } from "../../node/trie-node.ts";
import { accountPrefix, readTrieNode } from "../../node/trie-node.ts";
import type { StoredAccount } from "../read-accounts.ts";
import type { RowLeaf } from "../row-leaf.ts";

/** An account that a store has otherwise than a node. */
export interface AccountDifference {
  readonly shardId: number;
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  /** The blocks that the store's rows were of when they were compared. */
  readonly comparedAt: StoreHeights;
  /** Entries that the node has, and the store has not or has altered. */
  readonly missing: readonly ShardTrieEntryWithMessage[];
  /** The same of gasless keys, which come by shard 0. */
  readonly missingKeys: readonly KeyLeaf[];
  /** Leaves that the store has and the node has not, with their rows once a difference is confirmed. */
  readonly extra: readonly RowLeaf[];
  /** Leaves whose rows are not what their hash or signature says. */
  readonly altered: readonly RowLeaf[];
  /** Names that have a leaf and no row. */
  readonly lostNames: readonly string[];
  /** Half type bytes of which the node gives nothing that adds up to its own hash. */
  readonly unexplained: readonly number[];
}

const TYPE_BYTE_INDEX = 5;

/** Leaves by the first half of their type bytes. */
function byNibble(leaves: readonly RowLeaf[]): ReadonlyMap<number, readonly RowLeaf[]> {
  const parts = new Map<number, RowLeaf[]>();
  for (const leaf of leaves) {
    const nibble = (leaf.trieKey[TYPE_BYTE_INDEX] ?? 0) >> 4;
    const known = parts.get(nibble);
    if (known) known.push(leaf);
    else parts.set(nibble, [leaf]);
  }
  return parts;
}

/** Reads an account of the node's live trie. */
export function readLiveAccount(
  { client, signal }: NodeReading,
  shardId: number,
  fid: bigint,
): Promise<TrieNode | undefined> {
  const prefix = accountPrefix(virtualShardOf(fid), fid);
  return readTrieNode(client, { shardId, prefix }, signal);
}

/** The account in the store, and where. */
export interface AccountUnderExamination {
  readonly heights: StoreHeights;
  readonly fid: bigint;
  readonly stored: StoredAccount;
  readonly live: TrieNode | undefined;
}

/**
 * Nibbles of parts that differ, or of which rows are not what they should be. Where shard 0 is not
 * mirrored, gasless keys are taken for what the node says they are: the store is not to have them.
 */
function suspectNibbles(
  { blake3 }: NodeReading,
  { heights, stored: { leaves, altered, lostNames }, live }: AccountUnderExamination,
): readonly number[] {
  const stored = byNibble(leaves);
  const flawed = byNibble(altered);
  const nibbles = [...new Set([...stored.keys(), ...(live?.children.keys() ?? [])])];
  return nibbles.filter((nibble) => {
    const part = stored.get(nibble) ?? [];
    if (nibble === GASLESS_KEY_NIBBLE && heights.keyBlockNumber === undefined) return false;
    if (flawed.has(nibble)) return true;
    if (nibble === 0 && lostNames.length > 0) return true;
    const hash = trieNodeHash(trieKeysOf(part), PART_DEPTH, blake3);
    return !isSameBytes(hash, live?.children.get(nibble)?.hash ?? new Uint8Array());
  });
}

/**
 * Whether a part of an account is suspect. An account of another root than the node's need not have
 * one: where shard 0 is not mirrored, its gasless keys are not in the store.
 */
export function hasSuspectPart(reading: NodeReading, account: AccountUnderExamination): boolean {
  return suspectNibbles(reading, account).length > 0;
}

interface Keyed {
  readonly trieKey: Uint8Array;
}

/** Those whose keys are not among the others; both ascend by key. */
function withoutOthers<Kept extends Keyed>(
  some: readonly Kept[],
  others: readonly Keyed[],
): readonly Kept[] {
  let next = 0;
  return some.filter(({ trieKey }) => {
    let order = -1;
    for (; next < others.length && order < 0; next++) {
      order = Buffer.compare(others[next]?.trieKey ?? trieKey, trieKey);
    }
    // What was looked at last is of interest to the next one too.
    if (order >= 0) next -= 1;
    return order !== 0;
  });
}

interface StoredPart {
  readonly stored: readonly RowLeaf[];
  /** Those whose rows were not altered. */
  readonly sound: readonly RowLeaf[];
}

/** What only one side has. A row that was altered does not count as there. */
function compare<Listed extends Keyed>(
  listed: readonly Listed[],
  { stored, sound }: StoredPart,
): { readonly missing: readonly Listed[]; readonly extra: readonly RowLeaf[] } {
  return { missing: withoutOthers(listed, sound), extra: withoutOthers(stored, listed) };
}

/** A key as it is in a list that ascends by key, where it is there. */
function findKey(sorted: readonly Keyed[], trieKey: Uint8Array): Uint8Array | undefined {
  let [start, end] = [0, sorted.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    const found = sorted[middle]?.trieKey ?? trieKey;
    const order = Buffer.compare(found, trieKey);
    if (order === 0) return found;
    if (order < 0) start = middle + 1;
    else end = middle;
  }
  return undefined;
}

/**
 * The key that a store has before its account's own shard has merged it, when nothing else differs: shard
 * 0 tells of a key first. Found without reading the history of all keys.
 */
function findEarlyKey(
  { blake3 }: NodeReading,
  stored: readonly RowLeaf[],
  live: TrieNodeSummary | undefined,
): RowLeaf | undefined {
  const hash = live?.hash ?? new Uint8Array();
  return stored.find((early) => {
    const others = stored.filter((leaf) => leaf !== early);
    return isSameBytes(trieNodeHash(trieKeysOf(others), PART_DEPTH, blake3), hash);
  });
}

/** Compares the gasless keys of an account; undefined when the node's answers do not add up. */
async function examineKeys(reading: NodeReading, part: AccountPart, { stored, sound }: StoredPart) {
  const isSound = sound.length === stored.length;
  const early = isSound ? findEarlyKey(reading, stored, part.live) : undefined;
  if (early !== undefined) return { missing: [], extra: [early] };
  const keys = await listKeys(reading, part);
  return keys && compare(keys, { stored, sound });
}

/** Lists a part of an account; undefined when the node gives nothing that can be relied on. */
export type PartLister = (
  reading: NodeReading,
  part: AccountPart,
) => Promise<readonly ShardTrieEntryWithMessage[] | undefined>;

/** Compares an account leaf by leaf, in the parts of it that are suspect; as the node has it now, by default. */
export async function examineAccount(
  reading: NodeReading,
  account: AccountUnderExamination,
  list: PartLister = listPart,
): Promise<AccountDifference> {
  const { heights, fid, stored, live } = account;
  const { shardId } = heights;
  const parts = byNibble(stored.leaves);
  // Of hundreds of thousands, which are more than one call of `push` takes.
  const missing: (readonly ShardTrieEntryWithMessage[])[] = [];
  const missingKeys: KeyLeaf[] = [];
  const extra: (readonly RowLeaf[])[] = [];
  const unexplained: number[] = [];
  for (const nibble of suspectNibbles(reading, account)) {
    const ofPart = parts.get(nibble) ?? [];
    const ofStore = { stored: ofPart, sound: ofPart.filter(({ isAltered }) => !isAltered) };
    const part = {
      ...{ shardId, fid, nibble, live: live?.children.get(nibble) },
      findKnown: (trieKey: Uint8Array) => findKey(ofStore.sound, trieKey),
    };
    if (nibble === GASLESS_KEY_NIBBLE) {
      const found = await examineKeys(reading, part, ofStore);
      if (found === undefined) unexplained.push(nibble);
      else {
        missingKeys.push(...found.missing);
        extra.push(found.extra);
      }
      continue;
    }
    const entries = await list(reading, part);
    if (entries === undefined) {
      unexplained.push(nibble);
      continue;
    }
    const found = compare(entries, ofStore);
    missing.push(found.missing);
    extra.push(found.extra);
    // Its leaf is there, so that nothing else says that the row is not.
    if (nibble === 0) missing.push(entries.filter((entry) => isNamed(entry, stored.lostNames)));
  }
  const { altered, lostNames } = stored;
  const found = { missing: missing.flat(), extra: extra.flat(), missingKeys, unexplained };
  return { shardId, fid, comparedAt: heights, altered, lostNames, ...found };
}

function isNamed({ trieMessage }: ShardTrieEntryWithMessage, names: readonly string[]): boolean {
  if (trieMessage?.$case !== "fnameTransfer") return false;
  return names.includes(Buffer.from(trieMessage.value.proof?.name ?? []).toString());
}
