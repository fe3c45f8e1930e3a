import type { NodeClient } from "@snaprag/client";
import { NodeClientError } from "@snaprag/client";
import type { ShardTrieEntryWithMessage } from "@snaprag/proto";
import { accountPageToken } from "./account-token.ts";

/** One account of one snapshot. */
export interface AccountAddress {
  readonly shardId: number;
  readonly height: bigint;
  readonly virtualShard: number;
  readonly fid: bigint;
}

type Entries = readonly ShardTrieEntryWithMessage[];

function accountPrefix({ virtualShard, fid }: AccountAddress): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(virtualShard, 0);
  prefix.writeUInt32BE(Number(fid & 0xffffffffn), 1);
  return prefix;
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
    if (error instanceof NodeClientError && error.code === "not_found") return [];
    throw error;
  }
}

async function readEntries(
  client: NodeClient,
  { address, nibbles }: { readonly address: AccountAddress; readonly nibbles: readonly number[] },
  signal: AbortSignal,
): Promise<Entries> {
  const pageToken = accountPageToken(address.fid, nibbles);
  const entries: ShardTrieEntryWithMessage[] = [];
  for await (const page of client.readSnapshotPages({ ...address, pageToken }, { signal })) {
    entries.push(...page.entries);
  }
  return entries;
}

/** Entries of one child; none when the snapshot does not have it though the live trie does. */
async function readChild(
  client: NodeClient,
  target: { readonly address: AccountAddress; readonly nibbles: readonly number[] },
  signal: AbortSignal,
): Promise<Entries> {
  try {
    return await readEntries(client, target, signal);
  } catch (error) {
    if (error instanceof NodeClientError && error.code === "bad_page_token") return [];
    throw error;
  }
}

/**
 * Reads one account of a snapshot without its gasless keys, for when no page with them can be
 * served (docs/protocol.md 2.5).
 *
 * The children of the account are known from the node's live trie. One that came after the
 * snapshot makes the node refuse the token; then each child is read by itself. One that went since
 * the snapshot is missed, and the events after the snapshot say that it is gone.
 */
export async function fetchAccount(
  client: NodeClient,
  address: AccountAddress,
  signal: AbortSignal,
): Promise<Entries> {
  const nibbles = await listTypeNibbles(client, address, signal);
  if (nibbles.length === 0) return [];
  try {
    return await readEntries(client, { address, nibbles }, signal);
  } catch (error) {
    if (!(error instanceof NodeClientError) || error.code !== "bad_page_token") throw error;
  }
  const entries: ShardTrieEntryWithMessage[] = [];
  for (const nibble of nibbles) {
    entries.push(...(await readChild(client, { address, nibbles: [nibble] }, signal)));
  }
  return entries;
}
