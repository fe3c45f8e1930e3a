// Whether accounts that looked different are so, while both sides go on: the node may have changed an
// account since the store's block, and the store may be about to follow.
import { setTimeout as delay } from "node:timers/promises";
import { isSameBytes } from "@snaprag/proto";
import type { Store } from "@snaprag/storage";
import { SyncError } from "../../errors.ts";
import { expectReached } from "../../run/expect-reached.ts";
import type { StoreHeights } from "../node/list-touched.ts";
import { findKeyShard, listTouched } from "../node/list-touched.ts";
import type { NodeReading } from "../node/node-reading.ts";
import type { TrieNode } from "../node/trie-node.ts";
import type { AccountDifference } from "./examine-account.ts";
import { examineAccount, hasSuspectPart, readLiveAccount } from "./examine-account.ts";
import type { StoredAccount } from "./read-accounts.ts";
import { readAccounts } from "./read-accounts.ts";
import type { RowLeaf } from "./row-leaf.ts";
import { isKeyRow, keyText } from "./row-leaf.ts";
import { accountRootOf, isFlawed } from "./shard-tree.ts";

const LOW_32_BITS = 0xffffffffn;
const ROUNDS = 8;
/** Rounds without a new block in the store after which the next one is the last. */
const IDLE_ROUNDS = 2;
const PAUSE_MS = 400;
/**
 * How long a difference has to stay the same, in milliseconds: one address may lead to several nodes, of
 * which one is a block behind what another has told.
 */
const CONFIRM_MS = 1000;
/** Accounts whose leaves are in memory at a time. */
const ACCOUNTS_PER_LOOK = 16;

/** What came of accounts that looked different. */
export interface ConfirmedDifferences {
  readonly differences: readonly AccountDifference[];
  /** Accounts that the node has changed since the store's block, by the low 32 bits of the fid. */
  readonly pending: readonly bigint[];
  /**
   * Accounts that have gasless keys, of which nothing else differs: a store that does not mirror shard 0 is
   * not to have these, by the low 32 bits of the fid.
   */
  readonly withoutKeys: readonly bigint[];
}

/** Accounts of a shard to look at again, in a store whose rows are read so. */
export interface Suspects {
  readonly store: Store;
  readonly shardId: number;
  readonly fids: readonly bigint[];
  readonly hasSignatures: boolean;
  /** What the chain says the roots of accounts are, where it does: whoever has such an account is not behind. */
  readonly toldRoots?: ReadonlyMap<bigint, Uint8Array | undefined> | undefined;
  /**
   * Whether to look once and no more: what that does not decide is pending.
   *
   * @default false
   */
  readonly isOneLook?: boolean | undefined;
}

interface Sighting {
  readonly fid: bigint;
  readonly stored: StoredAccount;
  readonly live: TrieNode | undefined;
}

function differs({ stored, live }: Sighting, reading: NodeReading): boolean {
  if (isFlawed(stored)) return true;
  const root = accountRootOf(stored, reading.blake3)?.root ?? new Uint8Array();
  return !isSameBytes(root, live?.hash ?? new Uint8Array());
}

/** Reads accounts as they are by now; with rows that were altered, and others that are wanted. */
async function sight(
  reading: NodeReading,
  { store, shardId, fids, hasSignatures }: Suspects,
  wantsRow: (leaf: RowLeaf) => boolean = () => false,
) {
  const { homeShardOf, blake3, ed25519, network } = reading;
  await using view = await store.openView();
  const shard = await view.findShard(shardId);
  const blocks = await findKeyShard(view);
  const accounts = await readAccounts(
    {
      ...{ view, shardId, homeShardOf, blake3, network: network.network },
      ed25519: hasSignatures ? ed25519 : undefined,
      wantsRow: (leaf) => leaf.isAltered || wantsRow(leaf),
    },
    fids,
  );
  const byFid = new Map(accounts.map((account) => [account.fid, account]));
  const blockNumber = shard?.blockNumber ?? 0n;
  const heights = { shardId, blockNumber, keyBlockNumber: blocks?.blockNumber };
  return { heights, byFid };
}

/**
 * Whether a node has reached the store's blocks. One that has not lacks what it is yet to have, and still
 * has what is yet to end: that is no difference.
 *
 * @throws {SyncError} `node_behind` when this is the last try
 */
async function isReached(
  { client, signal }: NodeReading,
  { shardId, blockNumber, keyBlockNumber = 0n }: StoreHeights,
  isLastTry: boolean,
): Promise<boolean> {
  try {
    await expectReached(client, { shardId, height: blockNumber }, signal);
    await expectReached(client, { shardId: 0, height: keyBlockNumber }, signal);
    return true;
  } catch (error) {
    const isBehind = error instanceof SyncError && error.code === "node_behind";
    if (!isBehind || isLastTry) throw error;
    return false;
  }
}

/** What accounts are, in the store and at the node. */
interface Compared {
  readonly heights: StoreHeights;
  /** Those that differ; undefined when the node is behind. */
  readonly different: readonly Sighting[] | undefined;
  /** Those that differ for their gasless keys alone. */
  readonly withoutKeys: readonly bigint[];
  /** Those that are alike, and not as the chain says. */
  readonly contradicted: readonly bigint[];
}

/** Whether the chain says otherwise of an account: where store and node agree on that, both may be behind. */
function isContradicted({ fid, live }: Sighting, toldRoots: Suspects["toldRoots"]): boolean {
  const told = toldRoots?.get(fid);
  return told !== undefined && !isSameBytes(told, live?.hash ?? new Uint8Array());
}

async function compareAll(
  reading: NodeReading,
  suspects: Suspects,
  isLastTry: boolean,
): Promise<Compared> {
  const { heights, byFid } = await sight(reading, suspects);
  if (!(await isReached(reading, heights, isLastTry))) {
    return { heights, different: undefined, withoutKeys: [], contradicted: [] };
  }
  const sightings = await Promise.all(
    suspects.fids.map(async (fid): Promise<Sighting> => {
      const stored = byFid.get(fid) ?? { fid, leaves: [], altered: [], lostNames: [] };
      return { fid, stored, live: await readLiveAccount(reading, suspects.shardId, fid) };
    }),
  );
  const different: Sighting[] = [];
  const withoutKeys: bigint[] = [];
  const contradicted: bigint[] = [];
  for (const sighting of sightings) {
    const { fid } = sighting;
    if (!differs(sighting, reading)) {
      if (isContradicted(sighting, suspects.toldRoots)) contradicted.push(fid);
    } else if (hasSuspectPart(reading, { heights, ...sighting })) different.push(sighting);
    else withoutKeys.push(fid);
  }
  return { heights, different, withoutKeys, contradicted };
}

/**
 * Whether an account's difference may be a moment's: the node may have moved on between its answers,
 * and shard 0 tells of a gasless key before the account's own shard has it.
 */
function mayPass({ unexplained, extra }: AccountDifference): boolean {
  return unexplained.length > 0 || extra.some(isKeyRow);
}

/**
 * Leaves that the node has not, with their rows. Those whose rows have gone meanwhile are left out: there
 * is nothing to be ended.
 */
async function withRows(
  reading: NodeReading,
  suspects: Suspects,
  { fid, extra }: AccountDifference,
): Promise<readonly RowLeaf[]> {
  if (extra.length === 0) return extra;
  const wanted = new Set(extra.map(keyText));
  const isWanted = (leaf: RowLeaf) => wanted.has(keyText(leaf));
  const { byFid } = await sight(reading, { ...suspects, fids: [fid] }, isWanted);
  return byFid.get(fid)?.leaves.filter(isWanted) ?? [];
}

/** What earlier looks have seen, and whether there will be another. */
interface Looks {
  isLastTry: boolean;
  /** The node's root of an account, as hex, and since when it is that. */
  readonly seen: Map<bigint, { readonly root: string; readonly since: number }>;
}

/** Whether the node's state of an account is not that of a moment, or of one node of several. */
function isSteady({ fid, live }: Sighting, { toldRoots }: Suspects, looks: Looks): boolean {
  const told = toldRoots?.get(fid);
  const hash = live?.hash ?? new Uint8Array();
  if (looks.isLastTry || (told !== undefined && isSameBytes(hash, told))) return true;
  const root = Buffer.from(hash).toString("hex");
  const known = looks.seen.get(fid);
  if (known?.root === root) return performance.now() - known.since >= CONFIRM_MS;
  looks.seen.set(fid, { root, since: performance.now() });
  return false;
}

/** One look at a few accounts: what is decided, and what may still be the node's being ahead. */
async function lookAtFew(reading: NodeReading, suspects: Suspects, looks: Looks) {
  const { isLastTry } = looks;
  const compared = await compareAll(reading, suspects, isLastTry);
  const { heights, different, withoutKeys, contradicted } = compared;
  const differences: AccountDifference[] = [];
  const undecided: bigint[] = isLastTry ? [] : [...contradicted];
  const { blockNumber } = heights;
  if (different === undefined) {
    return { blockNumber, differences, withoutKeys, undecided: suspects.fids };
  }
  const touched = different.length > 0 ? await listTouched(reading, heights) : new Set<bigint>();
  for (const sighting of different) {
    const { fid } = sighting;
    if (touched.has(fid) || !isSteady(sighting, suspects, looks)) {
      undecided.push(fid);
      continue;
    }
    const found = await examineAccount(reading, { heights, ...sighting });
    const difference = { ...found, extra: await withRows(reading, suspects, found) };
    if (mayPass(difference) && !isLastTry) undecided.push(fid);
    else differences.push(difference);
  }
  return { blockNumber, differences, withoutKeys, undecided };
}

/** As {@link lookAtFew}, for however many. */
async function look(reading: NodeReading, suspects: Suspects, looks: Looks) {
  const differences: AccountDifference[] = [];
  const withoutKeys: bigint[] = [];
  const undecided: bigint[] = [];
  let blockNumber = 0n;
  for (let start = 0; start < suspects.fids.length; start += ACCOUNTS_PER_LOOK) {
    const fids = suspects.fids.slice(start, start + ACCOUNTS_PER_LOOK);
    const found = await lookAtFew(reading, { ...suspects, fids }, looks);
    differences.push(...found.differences);
    withoutKeys.push(...found.withoutKeys);
    undecided.push(...found.undecided);
    blockNumber = found.blockNumber;
  }
  return { blockNumber, differences, withoutKeys, undecided };
}

/**
 * Looks at accounts again and again, until what differs cannot be the node's being ahead.
 *
 * @throws {SyncError} `node_behind` when the node stays behind the store, `cursor_expired` when it no
 * longer tells what it has changed since the store's block
 */
export async function confirmDifferences(
  reading: NodeReading,
  suspects: Suspects,
): Promise<ConfirmedDifferences> {
  const differences: AccountDifference[] = [];
  const withoutKeys: bigint[] = [];
  let fids: readonly bigint[] = [...new Set(suspects.fids.map((fid) => fid & LOW_32_BITS))];
  const looks: Looks = { isLastTry: false, seen: new Map() };
  let lastBlock = -1n;
  let rounds = 0;
  while (fids.length > 0 && rounds < (suspects.isOneLook ? 1 : ROUNDS)) {
    if (rounds > 0) await delay(PAUSE_MS, undefined, { signal: reading.signal });
    rounds += 1;
    looks.isLastTry = rounds === ROUNDS;
    const found = await look(reading, { ...suspects, fids }, looks);
    differences.push(...found.differences);
    withoutKeys.push(...found.withoutKeys);
    fids = found.undecided;
    // A store that nobody writes to does not catch up by being waited for.
    if (found.blockNumber === lastBlock && rounds > IDLE_ROUNDS)
      rounds = Math.max(rounds, ROUNDS - 1);
    lastBlock = found.blockNumber;
  }
  return { differences, pending: fids, withoutKeys };
}
