import type { Clock, NodeClient } from "@snaprag/client";
import { NodeClientError, sleep } from "@snaprag/client";
import type { NetworkIdentity } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { isFatal, SyncError } from "../../errors.ts";
import type { ResolvedSyncerOptions } from "../../options.ts";
import { expectEndAhead } from "../end/expect-ahead.ts";
import type { RunEnd } from "../end/run-end.ts";
import { expectEndOfAll } from "../end/run-end.ts";

/** What has to be known of a node before anything is written. */
export interface NodeFacts {
  readonly network: NetworkIdentity;
  /** Newest block of every shard, 0 included. */
  readonly heights: ReadonlyMap<number, bigint>;
}

/** Waits before the block is asked for again: a stream may end before it has given what it has. */
const PAUSES_MS = [50, 100, 200, 400];

/**
 * The network's number stands in the header of every shard-0 block. The newest is asked for,
 * because nodes may have pruned the others.
 */
async function readNetwork(
  client: NodeClient,
  height: bigint,
  { signal, clock }: { readonly signal: AbortSignal; readonly clock: Clock | undefined },
) {
  const range = { startBlock: height, stopBlock: height + 1n };
  for (const pauseMs of [0, ...PAUSES_MS]) {
    await sleep(pauseMs, signal, clock);
    for await (const { header } of client.readBlocks(range, { signal })) {
      if (header !== undefined) return header.chainId;
    }
  }
  throw new SyncError(
    "unknown_network",
    `The node has no block ${height} of shard 0, which would say what network it is of. Wait until it has synced, or use another node`,
  );
}

/** Asks a node what network it is of and how far it has come. */
export async function inspectNode(
  client: NodeClient,
  signal: AbortSignal,
  clock?: Clock | undefined,
): Promise<NodeFacts> {
  const { numShards, shardInfos } = await client.hub.getInfo({}, { signal });
  const heights = new Map(shardInfos.map(({ shardId, maxHeight }) => [shardId, maxHeight]));
  const network = await readNetwork(client, heights.get(0) ?? 0n, { signal, clock });
  return { network: { network, shardCount: numShards }, heights };
}

/** Fails early, with a clear word, when the node cannot serve snapshots of these shards. */
async function requireSnapshots(
  client: NodeClient,
  shardIds: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  for (const shardId of shardIds) {
    try {
      await client.listSnapshots(shardId, { signal });
    } catch (error) {
      if (error instanceof NodeClientError && error.code === "unimplemented") {
        throw noReplication(error);
      }
      // No snapshot yet is a matter of waiting.
      if (error instanceof NodeClientError && error.code === "snapshot_unavailable") continue;
      throw error;
    }
  }
}

function noReplication(cause: NodeClientError): SyncError {
  return new SyncError(
    "no_replication",
    "The node does not offer ReplicationService, which snapshots come from. Set `replication.enable` on it, or use another node",
    { cause },
  );
}

/** Shards that are to be mirrored, all of which the node has to host; what it hosts when nothing is said. */
function chooseShards(
  wanted: readonly number[] | undefined,
  { network, heights }: NodeFacts,
): readonly number[] {
  const hosted = [...heights.keys()].sort((a, b) => a - b);
  for (const shardId of wanted ?? []) {
    if (!heights.has(shardId)) {
      throw new SyncError(
        "unknown_shard",
        `The node does not host shard ${shardId}. It hosts ${hosted.join(", ")} of a network with ${network.shardCount} data shards`,
        { shardId },
      );
    }
  }
  return wanted ?? hosted;
}

/** What a node that can be mirrored says, and all nodes, with that one first. */
export interface SuitableNode {
  readonly clients: readonly [NodeClient, ...NodeClient[]];
  readonly facts: NodeFacts;
  readonly shardIds: readonly number[];
}

/** Fails for a node that lacks a shard; of those that are not the first, none may when none was named. */
async function inspectFor(
  client: NodeClient,
  { options, begunWith, end, signal }: Search,
): Promise<Pick<SuitableNode, "facts" | "shardIds">> {
  const facts = await inspectNode(client, signal, options.clock);
  const isFirst = client === options.clients[0];
  const all = Array.from({ length: facts.network.shardCount + 1 }, (_, shardId) => shardId);
  const wanted = begunWith ?? options.shardIds ?? (isFirst ? undefined : all);
  const shardIds = chooseShards(wanted, facts);
  const dataShardIds = shardIds.filter((shardId) => shardId !== 0);
  if (options.mode !== "realtime") await requireSnapshots(client, dataShardIds, signal);
  expectEndOfAll(end.until, shardIds);
  const shards = shardIds.map((shardId) => ({ client, shardId, signal }));
  await expectEndAhead({ end, options, heights: facts.heights }, shards);
  await options.store.bindNetwork(facts.network);
  return { facts, shardIds };
}

/** What a node is looked for with. */
interface Search {
  readonly options: ResolvedSyncerOptions;
  /** Shards that a run has begun with before. */
  readonly begunWith: readonly number[] | undefined;
  readonly end: RunEnd;
  readonly signal: AbortSignal;
}

/** Whether another node may do where this is what one fails with. */
function isOfNode(error: unknown): boolean {
  return !(error instanceof StorageError) || error.code === "network_mismatch";
}

/**
 * Looks for the first node that can be mirrored, and binds the store to its network. Where there is
 * none, throws what the first of all lacks; of a run that has begun, rather what may pass.
 */
export async function findSuitable(search: Search): Promise<SuitableNode> {
  const { options, begunWith, signal } = search;
  const failures: unknown[] = [];
  for (const client of options.clients) {
    try {
      const found = await inspectFor(client, search);
      const others = options.clients.filter((other) => other !== client);
      return { clients: [client, ...others], ...found };
    } catch (error) {
      signal.throwIfAborted();
      if (!isOfNode(error)) throw error;
      failures.push(error);
      if (options.clients.length > 1) options.logger.warn({ err: error }, "a node is of no use");
    }
  }
  const passing = begunWith && failures.find((error) => !isFatal(error));
  throw passing ?? failures[0];
}
