import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { FidAccountRootHash, ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { TrieNode } from "../../proof/node/trie-node.ts";
import { isAnswered } from "../failures.ts";
import { accountPageToken, GASLESS_KEY_NIBBLE } from "./account-token.ts";
import { readByCalls } from "./read-by-calls.ts";

/** One account of one snapshot. */
export interface AccountAddress {
  readonly shardId: number;
  readonly height: bigint;
  readonly virtualShard: number;
  readonly fid: bigint;
  /**
   * Whether the account is at home on another shard. Calls bring what its home has, so that nothing but
   * pages tells what this shard has.
   *
   * @default false
   */
  readonly isForeign?: boolean | undefined;
}

type Entries = readonly ShardTrieEntryWithMessage[];

/** Does something with entries as they come, ascending by their keys, before more are read. */
export type TakeEntries = (entries: Entries) => Promise<void>;

/** How an account is read. */
export interface AccountFetch {
  /** The account in the live trie; undefined when it has none. */
  readonly live: TrieNode | "unreadable" | undefined;
  readonly signal: AbortSignal;
  /**
   * Whether the node has failed on the account time after time. Then each part of it is read by itself,
   * and one that fails again is given up.
   *
   * @default false
   */
  readonly isTroubled?: boolean | undefined;
  /**
   * Takes what pages list, which is not kept then.
   *
   * @default all is kept
   */
  readonly take?: TakeEntries | undefined;
}

/** What could be read of an account. */
export interface FetchedAccount {
  readonly address: AccountAddress;
  /** Those that nobody has taken. */
  readonly entries: Entries;
  /** Keys of all entries. */
  readonly trieKeys: readonly Uint8Array[];
  /** The account in the live trie, and its parts by nibble; undefined when it has none, or none that can be read. */
  readonly live: TrieNode | undefined;
  /** Whether the snapshot has the account, which may have come since. */
  readonly isInSnapshot: boolean;
  /** Whether all entries are the snapshot's own, and none was read by a call, which gives what there is now. */
  readonly isByPages: boolean;
  /** What the snapshot's pages tell of the account. */
  readonly accountRoots: readonly FidAccountRootHash[];
  /** High nibbles of type bytes whose entries this node gives in no way at all. */
  readonly unreadable: readonly number[];
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof NodeClientError && codes.includes(error.code);
}

interface AccountPart {
  readonly address: AccountAddress;
  readonly nibbles: readonly number[];
}

/** What is listed of a part of an account. Lists of lists: one call of `push` does not take all of a large one. */
interface ListedPart {
  readonly entries: readonly Entries[];
  readonly trieKeys: readonly (readonly Uint8Array[])[];
  readonly accountRoots: readonly FidAccountRootHash[];
  readonly isByPages: boolean;
}

async function readEntries(
  client: NodeClient,
  { address, nibbles }: AccountPart,
  { signal, take }: AccountFetch,
): Promise<ListedPart> {
  const pageToken = accountPageToken(address.fid, nibbles);
  const entries: Entries[] = [];
  const trieKeys: (readonly Uint8Array[])[] = [];
  let accountRoots: readonly FidAccountRootHash[] = [];
  for await (const page of client.readSnapshotPages({ ...address, pageToken }, { signal })) {
    // Of their own where entries go: the page's bytes are not to be kept for them.
    const copy = (key: Uint8Array) => (take === undefined ? key : Uint8Array.from(key));
    trieKeys.push(page.entries.map(({ trieKey }) => copy(trieKey)));
    if (take === undefined) entries.push(page.entries);
    else await take(page.entries);
    if (page.accountRoots.length > 0) accountRoots = page.accountRoots;
  }
  return { entries, trieKeys, accountRoots, isByPages: true };
}

/** What calls bring of one child; undefined when there is no way to it. */
async function readChildByCalls(
  client: NodeClient,
  { address, nibble }: AccountChildAddress,
  { signal, isTroubled }: AccountFetch,
): Promise<ListedPart | undefined> {
  const { fid, isForeign } = address;
  const pages = isForeign ? undefined : readByCalls(client, { fid, nibble }, signal);
  if (pages === undefined) return undefined;
  const entries: Entries[] = [];
  try {
    for await (const page of pages) entries.push(page);
  } catch (error) {
    if (isTroubled && isAnswered(error)) return undefined;
    throw error;
  }
  const trieKeys = entries.map((page) => page.map(({ trieKey }) => trieKey));
  return { entries, trieKeys, accountRoots: [], isByPages: false };
}

interface AccountChildAddress {
  readonly address: AccountAddress;
  readonly nibble: number;
}

/** Entries of one child, by page or by calls; undefined when there is no way to them. */
async function readChild(
  client: NodeClient,
  child: AccountChildAddress,
  fetch: AccountFetch,
): Promise<ListedPart | "not in the snapshot" | undefined> {
  const { address, nibble } = child;
  try {
    return await readEntries(client, { address, nibbles: [nibble] }, fetch);
  } catch (error) {
    // The snapshot does not have it, though the live trie does: it came later.
    if (isRefusal(error, "bad_page_token")) return "not in the snapshot";
    const isGivenUp = fetch.isTroubled === true && isAnswered(error);
    if (!isGivenUp && !isRefusal(error, "unservable_page")) throw error;
    return readChildByCalls(client, child, fetch);
  }
}

const ALL_NIBBLES: readonly number[] = Array.from({ length: 16 }, (_, nibble) => nibble);

function nibblesOf(live: AccountFetch["live"]): readonly number[] {
  const nibbles = live === "unreadable" ? ALL_NIBBLES : [...(live?.children.keys() ?? [])];
  return nibbles.filter((nibble) => nibble !== GASLESS_KEY_NIBBLE).sort((a, b) => a - b);
}

/** What was read of a child; undefined when there is no way to it. */
type ReadChild = readonly [nibble: number, listed: ListedPart | undefined];

/** What was read of an account's children, together. */
function putTogether(children: readonly ReadChild[]) {
  const listed = children.flatMap(([, child]) => child ?? []);
  return {
    entries: listed.flatMap(({ entries }) => entries).flat(),
    trieKeys: listed.flatMap(({ trieKeys }) => trieKeys).flat(),
    accountRoots: listed.findLast((child) => child.accountRoots.length > 0)?.accountRoots ?? [],
    isByPages: listed.every((child) => child.isByPages),
    unreadable: children.flatMap(([nibble, child]) => (child === undefined ? [nibble] : [])),
  };
}

/** What pages list of a whole account; undefined when the node refuses to list it so. */
async function readWhole(
  client: NodeClient,
  part: AccountPart,
  fetch: AccountFetch,
): Promise<ListedPart | undefined> {
  try {
    return await readEntries(client, part, fetch);
  } catch (error) {
    if (!isRefusal(error, "bad_page_token", "unservable_page")) throw error;
    return undefined;
  }
}

/** What can be read of an account child by child, of those that the snapshot has. */
async function readChildren(
  client: NodeClient,
  { address, nibbles }: AccountPart,
  fetch: AccountFetch,
): Promise<readonly ReadChild[]> {
  const children: ReadChild[] = [];
  let { take } = fetch;
  for (const nibble of nibbles) {
    const child = await readChild(client, { address, nibble }, { ...fetch, take });
    if (child === "not in the snapshot") continue;
    children.push([nibble, child]);
    // What calls bring is in no order, so that what follows cannot be said to be behind it.
    if (child?.isByPages === false) take = undefined;
  }
  return children;
}

/**
 * Reads one account of a snapshot without its gasless keys, for when no page with them can be
 * served (docs/protocol.md 2.5).
 *
 * The children of the account are known from the node's live trie. One that came after the
 * snapshot makes the node refuse the token, and one with an entry that cannot be served fails the
 * page; then each child is read by itself, by calls if need be. One that went since the snapshot is
 * missed, and the events after the snapshot say that it is gone.
 * What was taken before that is taken again.
 */
export async function fetchAccount(
  client: NodeClient,
  address: AccountAddress,
  fetch: AccountFetch,
): Promise<FetchedAccount> {
  const live = fetch.live === "unreadable" ? undefined : fetch.live;
  const nibbles = nibblesOf(fetch.live);
  if (nibbles.length === 0) {
    return { address, live, isInSnapshot: live !== undefined, ...putTogether([]) };
  }
  const part = { address, nibbles };
  const whole = fetch.isTroubled ? undefined : await readWhole(client, part, fetch);
  if (whole !== undefined) {
    return { address, live, isInSnapshot: true, ...putTogether([[0, whole]]) };
  }
  const children = await readChildren(client, part, fetch);
  return { address, live, isInSnapshot: children.length > 0, ...putTogether(children) };
}
