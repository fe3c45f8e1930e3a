import type { NodeClient } from "@snaprag/client";
import { homeShardOf, virtualShardOf } from "@snaprag/verify";

/** Fids of a shard by virtual shard, ascending as the trie has them. */
export type AccountDirectory = ReadonlyMap<number, readonly bigint[]>;

const PAGE_FIDS = 1000;

/**
 * Lists the accounts of a shard, for partitions that have to be read account by account.
 *
 * About one call for a thousand users. Fid 0, which holds signer migrations and channel
 * registrations, is registered nowhere and belongs to the list on its home shard.
 */
export async function listAccounts(
  client: NodeClient,
  { shardId, shardCount }: { readonly shardId: number; readonly shardCount: number },
  signal: AbortSignal,
): Promise<AccountDirectory> {
  const fids = new Set<bigint>(homeShardOf(0n, shardCount) === shardId ? [0n] : []);
  let pageToken: Uint8Array | undefined;
  do {
    const page = await client.hub.getFids({ shardId, pageSize: PAGE_FIDS, pageToken }, { signal });
    for (const fid of page.fids) fids.add(fid);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined && pageToken.length > 0);

  const directory = new Map<number, bigint[]>();
  for (const fid of [...fids].sort((a, b) => (a < b ? -1 : 1))) {
    const virtualShard = virtualShardOf(fid);
    const known = directory.get(virtualShard);
    if (known) known.push(fid);
    else directory.set(virtualShard, [fid]);
  }
  return directory;
}
