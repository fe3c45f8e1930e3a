import type { Blake3 } from "@snaprag/verify";
import { createValidatorSet } from "../engine/blocks/commits.ts";
import type { CommittedChunk } from "../engine/blocks/data-shard.ts";
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

const VALIDATOR_COUNT = 4;
/** Keeps the traffic's random numbers apart from the population's. */
const TRAFFIC_SEED_OFFSET = 1_000_003;

/** The network and its users, whatever nodes may serve it. */
export interface Chain {
  readonly network: Network;
  /** Unix seconds on the clock of every node. */
  nowSeconds(): bigint;
  /** Makes the history up to the moment that the clock shows. */
  generate(signal: AbortSignal): Promise<void>;
  /** Makes a block of every shard, with fresh traffic. */
  produceBlock(): readonly CommittedChunk[];
  /** The key with which a fid signs at the moment. */
  findSigner(fid: bigint): MessageSigner | undefined;
}

/** Assembles a chain without history. */
export function createChain(options: ResolvedDevnetOptions, blake3: Blake3): Chain {
  const { seed, users, messages, gaslessKeys } = options;
  const network = createNetwork({ blake3, validators: createValidators(seed) });
  const clock = createClock(options, network);
  const population = createPopulation({ seed, users, messages, gaslessKeys });
  const prng = createPrng(seed + TRAFFIC_SEED_OFFSET);
  const scene = createScene({ prng, population, hash20: blake3.hash20 });
  const deck = createRecipeDeck(scene);
  const { trafficPerBlock: messagesPerBlock } = options;
  const traffic = createLiveTraffic({ scene, deck, messagesPerBlock });

  return {
    network,
    nowSeconds: clock.nowSeconds,
    generate(signal) {
      const endSeconds = clock.startSeconds();
      return runGenesis({ network, scene, deck, messages, endSeconds, signal });
    },
    produceBlock() {
      const timestamp = clock.nextBlockTimestamp();
      for (const submission of traffic.next(timestamp)) network.mempool.add(submission);
      return network.produce(timestamp, options.replayDelayBlocks);
    },
    findSigner: (fid) => population.find(fid)?.signer,
  };
}

interface ChainClock {
  /** Unix seconds when genesis ends. */
  startSeconds(): bigint;
  /** Unix seconds. */
  nowSeconds(): bigint;
  /** Farcaster seconds; never before the last block. */
  nextBlockTimestamp(): bigint;
}

/** With blocks made by hand, time is what the last block says; otherwise it is real. */
function createClock({ blockMs, now }: ResolvedDevnetOptions, network: Network): ChainClock {
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
