// A node that answers two calls and nothing else: no ReplicationService, no events.
import type { ServiceDefinition } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { FarcasterNetwork } from "@snaprag/proto";
import { Block, BlockHeader, BlocksRequest, GetInfoResponse, ShardInfo } from "@snaprag/proto";

/** A listening node. */
export interface BareNode extends AsyncDisposable {
  readonly endpoint: string;
}

interface BareNodeOptions {
  /** Network of its blocks; without it, the node has no block. */
  readonly network?: FarcasterNetwork;
  /**
   * Numbers of the blocks that it has at each call for blocks, the last of them for ever. Without
   * it, every such call is answered with the newest, whatever is asked for.
   */
  readonly blocksByCall?: readonly (readonly bigint[])[];
  /** Data shards that it says there are; 2 by default. */
  readonly shardCount?: number;
  /** Whether it wants credentials for every call. */
  readonly isClosed?: boolean;
}

const NOTHING = new Uint8Array();
const HEIGHT = 5n;

/** Only requests for blocks are looked at. */
const SERVICE: ServiceDefinition = {
  getInfo: {
    path: "/HubService/GetInfo",
    requestStream: false,
    responseStream: false,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: () => ({}),
    responseSerialize: (info) => Buffer.from(GetInfoResponse.encode(info).finish()),
    responseDeserialize: () => ({}),
  },
  getBlocks: {
    path: "/HubService/GetBlocks",
    requestStream: false,
    responseStream: true,
    requestSerialize: () => Buffer.alloc(0),
    requestDeserialize: (bytes) => BlocksRequest.decode(bytes),
    responseSerialize: (block) => Buffer.from(Block.encode(block).finish()),
    responseDeserialize: () => ({}),
  },
};

/** Starts a node with data shards 1 and 2 on any free port. */
export async function startBareNode(options: BareNodeOptions = {}): Promise<BareNode> {
  const { network, shardCount = 2 } = options;
  const listBlocks = createBlockLister(options.blocksByCall);
  const server = new Server();
  server.addService(SERVICE, {
    getInfo(_call: unknown, answer: (error: object | null, info?: GetInfoResponse) => void) {
      if (options.isClosed) answer({ code: status.UNAUTHENTICATED, details: "who are you" });
      else answer(null, info(shardCount));
    },
    getBlocks(call: { request: BlocksRequest; write(block: Block): void; end(): void }) {
      if (network !== undefined) {
        const blockNumbers = listBlocks(call.request);
        for (const blockNumber of blockNumbers) call.write(blockOf(blockNumber, network));
      }
      call.end();
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    endpoint: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

function info(numShards: number): GetInfoResponse {
  const shardInfos = [0, 1, 2].map((shardId) => ({
    ...ShardInfo.decode(NOTHING),
    shardId,
    maxHeight: HEIGHT,
  }));
  return { ...GetInfoResponse.decode(NOTHING), numShards, shardInfos };
}

/** Answers calls for blocks in turn. */
function createBlockLister(blocksByCall: BareNodeOptions["blocksByCall"]) {
  let callCount = 0;
  return ({ startBlockNumber, stopBlockNumber }: BlocksRequest): readonly bigint[] => {
    if (blocksByCall === undefined) return [HEIGHT];
    const stored = blocksByCall[callCount] ?? blocksByCall.at(-1) ?? [];
    callCount += 1;
    return stored.filter(
      (blockNumber) =>
        blockNumber >= startBlockNumber && blockNumber < (stopBlockNumber ?? Infinity),
    );
  };
}

function blockOf(blockNumber: bigint, chainId: FarcasterNetwork): Block {
  const height = { shardIndex: 0, blockNumber };
  const header = { ...BlockHeader.decode(NOTHING), height, chainId };
  return { ...Block.decode(NOTHING), header };
}
