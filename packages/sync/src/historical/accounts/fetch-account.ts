import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { FidAccountRootHash, ShardTrieEntryWithMessage } from "@snaprag/proto";
import type { TrieNode } from "../../proof/node/trie-node.ts";
import { accountPrefix, readTrieNode } from "../../proof/node/trie-node.ts";
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

/** What could be read of an account. */
export interface FetchedAccount {
  readonly address: AccountAddress;
  readonly entries: Entries;
  /** The account in the live trie, and its parts by nibble; undefined when it has none. */
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

/** What is listed of a part of an account. */
interface ListedPart {
  readonly entries: Entries;
  readonly accountRoots: readonly FidAccountRootHash[];
  readonly isByPages: boolean;
}

async function readEntries(
  client: NodeClient,
  { address, nibbles }: AccountPart,
  signal: AbortSignal,
): Promise<ListedPart> {
  const pageToken = accountPageToken(address.fid, nibbles);
  const entries: ShardTrieEntryWithMessage[] = [];
  let accountRoots: readonly FidAccountRootHash[] = [];
  for await (const page of client.readSnapshotPages({ ...address, pageToken }, { signal })) {
    entries.push(...page.entries);
    if (page.accountRoots.length > 0) accountRoots = page.accountRoots;
  }
  return { entries, accountRoots, isByPages: true };
}

/** Entries of one child, by page or by calls; undefined when there is no way to them. */
async function readChild(
  client: NodeClient,
  { address, nibble }: { readonly address: AccountAddress; readonly nibble: number },
  signal: AbortSignal,
): Promise<ListedPart | "not in the snapshot" | undefined> {
  try {
    return await readEntries(client, { address, nibbles: [nibble] }, signal);
  } catch (error) {
    // The snapshot does not have it, though the live trie does: it came later.
    if (isRefusal(error, "bad_page_token")) return "not in the snapshot";
    if (!isRefusal(error, "unservable_page")) throw error;
    const { fid, isForeign } = address;
    const pages = isForeign ? undefined : readByCalls(client, { fid, nibble }, signal);
    if (pages === undefined) return undefined;
    const entries: ShardTrieEntryWithMessage[] = [];
    for await (const page of pages) entries.push(...page);
    return { entries, accountRoots: [], isByPages: false };
  }
}

/**
 * Reads one account of a snapshot without its gasless keys, for when no page with them can be
 * served (docs/protocol.md 2.5).
 *
 * The children of the account are known from the node's live trie. One that came after the
 * snapshot makes the node refuse the token, and one with an entry that cannot be served fails the
 * page; then each child is read by itself, by calls if need be. One that went since the snapshot is
 * missed, and the events after the snapshot say that it is gone.
 */
export async function fetchAccount(
  client: NodeClient,
  address: AccountAddress,
  signal: AbortSignal,
): Promise<FetchedAccount> {
  const { shardId, virtualShard, fid } = address;
  const place = { shardId, prefix: accountPrefix(virtualShard, fid) };
  const live = await readTrieNode(client, place, signal);
  const nibbles = [...(live?.children.keys() ?? [])].filter(
    (nibble) => nibble !== GASLESS_KEY_NIBBLE,
  );
  const isInSnapshot = live !== undefined;
  const known = { address, live, isInSnapshot, unreadable: [] };
  if (nibbles.length === 0) return { ...known, isByPages: true, entries: [], accountRoots: [] };
  try {
    return { ...known, ...(await readEntries(client, { address, nibbles }, signal)) };
  } catch (error) {
    if (!isRefusal(error, "bad_page_token", "unservable_page")) throw error;
  }
  // An account may have hundreds of thousands, which are more than one call of `push` takes.
  const entries: Entries[] = [];
  const unreadable: number[] = [];
  let accountRoots: readonly FidAccountRootHash[] = [];
  let isListed = false;
  let isByPages = true;
  for (const nibble of nibbles) {
    const child = await readChild(client, { address, nibble }, signal);
    if (child === "not in the snapshot") continue;
    isListed = true;
    if (child) entries.push(child.entries);
    else unreadable.push(nibble);
    if (child?.isByPages === false) isByPages = false;
    if (child?.accountRoots.length) accountRoots = child.accountRoots;
  }
  const found = { isInSnapshot: isListed, isByPages, accountRoots, unreadable };
  return { address, live, entries: entries.flat(), ...found };
}
