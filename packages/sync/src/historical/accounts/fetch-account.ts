import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { accountPageToken, GASLESS_KEY_NIBBLE } from "./account-token.ts";
import { readByCalls } from "./read-by-calls.ts";

/** One account of one snapshot. */
export interface AccountAddress {
  readonly shardId: number;
  readonly height: bigint;
  readonly virtualShard: number;
  readonly fid: bigint;
}

type Entries = readonly ShardTrieEntryWithMessage[];

/** What could be read of an account. */
export interface FetchedAccount {
  readonly entries: Entries;
  /** High nibbles of type bytes whose entries this node gives in no way at all. */
  readonly unreadable: readonly number[];
}

function accountPrefix({ virtualShard, fid }: AccountAddress): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(virtualShard, 0);
  prefix.writeUInt32BE(Number(fid & 0xffffffffn), 1);
  return prefix;
}

function isRefusal(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof NodeClientError && codes.includes(error.code);
}

/** High nibbles of the type bytes in the account, as the node's trie has it now. */
async function listTypeNibbles(
  client: NodeClient,
  address: AccountAddress,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const request = { shardId: address.shardId, prefix: accountPrefix(address) };
  try {
    const { children } = await client.hub.getTrieMetadataByPrefix(request, { signal });
    return children.map(({ prefix }) => prefix.at(-1) ?? 0);
  } catch (error) {
    // Nothing is stored of this account on this shard.
    if (isRefusal(error, "not_found")) return [];
    throw error;
  }
}

interface AccountPart {
  readonly address: AccountAddress;
  readonly nibbles: readonly number[];
}

async function readEntries(
  client: NodeClient,
  { address, nibbles }: AccountPart,
  signal: AbortSignal,
): Promise<Entries> {
  const pageToken = accountPageToken(address.fid, nibbles);
  const entries: ShardTrieEntryWithMessage[] = [];
  for await (const page of client.readSnapshotPages({ ...address, pageToken }, { signal })) {
    entries.push(...page.entries);
  }
  return entries;
}

/** Entries of one child, by page or by calls; undefined when there is no way to them. */
async function readChild(
  client: NodeClient,
  { address, nibble }: { readonly address: AccountAddress; readonly nibble: number },
  signal: AbortSignal,
): Promise<Entries | undefined> {
  try {
    return await readEntries(client, { address, nibbles: [nibble] }, signal);
  } catch (error) {
    // The snapshot does not have it, though the live trie does: it came later.
    if (isRefusal(error, "bad_page_token")) return [];
    if (!isRefusal(error, "unservable_page")) throw error;
    return readByCalls(client, { fid: address.fid, nibble }, signal);
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
  const found = await listTypeNibbles(client, address, signal);
  const nibbles = found.filter((nibble) => nibble !== GASLESS_KEY_NIBBLE);
  if (nibbles.length === 0) return { entries: [], unreadable: [] };
  try {
    return { entries: await readEntries(client, { address, nibbles }, signal), unreadable: [] };
  } catch (error) {
    if (!isRefusal(error, "bad_page_token", "unservable_page")) throw error;
  }
  const entries: ShardTrieEntryWithMessage[] = [];
  const unreadable: number[] = [];
  for (const nibble of nibbles) {
    const child = await readChild(client, { address, nibble }, signal);
    if (child) entries.push(...child);
    else unreadable.push(nibble);
  }
  return { entries, unreadable };
}
