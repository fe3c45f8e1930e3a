// Whether accounts that looked different are so, while both sides go on: the node may have changed an
// account since the store's block, and the store may be about to follow.
import type { Clock } from "@snaprag/client";
import { sleep, systemClock } from "@snaprag/client";
import { isSameBytes } from "@snaprag/proto";
import { listTouched } from "../../node/list-touched.ts";
import type { NodeReading } from "../../node/node-reading.ts";
import { isKeyRow } from "../row-leaf.ts";
import type { AccountsToCompare, Sighting } from "./compare-accounts.ts";
import { compareAccounts, withRows } from "./compare-accounts.ts";
import type { AccountDifference } from "./examine-account.ts";
import { examineAccount } from "./examine-account.ts";

const LOW_32_BITS = 0xffffffffn;
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

/**
 * How long accounts are looked at.
 *
 * - `once`: what one look does not decide is pending.
 * - `briefly`: for as long as a difference has to stay; what is not decided then is pending.
 * - `to the end`: what stays undecided is decided by the last look.
 */
export type Patience = "once" | "briefly" | "to the end";

const ROUNDS: { readonly [Each in Patience]: number } = { once: 1, briefly: 5, "to the end": 8 };

/** What came of accounts that looked different. */
export interface ConfirmedDifferences {
  readonly differences: readonly AccountDifference[];
  /** Accounts that the node has changed since the store's block, by the low 32 bits of the fid. */
  readonly pending: readonly bigint[];
  /**
   * Accounts that have gasless keys, of which nothing else differs: a store that does not mirror shard 0 is
   * not to have these.
   */
  readonly withoutKeys: readonly bigint[];
}

/** Accounts to look at again. */
export interface Suspects extends AccountsToCompare {
  /** What the chain says the roots of accounts are, where it does: whoever has such an account is not behind. */
  readonly toldRoots?: ReadonlyMap<bigint, Uint8Array | undefined> | undefined;
  /** @default "to the end" */
  readonly patience?: Patience | undefined;
}

/**
 * Whether an account's difference may be a moment's: the node may have moved on between its answers,
 * and shard 0 tells of a gasless key before the account's own shard has it.
 */
function mayPass({ unexplained, extra }: AccountDifference): boolean {
  return unexplained.length > 0 || extra.some(isKeyRow);
}

/** What earlier looks have seen, and whether there will be another. */
interface Looks {
  readonly clock: Clock;
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
  if (known?.root === root) return looks.clock.elapsed() - known.since >= CONFIRM_MS;
  looks.seen.set(fid, { root, since: looks.clock.elapsed() });
  return false;
}

/** What a look has come to so far. */
interface Found {
  blockNumber: bigint;
  readonly differences: AccountDifference[];
  readonly withoutKeys: bigint[];
  readonly undecided: bigint[];
}

function foundNothing(): Found {
  return { blockNumber: 0n, differences: [], withoutKeys: [], undecided: [] };
}

/** Looks at a few accounts: what is decided, and what may still be the node's being ahead. */
async function lookAtFew(
  reading: NodeReading,
  suspects: Suspects,
  { looks, found }: { readonly looks: Looks; readonly found: Found },
): Promise<void> {
  const { isLastTry } = looks;
  const compared = await compareAccounts(reading, suspects, isLastTry);
  const { heights, different } = compared;
  found.blockNumber = heights.blockNumber;
  if (different === undefined) {
    found.undecided.push(...suspects.fids);
    return;
  }
  found.withoutKeys.push(...compared.withoutKeys);
  found.undecided.push(...compared.inconsistent);
  const touched = different.length > 0 ? await listTouched(reading, heights) : new Set<bigint>();
  for (const sighting of different) {
    const { fid } = sighting;
    if (touched.has(fid) || !isSteady(sighting, suspects, looks)) {
      found.undecided.push(fid);
      continue;
    }
    const examined = await examineAccount(reading, { heights, ...sighting });
    const [difference = examined] = await withRows(reading, suspects, [examined]);
    if (mayPass(difference) && !isLastTry) found.undecided.push(fid);
    else found.differences.push(difference);
  }
}

/** As {@link lookAtFew}, for however many. */
async function look(reading: NodeReading, suspects: Suspects, looks: Looks): Promise<Found> {
  const found = foundNothing();
  for (let start = 0; start < suspects.fids.length; start += ACCOUNTS_PER_LOOK) {
    const fids = suspects.fids.slice(start, start + ACCOUNTS_PER_LOOK);
    await lookAtFew(reading, { ...suspects, fids }, { looks, found });
  }
  return found;
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
  const { patience = "to the end" } = suspects;
  const mostRounds = ROUNDS[patience];
  const decides = patience === "to the end";
  const all = foundNothing();
  let fids: readonly bigint[] = [...new Set(suspects.fids.map((fid) => fid & LOW_32_BITS))];
  const { clock = systemClock } = reading;
  const looks: Looks = { clock, isLastTry: false, seen: new Map() };
  let lastBlock = -1n;
  for (let rounds = 1; fids.length > 0 && rounds <= mostRounds; rounds++) {
    if (rounds > 1) await sleep(PAUSE_MS, reading.signal, clock);
    looks.isLastTry = decides && rounds === mostRounds;
    const latest = await look(reading, { ...suspects, fids }, looks);
    // Not by a call with all of them, which are more than one takes where a whole shard lacks its keys.
    for (const difference of latest.differences) all.differences.push(difference);
    for (const fid of latest.withoutKeys) all.withoutKeys.push(fid);
    fids = latest.undecided;
    // A store that nobody writes to does not catch up by being waited for.
    const isIdle = latest.blockNumber === lastBlock && rounds > IDLE_ROUNDS;
    if (decides && isIdle) rounds = Math.max(rounds, mostRounds - 1);
    lastBlock = latest.blockNumber;
  }
  const { differences, withoutKeys } = all;
  return { differences, pending: fids, withoutKeys };
}
