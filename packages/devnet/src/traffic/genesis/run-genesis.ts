import { setImmediate as nextTurn } from "node:timers/promises";
import { toFarcasterSeconds } from "../../engine/farcaster-time.ts";
import type { Submission } from "../../engine/mempool.ts";
import type { Network } from "../../engine/network.ts";
import { sayEverydayMessage } from "../everyday.ts";
import type { RecipeDeck } from "../recipe-deck.ts";
import { publishCast } from "../recipes/cast-recipes.ts";
import { buyPro, registerUser } from "../recipes/chain-recipes.ts";
import { likePage } from "../recipes/graph-recipes.ts";
import { registerFname } from "../recipes/name-recipes.ts";
import { setCommonField } from "../recipes/profile-recipes.ts";
import { verifyEthereum } from "../recipes/verification-recipes.ts";
import type { Scene } from "../scene.ts";
import { planRent } from "./plan-rent.ts";

/** What a network's history is made from. */
export interface GenesisOptions {
  readonly network: Network;
  readonly scene: Scene;
  readonly deck: RecipeDeck;
  /** Live messages that the history ends with. */
  readonly messages: number;
  /** Unix seconds at which it ends. */
  readonly endSeconds: bigint;
  /** Gives up between two blocks. */
  readonly signal: AbortSignal;
}

/** The blocks of genesis lie within a day, the messages within half a year. */
const BLOCKS_SPAN_SECONDS = 86_400;
const MESSAGES_SPAN_SECONDS = 180 * 86_400;

const USERS_PER_BLOCK = 500;
/** Users that have their names in one block: each is an event of every shard, of 16,383 at most. */
const NAMES_PER_BLOCK = 4000;
const TARGET_ROUNDS = 40;
const MIN_ROUND_MESSAGES = 50;
const MAX_ROUND_MESSAGES = 4000;
const RECIPES_PER_BLOCK = 8;
/** A smaller history is too short for everything that happens rarely. */
const MIN_MESSAGES_FOR_RECIPES = 500;
const RECIPE_PASSES = 2;
/** A smaller history cannot spare what it takes to fill a user's storage. */
const MIN_MESSAGES_FOR_FULL_USERS = 5000;
const FULL_CASTS = 100;
const FULL_REACTIONS = 200;
const EXPIRING_CASTS = 20;
/** Chunks by which shard 1 is ahead, so that heights of different shards are never the same. */
const HEAD_START_CHUNKS = 3;

/**
 * Makes a network's history: everyone registers, publishes and does what happens rarely, through
 * the same blocks as later. Ends with as many live messages as asked for, unless rare events alone
 * make more.
 */
export async function runGenesis(options: GenesisOptions): Promise<void> {
  const { network, scene, messages } = options;
  const clock = createGenesisClock(options);
  const live = () => network.liveMessageCount();

  async function produce(submissions: readonly Submission[]): Promise<void> {
    for (const submission of submissions) network.mempool.add(submission);
    network.produce(clock.nextBlock());
    // Signing is the long part of a round; the process must stay responsive in between.
    await nextTurn();
    options.signal.throwIfAborted();
  }

  for (let index = 0; index < HEAD_START_CHUNKS; index++) {
    network.produceChunk(1, clock.blockTime());
  }
  for (const submissions of registerEveryone(options)) await produce(submissions);
  for (const submissions of introduceEveryone(scene, messages)) await produce(submissions);
  if (messages >= MIN_MESSAGES_FOR_FULL_USERS) await produce(fillStorages(scene));
  const round = roundSize(messages);
  const everyday = messages - (messages >= MIN_MESSAGES_FOR_RECIPES ? round : 0);
  while (live() < everyday) {
    clock.setProgress(live() / messages);
    await produce(sayEveryday(scene, Math.min(round, everyday - live())));
  }
  if (messages >= MIN_MESSAGES_FOR_RECIPES) {
    for (const submissions of dealRecipes(options, clock)) await produce(submissions);
  }
  while (live() < messages) {
    clock.setProgress(1);
    await produce(sayEveryday(scene, messages - live()));
  }
  network.produce(toFarcasterSeconds(options.endSeconds));
}

interface GenesisClock {
  blockTime(): bigint;
  /** Moves on to the time of the next block. */
  nextBlock(): bigint;
  /** Sets the time at which messages are written, from 0 to 1. */
  setProgress(progress: number): void;
  /** Lets messages be written at the time of the next block. */
  setToBlockTime(): void;
}

function createGenesisClock({ scene, messages, endSeconds }: GenesisOptions): GenesisClock {
  const end = Number(toFarcasterSeconds(endSeconds));
  const blocks =
    messages / roundSize(messages) + scene.population.users.length / USERS_PER_BLOCK + 60;
  const spacing = Math.max(1, Math.floor(BLOCKS_SPAN_SECONDS / blocks));
  let blockTime = end - BLOCKS_SPAN_SECONDS;
  const following = () => Math.min(blockTime + spacing, end - 1);
  scene.setTime(end - MESSAGES_SPAN_SECONDS);

  return {
    blockTime: () => BigInt(blockTime),
    nextBlock() {
      blockTime = following();
      return BigInt(blockTime);
    },
    setProgress(progress) {
      const elapsed = Math.floor(MESSAGES_SPAN_SECONDS * Math.min(progress, 1));
      // Never after the block that will hold the messages.
      scene.setTime(Math.min(end - MESSAGES_SPAN_SECONDS + elapsed, following()));
    },
    setToBlockTime: () => scene.setTime(following()),
  };
}

function roundSize(messages: number): number {
  const size = Math.ceil(messages / TARGET_ROUNDS);
  return Math.min(MAX_ROUND_MESSAGES, Math.max(MIN_ROUND_MESSAGES, size));
}

function* registerEveryone(options: GenesisOptions): Generator<readonly Submission[]> {
  const { scene, messages, endSeconds } = options;
  const { prng } = scene;
  const { users } = scene.population;
  for (let start = 0; start < users.length; start += USERS_PER_BLOCK) {
    yield users.slice(start, start + USERS_PER_BLOCK).flatMap((user) => {
      const rent = planRent(user, { prng, messages, endSeconds });
      const registration = registerUser(scene, user, rent);
      return user.role === "landlord" ? [...registration, buyPro(scene, user, 730n)] : registration;
    });
  }
}

/** Names and addresses for many, and a profile field, as far as the number of messages allows. */
function* introduceEveryone(scene: Scene, messages: number): Generator<readonly Submission[]> {
  const { prng, population } = scene;
  const introduced = population.users.slice(0, Math.floor(messages / 60));
  for (let start = 0; start < introduced.length; start += NAMES_PER_BLOCK) {
    yield introduced
      .slice(start, start + NAMES_PER_BLOCK)
      .flatMap((user) => [
        ...(prng.chance(0.7) ? registerFname(scene, user) : []),
        ...(prng.chance(0.4) ? [verifyEthereum(scene, user)] : []),
        setCommonField(scene, user),
      ]);
  }
}

function fillStorages(scene: Scene): readonly Submission[] {
  const { population } = scene;
  const repeat = (count: number, say: () => Submission) => Array.from({ length: count }, say);
  return [
    ...population
      .withRole("fullCasts")
      .flatMap((user) => repeat(FULL_CASTS, () => publishCast(scene, user))),
    ...population
      .withRole("fullReactions")
      .flatMap((user) => repeat(FULL_REACTIONS, () => likePage(scene, user))),
    ...population
      .withRole("expiring")
      .flatMap((user) => repeat(EXPIRING_CASTS, () => publishCast(scene, user))),
  ];
}

function sayEveryday(scene: Scene, count: number): readonly Submission[] {
  return Array.from({ length: count }, () =>
    sayEverydayMessage(scene, scene.population.pickByWeight(scene.prng)),
  );
}

function* dealRecipes(
  { deck }: GenesisOptions,
  clock: GenesisClock,
): Generator<readonly Submission[]> {
  for (let dealt = 0; dealt < deck.size * RECIPE_PASSES; dealt += RECIPES_PER_BLOCK) {
    clock.setToBlockTime();
    yield Array.from({ length: RECIPES_PER_BLOCK }, () => deck.deal()).flat();
  }
}
