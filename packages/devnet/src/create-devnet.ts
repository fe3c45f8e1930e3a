import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";
import { DevnetError } from "./devnet-error.ts";
import type { Submission } from "./engine/mempool.ts";
import type { LiveEntry } from "./engine/network.ts";
import type { DevnetOptions, ResolvedDevnetOptions } from "./options.ts";
import { resolveDevnetOptions } from "./options.ts";
import type { DevnetNode } from "./services/create-node.ts";
import { createNode } from "./services/create-node.ts";
import { createHubHandlers } from "./services/hub/hub-handlers.ts";
import { createReplicationHandlers } from "./services/replication/replication-handlers.ts";
import type { RpcServer } from "./services/serve.ts";
import { listen, serviceOf } from "./services/serve.ts";
import type { MessageSigner } from "./traffic/authoring/build-message.ts";

/** A Snapchain network of one node, in this process, over real gRPC. */
export interface Devnet {
  /**
   * Makes the history, listens, and starts making blocks. Calls while it starts share one start.
   *
   * @throws {DevnetError} `listen_failed`, or `stopped` once `stop()` was called
   */
  start(): Promise<void>;
  /** Where to connect, such as `http://127.0.0.1:3383`. Throws before the start has finished. */
  readonly endpoint: string;
  /** The port listened on. Throws before the start has finished. */
  readonly port: number;
  /** Ed25519 public keys of the validators of all shards, 32 bytes each, ascending. */
  readonly validators: readonly Uint8Array[];
  /**
   * Makes blocks now, one unless told otherwise, each of every shard. What was submitted before is in
   * the first of them; what they announce has been sent to subscribers when the call returns.
   */
  produceBlock(count?: number): Promise<void>;
  /** Stops making blocks by itself; `produceBlock` still does. */
  pause(): void;
  /** Makes blocks by itself again, unless `blockMs` is 0. */
  resume(): void;
  /** Number of the last block of each shard, by shard id; 0 is the block shard. */
  heights(): ReadonlyMap<number, bigint>;
  /**
   * What a mirror of the network must hold as live, each thing once: messages of their authors' home
   * shards, gasless keys (active ones, and every removal), on-chain events, registry usernames as
   * the node's store has them. Blocks made while it is read do not show.
   */
  listLive(): Iterable<LiveEntry>;
  /**
   * Puts prepared messages, on-chain events or username transfers into the next block. Nothing is
   * checked but that they can be read; what the network does not accept fails as it would on a node.
   *
   * @throws {TypeError} when a message cannot be read, or a name has no trie key
   */
  submit(...submissions: readonly Submission[]): void;
  /** The key with which one of the network's own users signs at the moment. */
  findSigner(fid: bigint): MessageSigner | undefined;
  /** Takes a snapshot of every data shard at its present height. */
  takeSnapshot(): void;
  /** Drops all snapshots, as if they had expired. The next block of a shard takes a new one. */
  dropSnapshots(): void;
  /** Cuts all connections and frees the port; safe to call at any time, and more than once. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What there is once a devnet has started. */
interface Running {
  readonly node: DevnetNode;
  readonly server: RpcServer;
  readonly blocks: BlockLoop;
}

/** Prepares a devnet. Nothing happens before {@link Devnet.start}. */
export function createDevnet(options: DevnetOptions = {}): Devnet {
  const resolved = resolveDevnetOptions(options);
  const stopping = new AbortController();
  let starting: Promise<void> | undefined;
  let running: Running | undefined;
  let isPaused = false;

  function started(): Running {
    if (running !== undefined) return running;
    throw new DevnetError("not_started", "The devnet has not started yet; await start() first");
  }

  async function run(): Promise<void> {
    const node = createNode(resolved, await loadBlake3());
    await node.generate(stopping.signal);
    const server = await serveNode(node, resolved);
    running = { node, server, blocks: createBlockLoop(node, resolved) };
    if (!isPaused) running.blocks.resume();
  }

  async function stop(): Promise<void> {
    stopping.abort(new DevnetError("stopped", "The devnet was stopped"));
    // A start that is given up reports it to whoever awaits it.
    await starting?.catch(() => {});
    await running?.blocks.stop();
    running?.server.close();
  }

  return {
    start() {
      if (stopping.signal.aborted) return Promise.reject(stopping.signal.reason);
      starting ??= run();
      return starting;
    },
    get endpoint() {
      return `http://${resolved.host}:${started().server.port}`;
    },
    get port() {
      return started().server.port;
    },
    get validators() {
      return started().node.context.network.validators.publicKeys;
    },
    produceBlock: (count = 1) => started().blocks.produce(count),
    pause() {
      isPaused = true;
      running?.blocks.pause();
    },
    resume() {
      isPaused = false;
      running?.blocks.resume();
    },
    ...networkOf(() => started().node),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

type NetworkPart = Pick<
  Devnet,
  "heights" | "listLive" | "submit" | "findSigner" | "takeSnapshot" | "dropSnapshots"
>;

/** What a devnet says of its network and does to it. */
function networkOf(node: () => DevnetNode): NetworkPart {
  return {
    heights() {
      const { blockShard, dataShards } = node().context.network;
      const dataHeights = [...dataShards].map(([id, shard]) => [id, shard.height()] as const);
      return new Map([[0, blockShard.height()], ...dataHeights]);
    },
    listLive: () => node().context.network.listLive(),
    submit(...submissions) {
      const { mempool } = node().context.network;
      for (const submission of submissions) mempool.add(submission);
    },
    findSigner: (fid) => node().findSigner(fid),
    takeSnapshot() {
      const { network, snapshots } = node().context;
      for (const shardId of network.dataShards.keys()) snapshots.take(shardId);
    },
    dropSnapshots: () => node().context.snapshots.dropAll(),
  };
}

async function serveNode(
  { context }: DevnetNode,
  { host, port, logger }: ResolvedDevnetOptions,
): Promise<RpcServer> {
  const services = [
    serviceOf(HubServiceDefinition, createHubHandlers(context), logger),
    serviceOf(ReplicationServiceDefinition, createReplicationHandlers(context), logger),
  ];
  const server = await listen(services, { host, port }).catch((cause: unknown) => {
    throw new DevnetError("listen_failed", `Cannot listen on ${host}:${port}`, { cause });
  });
  logger?.info({ host, port: server.port }, "devnet started");
  return server;
}

/** Makes blocks, by itself and on demand. */
interface BlockLoop {
  produce(count: number): Promise<void>;
  pause(): void;
  resume(): void;
  /** Waits for the block that is being made, and makes no more. */
  stop(): Promise<void>;
}

function createBlockLoop(node: DevnetNode, options: ResolvedDevnetOptions): BlockLoop {
  const { blockMs, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let isActive = false;
  let isStopped = false;
  /** Blocks are made one at a time, whoever asks for them. */
  let lastBlock: Promise<void> = Promise.resolve();

  function produce(count: number): Promise<void> {
    const blocks = lastBlock.then(async () => {
      for (let made = 0; made < count && !isStopped; made++) await node.produceBlock();
    });
    // One that fails is its caller's to deal with, not the next caller's.
    lastBlock = blocks.catch(() => {});
    return blocks;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (!isActive || isStopped || blockMs === 0) return;
    timer = setTimeout(() => {
      produce(1)
        .catch((err: unknown) => logger?.error({ err }, "block failed"))
        .finally(schedule);
    }, blockMs);
  }

  return {
    produce,
    pause() {
      isActive = false;
      clearTimeout(timer);
    },
    resume() {
      isActive = true;
      schedule();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await lastBlock;
    },
  };
}
