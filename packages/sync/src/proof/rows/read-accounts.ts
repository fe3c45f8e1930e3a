// Accounts of one shard's trie as a store has them, leaf by leaf in the order of the trie.
import { setImmediate } from "node:timers/promises";
import type { TableName } from "@snaprag/processors";
import { isSameBytes } from "@snaprag/proto";
import type { LiveRows, StoreView } from "@snaprag/storage";
import { readTrieKeyHead, virtualShardOf } from "@snaprag/verify";
import type { RowLeaf, RowOfTable, RowReading } from "./row-leaf.ts";
import { leafOfRow } from "./row-leaf.ts";

const LOW_32_BITS = 0xffffffffn;
const FNAME_TYPE_BYTE = 7;
/** Rows after which others have their turn: some milliseconds. */
const ROWS_PER_TURN = 200;

/** The part of a network's accounts that is looked at, and what with. */
export interface AccountReading extends RowReading {
  readonly view: StoreView;
  readonly shardId: number;
  readonly homeShardOf: (fid: bigint) => number;
  /**
   * Ends the reading of a virtual shard, between two reads.
   *
   * @default none
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the row behind a leaf is wanted, not only its key: an account can have more rows than memory
   * is to hold.
   */
  readonly wantsRow: (leaf: RowLeaf) => boolean;
}

/** An account of a shard's trie. */
export interface StoredAccount {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  /** By key, each once: of two rows with the same content the one that bears its hash. */
  readonly leaves: readonly RowLeaf[];
  /** Leaves of rows that are not what their hash or signature says; not all are among the others. */
  readonly altered: readonly RowLeaf[];
  /** Names that have a leaf and no row, as text. */
  readonly lostNames: readonly string[];
}

function* listSources(rows: LiveRows): Generator<RowOfTable> {
  for (const [table, list] of Object.entries(rows)) {
    // Safety: each list holds rows of the relation it is named after.
    for (const row of list) yield { table: table as TableName, row } as RowOfTable;
  }
}

function nameOfLeaf(trieKey: Uint8Array): string {
  const end = trieKey.indexOf(0, 6);
  return Buffer.from(trieKey.subarray(6, end < 0 ? undefined : end)).toString();
}

/** The leaf of a row, with the row where it is wanted. */
function readLeaf(source: RowOfTable, reading: AccountReading): RowLeaf | undefined {
  const leaf = leafOfRow(source, reading);
  if (leaf === undefined || reading.wantsRow(leaf)) return leaf;
  // A copy in a buffer that keys share takes 134 bytes, a key by itself 214.
  return { trieKey: Buffer.from(leaf.trieKey), source: undefined, isAltered: leaf.isAltered };
}

/** The leaves that rows of accounts stand for, and the names among the rows. */
async function readRowLeaves(reading: AccountReading, fids: readonly bigint[]) {
  const leaves: RowLeaf[] = [];
  const names = new Set<string>();
  if (fids.length === 0) return { leaves, names };
  let seen = 0;
  for await (const rows of reading.view.readRows(fids)) {
    for (const { fid, name } of rows.fname_transfers ?? []) names.add(`${fid}/${name}`);
    for (const source of listSources(rows)) {
      const leaf = readLeaf(source, reading);
      if (leaf) leaves.push(leaf);
      seen += 1;
      // Blocks may be followed meanwhile, and one account can have hundreds of thousands of rows.
      if (seen % ROWS_PER_TURN === 0) await setImmediate();
    }
  }
  return { leaves, names };
}

function compareLeaves(a: RowLeaf, b: RowLeaf): number {
  return Buffer.compare(a.trieKey, b.trieKey) || Number(a.isAltered) - Number(b.isAltered);
}

/** Reads accounts, ascending as the trie has them; those without leaves are left out. */
export async function readAccounts(
  reading: AccountReading,
  fids: readonly bigint[],
): Promise<readonly StoredAccount[]> {
  const { view, shardId, homeShardOf } = reading;
  const home = fids.filter((fid) => homeShardOf(fid) === shardId);
  const [{ leaves, names }, keys] = await Promise.all([
    readRowLeaves(reading, home),
    view.readLeaves(shardId, fids),
  ]);
  for (const trieKey of keys) leaves.push({ trieKey, source: undefined, isAltered: false });
  const altered = leaves.filter(({ isAltered }) => isAltered);
  return groupByAccount(leaves.sort(compareLeaves)).map(([fid, ofAccount]) => ({
    fid,
    leaves: ofAccount,
    altered: altered.filter(({ trieKey }) => readTrieKeyHead(trieKey).fid === fid),
    lostNames: ofAccount
      .filter(({ trieKey }) => trieKey[5] === FNAME_TYPE_BYTE && homeShardOf(fid) === shardId)
      .map(({ trieKey }) => nameOfLeaf(trieKey))
      .filter((name) => !names.has(`${fid}/${name}`)),
  }));
}

function groupByAccount(sorted: readonly RowLeaf[]): readonly (readonly [bigint, RowLeaf[]])[] {
  const accounts: (readonly [bigint, RowLeaf[]])[] = [];
  let previous: RowLeaf | undefined;
  for (const leaf of sorted) {
    const isRepeated = previous !== undefined && isSameBytes(previous.trieKey, leaf.trieKey);
    previous = leaf;
    const { fid } = readTrieKeyHead(leaf.trieKey);
    const last = accounts.at(-1);
    if (last?.[0] !== fid) accounts.push([fid, [leaf]]);
    else if (!isRepeated) last[1].push(leaf);
  }
  return accounts;
}

/** Every account of a store by virtual shard, each list in the order of the trie. */
export async function listByVirtualShard(
  view: StoreView,
): Promise<ReadonlyMap<number, readonly bigint[]>> {
  const directory = new Map<number, bigint[]>();
  for await (const fid of view.listAccounts()) {
    const virtualShard = virtualShardOf(fid);
    const known = directory.get(virtualShard);
    if (known) known.push(fid);
    else directory.set(virtualShard, [fid]);
  }
  const low = (fid: bigint) => fid & LOW_32_BITS;
  for (const fids of directory.values()) fids.sort((a, b) => (low(a) < low(b) ? -1 : 1));
  return directory;
}

/** Accounts read at a time, of which one can have hundreds of thousands of leaves. */
const ACCOUNTS_PER_READ = 100;

/** Reads all accounts of one virtual shard, a hundred at a time. */
export async function* readVirtualShard(
  reading: AccountReading,
  fids: readonly bigint[],
): AsyncGenerator<StoredAccount> {
  for (let start = 0; start < fids.length; start += ACCOUNTS_PER_READ) {
    reading.signal?.throwIfAborted();
    yield* await readAccounts(reading, fids.slice(start, start + ACCOUNTS_PER_READ));
  }
}
