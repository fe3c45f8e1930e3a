import type { FidAccountRootHash, ShardTrieEntryWithMessage } from "@snaprag/proto";
import { malformedResponse } from "../errors/classify-failure.ts";
import { expectInteger } from "../options/expect-option.ts";
import { createLeaving } from "../transport/leaving.ts";
import type { NodeConnection } from "../transport/node-connection.ts";
import type { CallOptions } from "../transport/typed-calls.ts";
import { createTokenGuard } from "./token-guard.ts";

const METHOD = "/ReplicationService/GetShardTransactions";

/** One virtual shard of one snapshot, and where in it to start. */
export interface SnapshotPartition {
  readonly shardId: number;
  /** Block number of the snapshot, as `listSnapshots` names it. */
  readonly height: bigint;
  /** 0 to 255. */
  readonly virtualShard: number;
  /**
   * A `nextPageToken` of the same shard, height and virtual shard; the node checks none of them.
   * From the beginning when left out.
   */
  readonly pageToken?: string | undefined;
}

/** Up to 1,000 entries of a snapshot. */
export interface SnapshotPage {
  /** In ascending order of trie key, also across pages. Empty on some last pages. */
  readonly entries: readonly ShardTrieEntryWithMessage[];
  /**
   * Roots of all accounts that occur on the page, unordered. They describe whole accounts, also
   * when an account goes on to the next page.
   */
  readonly accountRoots: readonly FidAccountRootHash[];
  /** The token that fetched this page; `undefined` for the first one. */
  readonly pageToken: string | undefined;
  /** The token of the next page; `undefined` on the last one, after which the partition is done. */
  readonly nextPageToken: string | undefined;
}

/** A page as it came, in some hundred kilobytes that are no objects yet. */
export interface PackedSnapshotPage {
  /**
   * Makes the page of its bytes, and has the next one fetched. Called again, it makes the page again.
   *
   * @throws {NodeClientError} `malformed_response` when they are none
   */
  unpack(): SnapshotPage;
}

/** Walks one virtual shard of a snapshot; see `NodeClient.readSnapshotPages`. */
export function readSnapshotPages(
  node: NodeConnection,
  partition: SnapshotPartition,
  options: CallOptions = {},
): AsyncIterable<SnapshotPage> {
  return unpackAll(readPackedSnapshotPages(node, partition, options));
}

async function* unpackAll(
  pages: AsyncIterable<PackedSnapshotPage>,
): AsyncGenerator<SnapshotPage, void, undefined> {
  for await (const page of pages) yield page.unpack();
}

/** The same without making objects of pages; see `NodeClient.readPackedSnapshotPages`. */
export function readPackedSnapshotPages(
  node: NodeConnection,
  partition: SnapshotPartition,
  options: CallOptions = {},
): AsyncIterable<PackedSnapshotPage> {
  expectInteger("virtualShard", partition.virtualShard, { min: 0, max: 255 });
  return walkPages(node, partition, options);
}

async function* walkPages(
  node: NodeConnection,
  partition: SnapshotPartition,
  options: CallOptions,
): AsyncGenerator<PackedSnapshotPage, void, undefined> {
  // To the node an empty token is the start, as no token is.
  const startToken = partition.pageToken === "" ? undefined : partition.pageToken;
  const guard = createTokenGuard(
    { method: METHOD, endpoint: node.settings.options.endpoint.url },
    startToken,
  );
  const { signal, leave } = createLeaving(options.signal);

  function fetchPage(pageToken: string | undefined): Promise<() => SnapshotPage> {
    return fetchSnapshotPage(node, { ...partition, pageToken }, { ...options, signal });
  }

  let coming: Promise<() => SnapshotPage> | undefined = fetchPage(startToken);

  /** Sees to the page that follows one. */
  function fetchNext({ nextPageToken }: SnapshotPage): void {
    coming = undefined;
    if (nextPageToken === undefined) return;
    guard.pass(nextPageToken);
    coming = fetchPage(nextPageToken);
    // Heard at the next pull, or by nobody when the consumer leaves before.
    coming.catch(() => undefined);
  }

  try {
    while (coming !== undefined) {
      const current: Promise<() => SnapshotPage> = coming;
      // Only then made out of bytes, and not kept: pages as objects are in the way of every collection.
      const decode = await current;
      const unpack = () => {
        const page = decode();
        if (coming === current) fetchNext(page);
        return page;
      };
      yield { unpack };
      if (coming === current) unpack();
    }
  } finally {
    leave();
  }
}

async function fetchSnapshotPage(
  node: NodeConnection,
  partition: SnapshotPartition,
  options: CallOptions,
): Promise<() => SnapshotPage> {
  const { shardId, height, virtualShard, pageToken } = partition;
  const decode = await node.undecoded.getShardTransactions(
    { shardId, height, trieVirtualShard: virtualShard, pageToken },
    options,
  );
  return () => {
    const { trieMessages, fidAccountRoots, nextPageToken } = decode();
    if (nextPageToken === "") {
      const site = { method: METHOD, endpoint: node.settings.options.endpoint.url };
      throw malformedResponse(site, "an empty next page token would start the walk over");
    }
    return { entries: trieMessages, accountRoots: fidAccountRoots, pageToken, nextPageToken };
  };
}
