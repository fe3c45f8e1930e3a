import { setImmediate as nextTurn } from "node:timers/promises";
import type { HubEvent } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import { createValidatorSet } from "../engine/blocks/commits.ts";
import type { Broadcast } from "../engine/events/broadcast.ts";
import { createBroadcast } from "../engine/events/broadcast.ts";
import { toFarcasterSeconds, toUnixSeconds } from "../engine/farcaster-time.ts";
import type { Network } from "../engine/network.ts";
import { createNetwork } from "../engine/network.ts";
import type { ResolvedDevnetOptions } from "../options.ts";
import type { MessageSigner } from "../traffic/authoring/build-message.ts";
import { createSigner } from "../traffic/authoring/build-message.ts";
import { createPrng } from "../traffic/authoring/prng.ts";
import { runGenesis } from "../traffic/genesis/run-genesis.ts";
import { createLiveTraffic } from "../traffic/live-traffic.ts";
import { createPopulation } from "../traffic/population.ts";
import { createRecipeDeck } from "../traffic/recipe-deck.ts";
import { createScene } from "../traffic/scene.ts";
import type { NodeContext } from "./node-context.ts";
import { createSnapshotShelf } from "./replication/snapshot-shelf.ts";

/** Events of a shard that a live subscriber may be behind (docs/protocol.md 1.3). */
const BROADCAST_CAPACITY = 10_000;
const VALIDATOR_COUNT = 4;
/** Keeps the traffic's random numbers apart from the population's. */
const TRAFFIC_SEED_OFFSET = 1_000_003;

/** The network, its users and the one node that serves it. */
export interface DevnetNode {
  readonly context: NodeContext;
  /** Makes the history up to the moment that the clock shows. */
  generate(signal: AbortSignal): Promise<void>;
  /** Makes a block of every shard, with fresh traffic. */
  produceBlock(): Promise<void>;
  /** The key with which a fid signs at the moment. */
  findSigner(fid: bigint): MessageSigner | undefined;
}

/** Assembles a node without history. */
export function createNode(options: ResolvedDevnetOptions, blake3: Blake3): DevnetNode {
  const { seed, users, messages, gaslessKeys, logger } = options;
  const network = createNetwork({ blake3, validators: createValidators(seed) });
  const clock = createClock(options, network);
  const snapshots = createSnapshotShelf(network, {
    intervalBlocks: options.snapshotIntervalBlocks,
    maxAgeMs: options.snapshotMaxAgeMs,
  });
  const broadcasts = new Map<number, Broadcast<HubEvent>>(
    [...network.dataShards.keys()].map((id) => [id, createBroadcast(BROADCAST_CAPACITY)]),
  );
  const population = createPopulation({ seed, users, messages, gaslessKeys });
  const prng = createPrng(seed + TRAFFIC_SEED_OFFSET);
  const scene = createScene({ prng, population, hash20: blake3.hash20 });
  const deck = createRecipeDeck(scene);
  const { trafficPerBlock: messagesPerBlock } = options;
  const traffic = createLiveTraffic({ scene, deck, messagesPerBlock });
  const { nowSeconds } = clock;

  function dropOldEvents(): void {
    if (options.eventRetentionMs === Number.POSITIVE_INFINITY) return;
    const retentionSeconds = BigInt(Math.floor(options.eventRetentionMs / 1000));
    const oldest = toFarcasterSeconds(nowSeconds()) - retentionSeconds;
    for (const { events } of network.dataShards.values()) events.dropBefore(oldest);
  }

  function afterCommit(): void {
    for (const shardId of network.dataShards.keys()) snapshots.onCommit(shardId, nowSeconds());
    dropOldEvents();
  }

  return {
    context: { network, snapshots, broadcasts, nowSeconds, logger },
    async generate(signal) {
      const endSeconds = clock.startSeconds();
      await runGenesis({ network, scene, deck, messages, endSeconds, signal });
      afterCommit();
    },
    async produceBlock() {
      const timestamp = clock.nextBlockTimestamp();
      for (const submission of traffic.next(timestamp)) network.mempool.add(submission);
      const chunks = network.produce(timestamp);
      afterCommit();
      // Events are in the log before they are broadcast: a subscriber may get some of them twice.
      await nextTurn();
      for (const { shardId, events } of chunks) {
        for (const event of events.broadcast) broadcasts.get(shardId)?.publish(event);
      }
    },
    findSigner: (fid) => population.find(fid)?.signer,
  };
}

interface NodeClock {
  /** Unix seconds when genesis ends. */
  startSeconds(): bigint;
  /** Unix seconds. */
  nowSeconds(): bigint;
  /** Farcaster seconds; never before the last block. */
  nextBlockTimestamp(): bigint;
}

/** With blocks made by hand, time is what the last block says; otherwise it is real. */
function createClock({ blockMs, now }: ResolvedDevnetOptions, network: Network): NodeClock {
  const isSimulated = blockMs === 0;
  const realSeconds = () => BigInt(Math.floor(now() / 1000));
  const last = () => network.blockShard.lastTimestamp();

  return {
    startSeconds: realSeconds,
    nowSeconds: () => (isSimulated ? toUnixSeconds(last()) : realSeconds()),
    nextBlockTimestamp() {
      if (isSimulated) return last() + 1n;
      const real = toFarcasterSeconds(realSeconds());
      if (real < last()) return last();
      return real;
    },
  };
}

function createValidators(seed: number): ReturnType<typeof createValidatorSet> {
  const indexes = Array.from({ length: VALIDATOR_COUNT }, (_, index) => index);
  return createValidatorSet(indexes.map((index) => createSigner(`${seed}/validator/${index}`)));
}
