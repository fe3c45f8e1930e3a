// A running sync as a monitor has it, and the node and the database that it asks besides.
import type { NodeClient } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import type { ShardProof, Store } from "@snaprag/storage";
import type { ShardActivity } from "@snaprag/sync";
import { withConfigured } from "../../../errors/cli-error.ts";
import type { MirroredNodes, RunningSync } from "../threads/running-sync.ts";

/** As long as whoever collects metrics likes to wait. */
const ANSWER_TIMEOUT_MS = 2000;

/** What is watched. */
export interface WatchedSyncOptions {
  readonly running: Pick<RunningSync, "silentMs">;
  /** How far its shards have come. */
  readonly progress: () => readonly ShardActivity[];
  readonly nodes: MirroredNodes;
  readonly store: Pick<Store, "findShard">;
}

/** A running sync, its nodes and its database. Disposing ends the connections to the nodes. */
export interface WatchedSync extends AsyncDisposable {
  progress(): readonly ShardActivity[];
  /** Milliseconds since the most silent of its threads was heard of. */
  silentMs(): number;
  /** The newest block of each shard, of the first node that answers; undefined when none does. */
  readNodeHeights(): Promise<ReadonlyMap<number, bigint> | undefined>;
  /** The latest proof of each shard that has one; undefined when the database does not answer. */
  readProofs(): Promise<ReadonlyMap<number, ShardProof> | undefined>;
}

/** What a question comes to, or undefined where it fails or takes too long. */
async function answerOf<Result>(question: Promise<Result>): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS);
  });
  try {
    return await Promise.race([question, tooLate]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

async function readHeights(clients: readonly NodeClient[]): Promise<ReadonlyMap<number, bigint>> {
  const heights = clients.map(async ({ hub }) => {
    const { shardInfos } = await hub.getInfo({}, { timeoutMs: ANSWER_TIMEOUT_MS });
    return new Map(shardInfos.map(({ shardId, maxHeight }) => [shardId, maxHeight]));
  });
  return Promise.any(heights);
}

/** Begins to watch. Nothing is asked yet. */
export function watchSync({ running, progress, nodes, store }: WatchedSyncOptions): WatchedSync {
  const { endpoints, metadata } = nodes;
  const clients = endpoints.map((endpoint) =>
    withConfigured(() => createNodeClient({ endpoint, metadata, retry: { attempts: 1 } })),
  );

  async function readProofs(): Promise<ReadonlyMap<number, ShardProof>> {
    const shardIds = progress().map(({ shardId }) => shardId);
    const standings = await Promise.all(shardIds.map((shardId) => store.findShard(shardId)));
    const proofs = new Map<number, ShardProof>();
    for (const standing of standings) {
      if (standing?.proof) proofs.set(standing.shardId, standing.proof);
    }
    return proofs;
  }

  return {
    progress,
    silentMs: running.silentMs,
    readNodeHeights: () => answerOf(readHeights(clients)),
    readProofs: () => answerOf(readProofs()),
    async [Symbol.asyncDispose]() {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
}
