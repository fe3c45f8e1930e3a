import { DevnetError } from "../devnet-error.ts";
import { createCorruption } from "../faults/corrupt-messages.ts";
import { createFaults } from "../faults/create-faults.ts";
import type { FaultName, FaultPlan } from "../faults/fault-plan.ts";
import type { LieName } from "../faults/lies/lie-plan.ts";
import type { ResolvedDevnetOptions } from "../options.ts";
import { expectInteger } from "../options.ts";
import type { Chain } from "./create-chain.ts";
import type { Node } from "./create-node.ts";
import { createNode } from "./create-node.ts";
import type { NodeView } from "./replicate-network.ts";
import type { ServedNode } from "./serve-node.ts";
import { serveNode } from "./serve-node.ts";

/** What can be done to a node of a devnet. */
export interface NodeControls {
  /**
   * Replaces what goes wrong on this node, from now on; `{}` ends all of it.
   *
   * @throws {TypeError} when the plan is none; the old one then stays
   */
  setFaults(plan: FaultPlan): void;
  /** How often each fault has struck since the start, whatever the plans; absent for never. */
  faultCounts(): ReadonlyMap<FaultName, number>;
  /** Hashes, in hex, of the messages that were served with the error of `corruptMessages`. */
  listCorrupted(): readonly string[];
  /**
   * Hashes, in hex, of the messages that the lies of the plan are about, by the lie; absent for lies
   * that are about none, or are not in the plan.
   */
  listLies(): ReadonlyMap<LieName, readonly string[]>;
  /** Takes a snapshot of every data shard at its present height. */
  takeSnapshot(): void;
  /** Drops all snapshots, as if they had expired. The next block of a shard takes a new one. */
  dropSnapshots(): void;
  /**
   * Drops the events of blocks before `beforeBlock`, as the retention job does, and those left over
   * from a bootstrap. The newest block keeps its events; without a number, it alone does.
   *
   * @param shardId this data shard only
   */
  pruneEvents(beforeBlock?: bigint, shardId?: number): void;
  /**
   * Drops the chunks of blocks before `beforeBlock`, as a read node with `pruning.block_retention` does. The
   * newest block keeps its chunk; without a number, it alone does.
   *
   * @param shardId this data shard only
   */
  pruneChunks(beforeBlock?: bigint, shardId?: number): void;
  /**
   * Goes down and comes back on the same port. Connections are cut; snapshots are gone until the
   * next block, as though there had never been any (docs/protocol.md 2.2). The chain goes on.
   *
   * @throws {DevnetError} `listen_failed` when something else took the port meanwhile
   * @throws {TypeError} when `downMs` is no whole number of at least 0
   */
  restart(options?: RestartOptions): Promise<void>;
}

/** A node of a devnet. */
export interface DevnetNode extends NodeControls {
  /** Where to connect, such as `http://127.0.0.1:3383`. Throws before the start has finished. */
  readonly endpoint: string;
  /** The port listened on. Throws before the start has finished. */
  readonly port: number;
  /** Cuts all connections and frees the port; safe to call at any time, and more than once. */
  stop(): Promise<void>;
}

/** Options of {@link NodeControls.restart}. */
export interface RestartOptions {
  /**
   * How long nobody listens, in milliseconds.
   *
   * @default 0
   */
  readonly downMs?: number | undefined;
}

/** A {@link DevnetNode} from the network's side. */
export interface NodeHandle {
  readonly controls: NodeControls;
  /** Throws before {@link NodeHandle.start} is done. */
  address(): Pick<DevnetNode, "endpoint" | "port">;
  /** Gives the node the history of a chain, as far as it goes by now, and listens. */
  start(chain: Chain, view: NodeView): Promise<void>;
  stop(): Promise<void>;
  /** The node inside, once there is one. */
  findInside(): Node | undefined;
}

/** What tells the nodes of a devnet apart. */
export interface NodeIdentity {
  /** 0 for the first. */
  readonly index: number;
  readonly port: number;
  readonly faults: FaultPlan;
}

/**
 * Prepares a node.
 *
 * @throws {TypeError} when its faults are none
 */
export function createNodeHandle(
  { index, port, faults: plan }: NodeIdentity,
  settings: ResolvedDevnetOptions,
): NodeHandle {
  const faults = createFaults({ seed: `${settings.seed}/node/${index}`, plan });
  const corruption = createCorruption(faults);
  let inside: Node | undefined;
  let served: ServedNode | undefined;
  let isStopped = false;

  function started<Part>(part: Part | undefined): Part {
    if (part !== undefined) return part;
    throw new DevnetError("not_started", "The devnet has not started yet; await start() first");
  }

  const controls: NodeControls = {
    setFaults: faults.set,
    faultCounts: faults.counts,
    listCorrupted: corruption.listCorrupted,
    listLies: () => started(inside).lies.listMessages(),
    takeSnapshot() {
      const { network, snapshots } = started(inside).context;
      for (const shardId of network.dataShards.keys()) snapshots.take(shardId);
    },
    dropSnapshots: () => started(inside).context.snapshots.dropAll(),
    pruneEvents: (beforeBlock, shardId) => started(inside).pruneEvents(beforeBlock, shardId),
    pruneChunks: (beforeBlock, shardId) => started(inside).pruneChunks(beforeBlock, shardId),
    async restart({ downMs = 0 } = {}) {
      expectInteger("downMs", downMs, { min: 0 });
      if (isStopped) throw new DevnetError("stopped", "The node was stopped");
      await started(served).restart(downMs);
    },
  };

  return {
    controls,
    address() {
      const { port: boundPort } = started(served);
      return { endpoint: `http://${settings.host}:${boundPort}`, port: boundPort };
    },
    async start(chain, view) {
      inside = createNode(view, { nowSeconds: chain.nowSeconds, faults, settings });
      inside.open();
      served = await serveNode(inside, { ...settings, port, faults, corruption });
      settings.logger?.info({ host: settings.host, port: served.port }, "node started");
      if (isStopped) served.stop();
    },
    stop() {
      isStopped = true;
      served?.stop();
      return Promise.resolve();
    },
    findInside: () => inside,
  };
}
