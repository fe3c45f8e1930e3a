import { lastPositionOf, TABLE_KEYS } from "@snaprag/processors";
import type { LeafChange, RowChange, ShardProgress, Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { readTrieKeyHead } from "@snaprag/verify";
import type { Carrier } from "../run/quarantine/carrier.ts";
import { processCarrier } from "../run/quarantine/process-carrier.ts";
import { processContextOf } from "../run/sync-run.ts";
import { NONE_FORGED } from "./messages/message-checks.ts";
import { createNodeReading } from "./node/create-node-reading.ts";
import type { NodeReading } from "./node/node-reading.ts";
import { confirmDifferences } from "./rows/confirm-differences.ts";
import type { AccountDifference } from "./rows/examine-account.ts";
import type { RowLeaf } from "./rows/row-leaf.ts";
import { isKeyRow } from "./rows/row-leaf.ts";
import type { ShardVerification, VerifyOptions } from "./verify-store.ts";
import { verifyStore } from "./verify-store.ts";

/** Tries to get between two batches of a sync that is writing. */
const MOST_TRIES = 10;

/** What became of an account that a store had otherwise than a node. */
export interface RepairedAccount {
  readonly difference: AccountDifference;
  /** Whether the account was proved afterwards. */
  readonly isProved: boolean;
  /** Whether it could not be told, because the node has changed the account since. */
  readonly isPending: boolean;
}

/** What repairing a shard came to. */
export interface ShardRepair {
  readonly found: ShardVerification;
  readonly accounts: readonly RepairedAccount[];
}

/** What is written, by the shard whose positions it has. */
interface Correction {
  readonly changes: RowChange[];
  readonly leaves: LeafChange[];
}

interface Moment {
  readonly shardId: number;
  readonly blockNumber: bigint;
  readonly at: Date;
}

function isRowChange(change: { readonly kind: string }): change is RowChange {
  return change.kind === "merge" || change.kind === "retire";
}

/** What a carrier amounts to by the rules that every sync applies; nothing when it is not sound. */
function addCarrier(
  correction: Correction,
  { network, blake3 }: NodeReading,
  { carrier, ...place }: Moment & { readonly carrier: Carrier; readonly eventId: bigint },
): void {
  const context = { ...processContextOf({ network }, place.shardId), ...place };
  const processed = processCarrier(carrier, context, { blake3, forged: NONE_FORGED });
  if (processed.quarantined.length > 0) return;
  correction.changes.push(...processed.changes.filter(isRowChange));
  correction.leaves.push(...processed.leaves);
}

/** Ends a row, or a leaf without one. */
function addEnd(correction: Correction, { shardId, blockNumber, at }: Moment, leaf: RowLeaf): void {
  const eventId = lastPositionOf(blockNumber);
  const { source, trieKey } = leaf;
  if (source === undefined) {
    const { fid } = readTrieKeyHead(trieKey);
    correction.leaves.push({ shardId, fid, trieKey, eventId, isPresent: false });
    return;
  }
  const { table, row } = source;
  const retirement = { reason: "unlisted", eventId, at } as const;
  // Safety: the row of this table.
  correction.changes.push({ kind: "retire", table, row, retirement } as RowChange);
}

/** A row by its relation and key. */
function nameOfRow({ table, row }: RowChange): string {
  const columns: readonly string[] = TABLE_KEYS[table];
  const values = Object.entries(row).filter(([column]) => columns.includes(column));
  const texts = values.map(([column, value]) => {
    return `${column}=${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value}`;
  });
  return [table, ...texts.sort()].join("/");
}

/** Ends of rows that the same correction writes over are left out. */
function withoutContradictions({ changes, leaves }: Correction): Correction {
  const merged = new Set(changes.filter(({ kind }) => kind === "merge").map(nameOfRow));
  const kept = changes.filter(
    (change) => change.kind === "merge" || !merged.has(nameOfRow(change)),
  );
  return { changes: kept, leaves };
}

/** The correction of the shard's own rows, and of those that come by shard 0. */
function correct(
  reading: NodeReading,
  difference: AccountDifference,
  { here, blocks }: { readonly here: Moment; readonly blocks: Moment | undefined },
): readonly (Correction & Moment)[] {
  const ofShard: Correction = { changes: [], leaves: [] };
  const ofKeys: Correction = { changes: [], leaves: [] };
  const eventId = lastPositionOf(here.blockNumber);
  for (const leaf of [...difference.extra, ...difference.altered]) {
    if (!isKeyRow(leaf)) addEnd(ofShard, here, leaf);
    else if (blocks) addEnd(ofKeys, blocks, leaf);
  }
  for (const entry of difference.missing) {
    addCarrier(ofShard, reading, { ...here, eventId, carrier: { kind: "entry", entry } });
  }
  for (const { message, eventId: position, at } of difference.missingKeys) {
    if (!blocks) continue;
    const carrier = { kind: "message", message } as const;
    addCarrier(ofKeys, reading, { ...blocks, at, eventId: position, carrier });
  }
  return [
    { ...here, ...withoutContradictions(ofShard) },
    ...(blocks ? [{ ...blocks, ...withoutContradictions(ofKeys) }] : []),
  ].filter(({ changes, leaves }) => changes.length + leaves.length > 0);
}

/** The time of a block, where the store is still there; the store takes nothing for another block. */
function momentOf(shards: readonly ShardProgress[], shardId: number, blockNumber: bigint): Moment {
  const shard = shards.find((each) => each.shardId === shardId);
  return { shardId, blockNumber, at: shard?.blockTime ?? new Date() };
}

/**
 * Writes what puts an account right. Returns whether there was anything to write.
 *
 * @throws {StorageError} `fenced` when the store has moved on since the account was compared: a later
 * block may have changed it, and would not be applied again
 */
async function applyCorrection(
  store: Store,
  reading: NodeReading,
  difference: AccountDifference,
): Promise<boolean> {
  const { shardId, blockNumber, keyBlockNumber } = difference.comparedAt;
  const shards = await store.listShards();
  const here = momentOf(shards, shardId, blockNumber);
  const blocks = keyBlockNumber === undefined ? undefined : momentOf(shards, 0, keyBlockNumber);
  const batches = correct(reading, difference, { here, blocks });
  for (const batch of batches) await store.repairRows(batch);
  return batches.length > 0;
}

/** What differs in a store, and how it is looked at. */
export interface AccountsToRepair {
  readonly store: Store;
  readonly differences: readonly AccountDifference[];
  /** Whether signatures were checked, and are to be checked again. */
  readonly hasSignatures: boolean;
}

/** Puts an account right and proves it again. Compares it anew when blocks were applied meanwhile. */
async function repairAccount(
  reading: NodeReading,
  { store, hasSignatures }: Omit<AccountsToRepair, "differences">,
  difference: AccountDifference,
): Promise<RepairedAccount> {
  const { shardId, fid } = difference;
  const compare = () => confirmDifferences(reading, { store, shardId, fids: [fid], hasSignatures });
  let latest: AccountDifference | undefined = difference;
  for (let tries = 1; latest !== undefined; tries++) {
    try {
      if (await applyCorrection(store, reading, latest)) break;
      // Such as when the node gives nothing that adds up: looking again changes nothing.
      return { difference, isProved: false, isPending: false };
    } catch (error) {
      const isPassing =
        error instanceof StorageError && (error.code === "fenced" || error.retryable);
      if (!isPassing || tries === MOST_TRIES) throw error;
      latest = (await compare()).differences[0];
    }
  }
  const { differences, pending } = await compare();
  const isPending = differences.length === 0 && pending.length > 0;
  return { difference, isProved: differences.length === 0 && !isPending, isPending };
}

/** Puts accounts right and proves them again. */
export async function repairAccounts(
  reading: NodeReading,
  { differences, ...how }: AccountsToRepair,
): Promise<readonly RepairedAccount[]> {
  const repaired: RepairedAccount[] = [];
  for (const difference of differences) {
    reading.signal.throwIfAborted();
    repaired.push(await repairAccount(reading, how, difference));
  }
  return repaired;
}

/**
 * Verifies a store and puts right what differs, account by account: rows that the node has are
 * written as it has them, rows that it has not are ended (`unlisted`), and each account is proved
 * again. The calls it takes grow with what differs, not with the store.
 *
 * Safe beside a running sync. Yields each data shard as it is done.
 *
 * @throws as {@link verifyStore}
 */
export async function* repairStore(options: VerifyOptions): AsyncGenerator<ShardRepair> {
  const reading = await createNodeReading(options);
  const { store, verification } = options;
  const hasSignatures = verification === "full";
  for await (const found of verifyStore(options)) {
    const { differences } = found;
    const accounts = await repairAccounts(reading, { store, differences, hasSignatures });
    yield { found, accounts };
  }
}
