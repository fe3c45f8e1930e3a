import type { Submission } from "../engine/mempool.ts";
import { sayEverydayMessage } from "./everyday.ts";
import type { RecipeDeck } from "./recipe-deck.ts";
import type { Scene } from "./scene.ts";

/** Fresh traffic for each block. */
export interface LiveTraffic {
  /** What the users do before a block with this header time, in Farcaster seconds. */
  next(blockTimestamp: bigint): readonly Submission[];
}

/** What live traffic is made from. */
export interface LiveTrafficOptions {
  readonly scene: Scene;
  readonly deck: RecipeDeck;
  /** Messages of a block, on average; 0 for none ever. */
  readonly messagesPerBlock: number;
}

/** Share of blocks in which nothing happens. */
const QUIET_SHARE = 0.1;
/** One rare event comes with so many messages. */
const MESSAGES_PER_RECIPE = 7;

/** Creates the traffic that follows genesis. */
export function createLiveTraffic(options: LiveTrafficOptions): LiveTraffic {
  const { scene, deck, messagesPerBlock } = options;
  const { prng, population } = scene;

  return {
    next(blockTimestamp) {
      scene.setTime(Number(blockTimestamp));
      if (messagesPerBlock === 0 || prng.chance(QUIET_SHARE)) return [];
      const count = Math.max(1, Math.round(messagesPerBlock * (0.5 + prng.next())));
      const recipeCount = Math.ceil(count / MESSAGES_PER_RECIPE);
      const rare = Array.from({ length: recipeCount }, () => deck.deal()).flat();
      const everydayCount = Math.max(0, count - rare.length);
      const everyday = Array.from({ length: everydayCount }, () =>
        sayEverydayMessage(scene, population.pickByWeight(prng)),
      );
      return [...rare, ...everyday];
    },
  };
}
