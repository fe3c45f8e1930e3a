import type { ValidatorSet } from "@snaprag/verify";
import { loadBlake3 } from "@snaprag/verify";
import { DevnetError } from "../devnet-error.ts";
import type { Submission } from "../engine/mempool.ts";
import type { LiveEntry } from "../engine/network.ts";
import type { FaultPlan } from "../faults/fault-plan.ts";
import type { DevnetOptions } from "../options.ts";
import { expectPort, resolveDevnetOptions } from "../options.ts";
import type { MessageSigner } from "../traffic/authoring/build-message.ts";
import type { BlockLoop } from "./block-loop.ts";
import { createBlockLoop } from "./block-loop.ts";
import type { Chain } from "./create-chain.ts";
import { createChain } from "./create-chain.ts";
import { produceRound } from "./create-node.ts";
import type { DevnetNode, NodeHandle } from "./devnet-node.ts";
import { createNodeHandle } from "./devnet-node.ts";
import { replicateNetwork, viewAsExecuted } from "./replicate-network.ts";

/** A Snapchain network in this process, over real gRPC: its first node, and the chain behind it. */
export interface Devnet extends DevnetNode {
  /**
   * Makes the history, listens, and starts making blocks. Calls while it starts share one start.
   *
   * @throws {DevnetError} `listen_failed`, or `stopped` once `stop()` was called
   */
  start(): Promise<void>;
  /** Ed25519 public keys of the validators of all shards, 32 bytes each, ascending. */
  readonly validators: readonly Uint8Array[];
  /** The same as one set that is in effect from the first block on, to check commits against. */
  readonly validatorSets: readonly ValidatorSet[];
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
  /**
   * Starts another node of the same network: the same blocks, and in each the same events, though
   * prunes and revocations have other ids (docs/protocol.md 1.1). It has only what is left of the
   * events so far, its own snapshots, and faults of its own, none unless told.
   *
   * @throws {DevnetError} `listen_failed`, `not_started` or `stopped`
   * @throws {TypeError} when an option is out of range
   */
  addNode(options?: AddNodeOptions): Promise<DevnetNode>;
  /** Stops all nodes and makes no more blocks; safe to call at any time, and more than once. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Options of {@link Devnet.addNode}. */
export interface AddNodeOptions {
  /**
   * Port to listen on; 0 takes any free one.
   *
   * @default 0
   */
  readonly port?: number | undefined;
  /**
   * What goes wrong on this node.
   *
   * @default {}
   */
  readonly faults?: FaultPlan | undefined;
}

/** What there is once a devnet has started. */
interface Running {
  readonly chain: Chain;
  readonly blocks: BlockLoop;
}

/** Prepares a devnet. Nothing happens before {@link Devnet.start}. */
export function createDevnet(options: DevnetOptions = {}): Devnet {
  const settings = resolveDevnetOptions(options);
  const first = createNodeHandle(
    { index: 0, port: settings.port, faults: settings.faults },
    settings,
  );
  const handles: NodeHandle[] = [first];
  const stopping = new AbortController();
  let starting: Promise<void> | undefined;
  let running: Running | undefined;
  let isPaused = false;

  function started(): Running {
    if (running !== undefined) return running;
    throw new DevnetError("not_started", "The devnet has not started yet; await start() first");
  }

  async function run(): Promise<void> {
    const chain = createChain(settings, await loadBlake3());
    await chain.generate(stopping.signal);
    await first.start(chain, viewAsExecuted(chain.network));
    const nodes = () => handles.flatMap((handle) => handle.findInside() ?? []);
    running = { chain, blocks: createBlockLoop(() => produceRound(chain, nodes()), settings) };
    if (!isPaused) running.blocks.resume();
  }

  async function stop(): Promise<void> {
    stopping.abort(new DevnetError("stopped", "The devnet was stopped"));
    // A start that is given up reports it to whoever awaits it.
    await starting?.catch(() => {});
    await running?.blocks.stop();
    await Promise.all(handles.map((handle) => handle.stop()));
  }

  return {
    ...first.controls,
    get endpoint() {
      return first.address().endpoint;
    },
    get port() {
      return first.address().port;
    },
    start() {
      if (stopping.signal.aborted) return Promise.reject(stopping.signal.reason);
      starting ??= run();
      return starting;
    },
    get validators() {
      return started().chain.network.validators.publicKeys;
    },
    get validatorSets() {
      return listValidatorSets(started().chain);
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
    ...chainPart(() => started().chain),
    async addNode({ port = 0, faults = {} } = {}) {
      expectPort(port);
      stopping.signal.throwIfAborted();
      const { chain } = started();
      const handle = createNodeHandle({ index: handles.length, port, faults }, settings);
      handles.push(handle);
      try {
        await handle.start(chain, replicateNetwork(chain.network));
      } catch (error) {
        handles.splice(handles.indexOf(handle), 1);
        throw error;
      }
      return { ...handle.controls, ...handle.address(), stop: handle.stop };
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function listValidatorSets({ network }: Chain): readonly ValidatorSet[] {
  const { publicKeys } = network.validators;
  return [{ effectiveAt: 0n, shardIds: [0, ...network.dataShards.keys()], publicKeys }];
}

/** What a devnet says of its chain and does to it. */
function chainPart(
  chain: () => Chain,
): Pick<Devnet, "heights" | "listLive" | "submit" | "findSigner"> {
  return {
    heights() {
      const { blockShard, dataShards } = chain().network;
      const dataHeights = [...dataShards].map(([id, shard]) => [id, shard.height()] as const);
      return new Map([[0, blockShard.height()], ...dataHeights]);
    },
    listLive: () => chain().network.listLive(),
    submit(...submissions) {
      const { mempool } = chain().network;
      for (const submission of submissions) mempool.add(submission);
    },
    findSigner: (fid) => chain().findSigner(fid),
  };
}
