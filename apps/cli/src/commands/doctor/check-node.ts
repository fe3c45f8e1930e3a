// Whether a node can be mirrored.
import type { NodeClient, NodeClientError, NodeClientOptions } from "@snaprag/client";
import { createNodeClient } from "@snaprag/client";
import { fromFarcasterTime } from "@snaprag/processors";
import { maskEndpoint } from "../../config/keys/mask-endpoint.ts";
import { isNamed, withConfigured } from "../../errors/cli-error.ts";
import { formatCount, formatDuration } from "../../screen/format-quantity.ts";
import { lagSeconds } from "../../screen/shard-line.ts";
import type { Finding, Findings } from "./finding.ts";
import { findingsOf } from "./finding.ts";

/** As a sync waits for a node at its start. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Blocks come about every second. */
const OLD_TIP_SECONDS = 60;

/** A node drops a snapshot when it is a day old; a download that is not done by then begins anew. */
const OLD_SNAPSHOT_SECONDS = 20 * 3600;

/** What a node has, as far as it could be seen. */
interface NodeFacts {
  /** `FarcasterNetwork` number. */
  readonly network: number | undefined;
  /** Data shards to be mirrored. */
  readonly dataShardCount: number;
  /** Leaves of the newest snapshots of the shards to be mirrored, together. */
  readonly leafCount: number;
}

/** Which node is looked at, and for what. */
export interface NodeCheck extends Pick<NodeClientOptions, "metadata"> {
  readonly endpoint: string;
  /** Shards that are to be mirrored; undefined for all. */
  readonly shardIds: readonly number[] | undefined;
}

function ageOf(farcasterSeconds: bigint): number {
  return lagSeconds(fromFarcasterTime(farcasterSeconds), new Date()) ?? 0;
}

/** Asks for the newest block of shard 0, which says what network it is of and how old it is. */
async function checkTip(
  client: NodeClient,
  findings: Findings,
  height: bigint,
): Promise<number | undefined> {
  const range = { startBlock: height, stopBlock: height + 1n };
  for await (const { header } of client.readBlocks(range)) {
    if (header === undefined) break;
    const age = ageOf(header.timestamp);
    const tip = `is of network ${header.chainId}, and its newest block is ${formatDuration(age)} old`;
    if (age <= OLD_TIP_SECONDS) findings.ok(tip);
    else findings.warn(tip, "Wait until the node has synced; or compare this machine's clock.");
    return header.chainId;
  }
  findings.fail(
    "node_unsuitable",
    `has no block ${height} of shard 0`,
    "Wait until the node has synced, or use another one.",
  );
  return undefined;
}

/** The newest snapshot of a shard; undefined when there is none just now. */
async function findSnapshot(client: NodeClient, shardId: number) {
  try {
    return await client.findNewestSnapshot(shardId);
  } catch (error) {
    const isNone =
      isNamed<NodeClientError>(error, "NodeClientError") && error.code === "snapshot_unavailable";
    if (!isNone) throw error;
    return undefined;
  }
}

/** Looks for the newest snapshot of a shard. Returns how many leaves it has. */
async function checkSnapshot(
  client: NodeClient,
  findings: Findings,
  shardId: number,
): Promise<number> {
  const newest = await findSnapshot(client, shardId);
  if (newest === undefined) {
    findings.warn(
      `has no snapshot of shard ${shardId} just now`,
      "Wait, as a sync does: a node takes one with a block after its start, and then every eight hours.",
    );
    return 0;
  }
  const { height, timestamp, numItems } = newest;
  const age = ageOf(timestamp);
  const snapshot = `serves a snapshot of shard ${shardId} at height ${formatCount(height)}, ${formatDuration(age)} old, with ${formatCount(numItems)} leaves`;
  if (age <= OLD_SNAPSHOT_SECONDS) findings.ok(snapshot);
  else findings.warn(snapshot, "Wait for the next one, as this one is dropped soon.");
  return Number(numItems);
}

/** Looks at what the history is downloaded from. */
async function checkSnapshots(
  client: NodeClient,
  findings: Findings,
  shardIds: readonly number[],
): Promise<number> {
  let leafCount = 0;
  try {
    for (const shardId of shardIds) leafCount += await checkSnapshot(client, findings, shardId);
  } catch (error) {
    if (!isNamed<NodeClientError>(error, "NodeClientError") || error.code !== "unimplemented")
      throw error;
    findings.fail(
      "node_unsuitable",
      "does not offer ReplicationService, which snapshots come from",
      "Set `replication.enable` on the node, or use another one.",
    );
  }
  return leafCount;
}

async function lookAt(
  client: NodeClient,
  findings: Findings,
  shardIds: readonly number[] | undefined,
): Promise<NodeFacts> {
  const askedAt = performance.now();
  const { version, numShards, shardInfos } = await client.hub.getInfo({});
  const took = Math.round(performance.now() - askedAt);
  findings.ok(`answers within ${took} ms, version ${version}`);
  const heights = new Map(shardInfos.map(({ shardId, maxHeight }) => [shardId, maxHeight]));
  const all = Array.from({ length: numShards + 1 }, (_, shardId) => shardId);
  const missing = (shardIds ?? all).filter((shardId) => !heights.has(shardId));
  if (missing.length > 0) {
    const hosted = [...heights.keys()].sort((a, b) => a - b).join(", ");
    const what = `does not host shard ${missing.join(", ")}, but ${hosted}`;
    const advice = "Choose with --shard-ids among those that it hosts, or use another node.";
    // Where none is named, those that are there are mirrored.
    if (shardIds === undefined) findings.warn(what, advice);
    else findings.fail("node_unsuitable", what, advice);
  }
  const network = await checkTip(client, findings, heights.get(0) ?? 0n);
  const dataShardIds = (shardIds ?? all).filter((id) => id !== 0 && heights.has(id));
  const leafCount = await checkSnapshots(client, findings, dataShardIds);
  return { network, dataShardCount: dataShardIds.length, leafCount };
}

/** A node that was looked at. */
export interface CheckedNode {
  readonly list: readonly Finding[];
  /** Undefined when it could not be seen to the end. */
  readonly facts: NodeFacts | undefined;
}

/** Looks at one node. */
export async function checkNode(check: NodeCheck): Promise<CheckedNode> {
  const { endpoint, metadata, shardIds } = check;
  const findings = findingsOf(`node ${maskEndpoint(endpoint)}`);
  const patience = { timeoutMs: ANSWER_TIMEOUT_MS, retry: { attempts: 1 } };
  await using client = withConfigured(() => createNodeClient({ endpoint, metadata, ...patience }));
  try {
    const facts = await lookAt(client, findings, shardIds);
    return { list: findings.list, facts };
  } catch (error) {
    findings.failWith(error);
    return { list: findings.list, facts: undefined };
  }
}
