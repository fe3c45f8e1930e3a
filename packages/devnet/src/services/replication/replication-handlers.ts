import { status } from "@grpc/grpc-js";
import type {
  FidAccountRootHash,
  GetShardTransactionsRequest,
  GetShardTransactionsResponse,
  ReplicationServiceDefinition,
  ShardSnapshotMetadata,
  ShardTrieEntryWithMessage,
} from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import { readTrieKeyHead } from "@snaprag/verify";
import type { Entry } from "../../engine/state/shard-state.ts";
import { decodePageToken, encodePageToken } from "../../trie/page-token.ts";
import type { TrieLeaf } from "../../trie/trie-node.ts";
import { leafCountOf, toNibbles } from "../../trie/trie-node.ts";
import type { WalkOutcome, WalkRequest } from "../../trie/walk-virtual-shard.ts";
import { walkVirtualShard } from "../../trie/walk-virtual-shard.ts";
import type { NodeContext } from "../node-context.ts";
import { invalidArgument, rpcError } from "../rpc-error.ts";
import type { ServiceHandlers } from "../serve.ts";
import type { Snapshot } from "./snapshot-shelf.ts";

const PAGE_LEAVES = 1000;
const MAX_VIRTUAL_SHARD = 255;
const ACCOUNT_PREFIX_BYTES = 5;

/** ReplicationService (docs/protocol.md 2). */
export function createReplicationHandlers(
  context: NodeContext,
): ServiceHandlers<typeof ReplicationServiceDefinition> {
  return {
    getShardSnapshotMetadata({ shardId }) {
      if (shardId === 0) return { snapshots: [blockShardMetadata()] };
      const snapshots = context.snapshots.list(shardId);
      if (snapshots === undefined) {
        const reason = `Shard store not found for shard ${shardId}`;
        throw rpcError(status.INTERNAL, `Failed to get snapshot metadata: ${reason}`);
      }
      return { snapshots: snapshots.map((snapshot) => toMetadata(shardId, snapshot)) };
    },
    getShardTransactions: (request) => readPage(request, context),
  };
}

/** Replication names the block from which to stream shard 0; on devnet that is 0, which is none. */
function blockShardMetadata(): ShardSnapshotMetadata {
  return {
    shardId: 0,
    height: 0n,
    timestamp: 0n,
    shardChunk: undefined,
    block: undefined,
    numItems: 0n,
  };
}

function toMetadata(
  shardId: number,
  { height, timestamp, chunk, view }: Snapshot,
): ShardSnapshotMetadata {
  const numItems = BigInt(view.leafCount);
  return { shardId, height, timestamp, shardChunk: chunk, block: undefined, numItems };
}

function readPage(
  request: GetShardTransactionsRequest,
  { snapshots }: NodeContext,
): GetShardTransactionsResponse {
  const { shardId, height, trieVirtualShard: virtualShard, pageToken } = request;
  if (virtualShard > MAX_VIRTUAL_SHARD) {
    throw invalidArgument(`trie_virtual_shard ${virtualShard} is out of range`);
  }
  const snapshot = snapshots.find(shardId, height);
  if (snapshot === undefined) {
    const reason = "No stores found for the given height and shard";
    throw failed(`Store not found for shard ${shardId} and height ${height}: ${reason}`);
  }
  const { leaves, next } = walk(snapshot, { virtualShard, limit: PAGE_LEAVES }, pageToken);
  return {
    trieMessages: leaves.map(toTrieEntry),
    fidAccountRoots: accountRootsOf(leaves, snapshot),
    nextPageToken: next === undefined ? undefined : encodePageToken(next),
  };
}

function walk(
  { view }: Snapshot,
  request: WalkRequest,
  pageToken: string | undefined,
): Extract<WalkOutcome<Entry>, { readonly found: true }> {
  const isStart = pageToken === undefined || pageToken === "";
  const from = isStart ? undefined : decodePageToken(pageToken);
  if (!isStart && from === undefined) {
    throw failed("Internal error: Trie error: Unable to decode page token");
  }
  const outcome = walkVirtualShard(view, { ...request, from });
  if (!outcome.found) {
    throw failed("Internal error: Trie error: Node not found for the given prefix");
  }
  return outcome;
}

function toTrieEntry({ key: trieKey, value }: TrieLeaf<Entry>): ShardTrieEntryWithMessage {
  switch (value.entry) {
    case "message":
      checkServable(trieKey, value.kind);
      return { trieKey, trieMessage: { $case: "userMessage", value: value.message } };
    case "onChainEvent":
      return { trieKey, trieMessage: { $case: "onChainEvent", value: value.event } };
    case "fname": {
      const transfer = { id: 0n, fromFid: 0n, proof: value.proof };
      return { trieKey, trieMessage: { $case: "fnameTransfer", value: transfer } };
    }
    default:
      value satisfies never;
      throw failed("unknown entry");
  }
}

/** Gasless keys are in the trie, but replication knows nothing of them (docs/protocol.md 2.5). */
function checkServable(trieKey: Uint8Array, kind: string): void {
  if (kind !== "keyAdd" && kind !== "keyRemove") return;
  const name = kind === "keyAdd" ? "KeyAdd" : "KeyRemove";
  const { fid } = readTrieKeyHead(trieKey);
  throw failed(`Invalid message: Invalid message type for FID ${fid}: ${name}`);
}

/** Roots of the whole accounts that a page touches. Nobody promised an order, and there is none. */
function accountRootsOf(
  leaves: readonly TrieLeaf<Entry>[],
  { view }: Snapshot,
): FidAccountRootHash[] {
  const roots: FidAccountRootHash[] = [];
  let previous: Uint8Array | undefined;
  for (const { key } of leaves) {
    const prefix = key.subarray(0, ACCOUNT_PREFIX_BYTES);
    if (previous !== undefined && isSameBytes(prefix, previous)) continue;
    previous = prefix;
    const node = view.findNode(toNibbles(prefix));
    if (node === undefined) continue;
    const { fid } = readTrieKeyHead(key);
    const numMessages = BigInt(leafCountOf(node));
    roots.push({ fid, accountRootHash: view.hashOf(node), numMessages });
  }
  return roots.reverse();
}

function failed(reason: string): Error {
  return rpcError(status.INTERNAL, `Failed to get transactions: ${reason}`);
}
