import type { NodeClient } from "@snaprag/client";
import { NodeClientError, paginate } from "@snaprag/client";
import { virtualShardOf } from "@snaprag/verify";

/** Fids of a network by virtual shard, ascending as the trie has them. */
export type AccountDirectory = ReadonlyMap<number, readonly bigint[]>;

const PAGE_FIDS = 1000;

const NOT_HOSTED: ReadonlySet<string> = new Set(["unknown_shard", "invalid_argument"]);

async function* readFids(
  client: NodeClient,
  shardId: number,
  signal: AbortSignal,
): AsyncGenerator<bigint> {
  const fetchPage = async (pageToken: Uint8Array | undefined) => {
    const request = { shardId, pageSize: PAGE_FIDS, pageToken };
    const { fids, nextPageToken } = await client.hub.getFids(request, { signal });
    return { items: fids, nextPageToken };
  };
  for await (const page of paginate(fetchPage, { method: "/HubService/GetFids" })) yield* page;
}

/**
 * Lists the accounts of a network, for partitions that have to be read account by account: of every
 * shard, because each shard's trie also has leaves of accounts that are at home on others.
 *
 * About one call for a thousand users. Fid 0, which holds signer migrations and channel
 * registrations, is registered nowhere and always listed. Of shards that the node does not host,
 * nothing is.
 *
 * @throws {NodeClientError} `malformed_response` when a page token comes a second time
 */
export async function listAccounts(
  client: NodeClient,
  { shardId, shardCount }: { readonly shardId: number; readonly shardCount: number },
  signal: AbortSignal,
): Promise<AccountDirectory> {
  const fids = new Set<bigint>([0n]);
  for (let each = 1; each <= shardCount; each++) {
    try {
      for await (const fid of readFids(client, each, signal)) fids.add(fid);
    } catch (error) {
      const isElsewhere = error instanceof NodeClientError && NOT_HOSTED.has(error.code);
      if (each === shardId || !isElsewhere) throw error;
    }
  }

  const directory = new Map<number, bigint[]>();
  for (const fid of [...fids].sort((a, b) => (a < b ? -1 : 1))) {
    const virtualShard = virtualShardOf(fid);
    const known = directory.get(virtualShard);
    if (known) known.push(fid);
    else directory.set(virtualShard, [fid]);
  }
  return directory;
}
