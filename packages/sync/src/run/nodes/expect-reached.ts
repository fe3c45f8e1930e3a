import type { NodeClient } from "@snaprag/client";
import { SyncError } from "../../errors.ts";

/**
 * How long a node's answer is taken for its state, in milliseconds. Its blocks only grow in number, so
 * that what it had reached it still has; but an address may lead to another node one day.
 */
const ANSWER_MS = 1000;

/** Block heights that a node has told, by shard, and when it did. */
interface Answer {
  readonly heights: ReadonlyMap<number, bigint>;
  readonly at: number;
}

const answers = new WeakMap<NodeClient, Answer>();

async function ask(client: NodeClient, signal: AbortSignal): Promise<Answer> {
  // From before the call: no state that it tells is older.
  const at = performance.now();
  const { shardInfos } = await client.hub.getInfo({}, { signal });
  const heights = new Map(shardInfos.map(({ shardId, maxHeight }) => [shardId, maxHeight]));
  const answer = { heights, at };
  answers.set(client, answer);
  return answer;
}

/**
 * Throws unless a node has reached the block of what its answers are to be held against or put
 * together with: a snapshot, or a store's rows.
 *
 * Calls tell the present state of a node. At or after that block, the events since lead
 * to the same rows; before it, what ended in between would stay for ever, and what came would be
 * missed (docs/protocol.md 8.4). Partitions are many and mostly small, so that an answer serves all that
 * ask within a second; a node that was behind is asked again at once.
 *
 * @throws {SyncError} `node_behind`
 */
export async function expectReached(
  client: NodeClient,
  { shardId, height }: { readonly shardId: number; readonly height: bigint },
  signal: AbortSignal,
): Promise<void> {
  const reachedOf = ({ heights }: Answer) => heights.get(shardId) ?? 0n;
  const latest = answers.get(client);
  const isRecent = latest !== undefined && performance.now() - latest.at < ANSWER_MS;
  if (isRecent && reachedOf(latest) >= height) return;
  const reached = reachedOf(await ask(client, signal));
  if (reached >= height) return;
  throw new SyncError(
    "node_behind",
    `The node is at block ${reached} of shard ${shardId}, behind block ${height}, which is needed`,
    { shardId },
  );
}
