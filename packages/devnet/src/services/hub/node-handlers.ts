// What the node says about itself, its blocks and its trie.
import { status } from "@grpc/grpc-js";
import type { MeshView, ShardInfo, TrieNodeMetadataResponse } from "@snaprag/proto";
import { FarcasterNetwork } from "@snaprag/proto";
import { toUnixSeconds } from "../../engine/farcaster-time.ts";
import { hex } from "../../engine/rules/verdict.ts";
import type { Entry, ShardState } from "../../engine/state/shard-state.ts";
import type { TrieView } from "../../trie/create-trie.ts";
import type { TrieNode } from "../../trie/trie-node.ts";
import { leafCountOf, toNibbles } from "../../trie/trie-node.ts";
import type { NodeContext } from "../node-context.ts";
import { listShards } from "../node-context.ts";
import { cutPage } from "../paging.ts";
import { invalidArgument, rpcError } from "../rpc-error.ts";
import type { HubHandlers } from "./hub-methods.ts";

type NodeMethod =
  | "getBlocks"
  | "getShardChunks"
  | "getInfo"
  | "getFids"
  | "getTrieMetadataByPrefix"
  | "getConnectedPeers"
  | "getMeshView"
  | "getMeshTopology";

/** The version that this node speaks like. */
const NODE_VERSION = "0.14.2";
const PEER_ID = "12D3KooWDevnet";
/** Bytes of a stored message, roughly; nobody relies on it. */
const APPROXIMATE_MESSAGE_BYTES = 300n;
const FIDS_PAGE_SIZE = 1000;
const FID_BYTES = 8;

/** Creates the handlers. */
export function createNodeHandlers(context: NodeContext): Pick<HubHandlers, NodeMethod> {
  const { network } = context;

  return {
    async getBlocks({ startBlockNumber, stopBlockNumber }, stream) {
      const tip = network.blockShard.height();
      const stop = stopBlockNumber ?? tip + 1n;
      for (let number = startBlockNumber; number < stop && number <= tip; number++) {
        const block = network.blockShard.findBlock(number);
        if (block !== undefined) await stream.send(block);
      }
    },
    getShardChunks({ shardId, startBlockNumber, stopBlockNumber }) {
      const shard = network.dataShards.get(shardId);
      if (shard === undefined) throw rpcError(status.UNKNOWN, "Error: Missing shard store");
      const tip = shard.height();
      const stop = stopBlockNumber ?? tip + 1n;
      const shardChunks = [];
      const first = context.firstChunkOf(shardId);
      for (let number = startBlockNumber; number < stop && number <= tip; number++) {
        shardChunks.push((number >= first && shard.findChunk(number)) || []);
      }
      return { shardChunks: shardChunks.flat() };
    },
    getInfo: () => describeNode(context),
    getFids(request) {
      const shard = network.dataShards.get(request.shardId);
      if (shard === undefined) throw invalidArgument("no shard store for fid");
      const items = shard.state.onChain.registeredFids();
      const source = { items, keyOf: fidKey, defaultPageSize: FIDS_PAGE_SIZE };
      const { items: fids, nextPageToken } = cutPage(source, request);
      return { fids: [...fids], nextPageToken };
    },
    getTrieMetadataByPrefix({ shardId, prefix }) {
      const shard = network.dataShards.get(shardId);
      if (shard === undefined) throw invalidArgument("no shard store for fid");
      return describeTrieNode(context.trieOf(shard.state), prefix);
    },
    getConnectedPeers: () => ({ contacts: [], peers: [] }),
    getMeshView: () => viewMesh(context),
    getMeshTopology() {
      const view = viewMesh(context);
      return { nodes: [view], unreachable: [], generatedAt: view.generatedAt };
    },
  };
}

function describeNode(context: NodeContext): ReturnType<HubHandlers["getInfo"]> {
  const { blockShard } = context.network;
  const shards = [blockShard, ...listShards(context).toReversed()];
  const shardInfos = shards.map(({ state, height, lastTimestamp }) =>
    describeShard(state, { height: height(), timestamp: lastTimestamp() }, context),
  );
  const dataInfos = shardInfos.filter(({ shardId }) => shardId > 0);
  const sum = (count: (info: ShardInfo) => bigint) =>
    dataInfos.reduce((total, info) => total + count(info), 0n);
  return {
    version: NODE_VERSION,
    dbStats: {
      numMessages: sum(({ numMessages }) => numMessages),
      numFidRegistrations: sum(({ numFidRegistrations }) => numFidRegistrations),
      approxSize: sum(({ approxSize }) => approxSize),
    },
    peerId: PEER_ID,
    numShards: dataInfos.length,
    shardInfos,
    nextEngineVersionTimestamp: 0n,
  };
}

function describeShard(
  state: ShardState,
  tip: { readonly height: bigint; readonly timestamp: bigint },
  { network, nowSeconds, trieOf }: NodeContext,
): ShardInfo {
  const { shardId, onChain } = state;
  const { leafCount } = trieOf(state);
  const behind = nowSeconds() - toUnixSeconds(tip.timestamp);
  return {
    shardId,
    maxHeight: tip.height,
    numMessages: BigInt(leafCount),
    numFidRegistrations: BigInt(onChain.registeredFids().length),
    approxSize: BigInt(leafCount) * APPROXIMATE_MESSAGE_BYTES,
    blockDelay: behind > 0n ? behind : 0n,
    mempoolSize: BigInt(network.mempool.size(shardId)),
    numOnchainEvents: 0n,
  };
}

/**
 * A node and its children. Children are named in nibbles, unlike the node itself, and nodes list
 * them in hash-map order: here backwards, so that nobody relies on another one.
 */
function describeTrieNode(trie: TrieView<Entry>, prefix: Uint8Array): TrieNodeMetadataResponse {
  const path = toNibbles(prefix);
  const node = trie.findNode(path);
  if (node === undefined) {
    throw rpcError(status.INTERNAL, "Node not found for the given prefix");
  }
  const describe = (
    at: TrieNode<Entry>,
    name: Uint8Array,
    children: TrieNodeMetadataResponse[],
  ) => ({
    prefix: name,
    numMessages: BigInt(leafCountOf(at)),
    hash: hex(trie.hashOf(at)),
    children,
  });
  const children =
    node.kind === "leaf"
      ? []
      : node.children.flatMap((child, nibble) =>
          child === undefined ? [] : [describe(child, Uint8Array.of(...path, nibble), [])],
        );
  return describe(node, prefix, children.reverse());
}

function viewMesh({ network, nowSeconds }: NodeContext): MeshView {
  const peerId = Buffer.from(PEER_ID, "ascii");
  return {
    local: {
      peerId,
      consensusPublicKey: network.validators.publicKeys[0] ?? new Uint8Array(),
      isValidator: true,
      gossipAddress: "",
      rpcAddress: "",
      snapchainVersion: NODE_VERSION,
      network: FarcasterNetwork.DEVNET,
      subscribedTopics: [],
      consensusMeshSize: 0,
      currentHeight: network.blockShard.height(),
    },
    peers: [],
    generatedAt: nowSeconds() * 1000n,
  };
}

function fidKey(fid: bigint): Uint8Array {
  const key = Buffer.alloc(FID_BYTES);
  key.writeBigUInt64BE(fid);
  return key;
}
