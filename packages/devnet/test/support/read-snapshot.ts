import type {
  FidAccountRootHash,
  Message,
  ShardSnapshotMetadata,
  ShardTrieEntryWithMessage,
} from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { createTrieHasher } from "@snaprag/verify";
import { toHex } from "./bytes.ts";
import { downloadVirtualShard } from "./mirror.ts";
import type { RpcClient } from "./rpc-client.ts";

/** All that a client sees of the newest snapshot of a shard. */
export interface SeenSnapshot {
  readonly metadata: ShardSnapshotMetadata;
  /** By trie key ascending. */
  readonly entries: readonly ShardTrieEntryWithMessage[];
  /** Messages by their trie keys in hex. */
  readonly messages: ReadonlyMap<string, Message>;
  /** Account roots as told, by fid: hash in hex and count. */
  readonly accounts: ReadonlyMap<bigint, string>;
}

/** Reads the newest snapshot of a shard, all of it. */
export async function readNewest(client: RpcClient, shardId: number): Promise<SeenSnapshot> {
  const { snapshots } = await client.replication.getShardSnapshotMetadata({ shardId });
  const newest = snapshots.reduce((best, next) => (next.height > best.height ? next : best));
  return readSnapshot(client, newest);
}

/** Reads a snapshot, all of it. */
export async function readSnapshot(
  client: RpcClient,
  metadata: ShardSnapshotMetadata,
): Promise<SeenSnapshot> {
  const { shardId, height } = metadata;
  const entries: ShardTrieEntryWithMessage[] = [];
  const accounts = new Map<bigint, string>();
  const downloads = await Promise.all(
    Array.from({ length: 256 }, (_, trieVirtualShard) =>
      downloadVirtualShard(client, { shardId, height, trieVirtualShard }),
    ),
  );
  for (const { pages, failure } of downloads) {
    if (failure !== undefined) throw new Error(failure);
    for (const page of pages) {
      entries.push(...page.trieMessages);
      for (const root of page.fidAccountRoots) accounts.set(root.fid, describe(root));
    }
  }
  const messages = new Map(
    entries.flatMap(({ trieKey, trieMessage }) =>
      trieMessage?.$case === "userMessage" ? [[toHex(trieKey), trieMessage.value] as const] : [],
    ),
  );
  return { metadata, entries, messages, accounts };
}

/** What the keys of a snapshot add up to. */
export interface HashedEntries {
  /** In hex. */
  readonly root: string;
  /** As {@link SeenSnapshot.accounts}. */
  readonly accounts: SeenSnapshot["accounts"];
}

/** Computes the roots of what a snapshot holds. */
export function hashEntries(entries: SeenSnapshot["entries"], blake3: Blake3): HashedEntries {
  const accounts = new Map<bigint, string>();
  const hasher = createTrieHasher({
    blake3,
    onAccountRoot: ({ fid, root, leafCount }) => accounts.set(fid, `${toHex(root)} ${leafCount}`),
  });
  for (const { trieKey } of entries) hasher.add(trieKey);
  const { root } = hasher.finish();
  return { root: toHex(root), accounts };
}

function describe({ accountRootHash, numMessages }: FidAccountRootHash): string {
  return `${toHex(accountRootHash)} ${numMessages}`;
}
