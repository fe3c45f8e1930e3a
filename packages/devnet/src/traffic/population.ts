import type { CastId, Message, ReactionBody, VerificationAddAddressBody } from "@snaprag/proto";
import { homeShardOf } from "@snaprag/verify";
import { DATA_SHARD_COUNT } from "../engine/state/fid-places.ts";
import type { MessageSigner } from "./authoring/build-message.ts";
import { createSigner } from "./authoring/build-message.ts";
import type { Prng } from "./authoring/prng.ts";
import { createPrng } from "./authoring/prng.ts";

/**
 * What a user is there to show.
 *
 * - `whale`: more messages than anyone, over ten pages of them in a large network.
 * - `fullCasts`, `fullReactions`: one storage unit, filled to the limit.
 * - `expiring`: storage that ends soon after genesis.
 * - `landlord`: storage to lend.
 */
type Role = "ordinary" | "whale" | "fullCasts" | "fullReactions" | "expiring" | "landlord";

/** A user, and what traffic remembers of what the user did. */
export interface User {
  readonly fid: bigint;
  readonly homeShardId: number;
  readonly role: Role;
  /** Whether the user has gasless keys. */
  readonly hasGaslessKeys: boolean;
  /** Share of everyday messages, from 0 to 1. */
  readonly weight: number;
  /** Address that holds the fid, 20 bytes. */
  custody: Uint8Array;
  /** The key that signs; changes when it is removed on-chain. */
  signer: MessageSigner;
  readonly memory: UserMemory;
}

/** A few things a user did lately, oldest first, and how some of the user's affairs stand. */
interface UserMemory {
  readonly casts: CastId[];
  readonly reactions: ReactionBody[];
  readonly linkTargets: bigint[];
  readonly messages: Message[];
  readonly ensNames: string[];
  readonly verifications: VerificationAddAddressBody[];
  readonly gaslessKeys: MessageSigner[];
  /** Keys that were removed on-chain. */
  readonly removedSigners: MessageSigner[];
  /** Fids that borrow storage. */
  readonly borrowers: bigint[];
  /** The registry username; undefined without one. */
  fname: string | undefined;
  /** Farcaster seconds of the last link compaction. */
  compactedAt: number | undefined;
  /** Nonce of the last gasless key message. */
  nonce: number;
}

/** The users of a network. */
export interface Population {
  readonly users: readonly User[];
  readonly whale: User;
  /** A user, the likelier the greater the weight. */
  pickByWeight(prng: Prng): User;
  /** A user without a special role, any as likely as any other. */
  pickOrdinary(prng: Prng): User;
  withRole(role: Role): readonly User[];
  withGaslessKeys(): readonly User[];
  find(fid: bigint): User | undefined;
  /** Adds a user who joins later. */
  join(): User;
}

/** How large a population is, and what it does. */
export interface PopulationOptions {
  readonly seed: number;
  readonly users: number;
  /** Messages that the users publish together. */
  readonly messages: number;
  readonly gaslessKeys: boolean;
}

const MEMORY_LENGTH = 32;
const MIN_DISTANT_FID = 10_000;
/** Fids of users who join later follow after it. */
const MAX_FID = 1_500_000;
const WHALE_SHARE = 0.15;
/** Above this many messages the whale must fill more than ten pages of a thousand leaves. */
const LARGE_NETWORK_MESSAGES = 50_000;
const LARGE_WHALE_MESSAGES = 12_500;
const WEIGHT_EXPONENT = 0.9;
/** One user in so many has gasless keys. */
const GASLESS_INTERVAL = 50;

/** Creates the population of a seed. */
export function createPopulation(options: PopulationOptions): Population {
  const prng = createPrng(options.seed);
  const fids = drawFids(options.users, prng);
  const roles = assignRoles(options.users);
  const weights = assignWeights(roles, options.messages);
  const users: User[] = shuffle(fids, prng).map((fid, index) =>
    createUser(fid, options.seed, {
      role: roles[index] ?? "ordinary",
      weight: weights[index] ?? 0,
      hasGaslessKeys: options.gaslessKeys && index % GASLESS_INTERVAL === 5,
    }),
  );
  const cumulative = cumulate(users);
  const byFid = new Map(users.map((user) => [user.fid, user]));
  const ordinary = users.filter(({ role }) => role === "ordinary");
  const [whale] = users;
  let lastFid = BigInt(MAX_FID);
  if (whale === undefined) throw new RangeError("Expected a population of at least one user");

  return {
    users,
    whale,
    pickByWeight: (prng) => users[findShare(cumulative, prng.next())] ?? whale,
    pickOrdinary: (prng) => prng.pick(ordinary),
    withRole: (role) => users.filter((user) => user.role === role),
    withGaslessKeys: () => users.filter(({ hasGaslessKeys }) => hasGaslessKeys),
    find: (fid) => byFid.get(fid),
    join() {
      lastFid++;
      const traits = { role: "ordinary", weight: 0, hasGaslessKeys: false } as const;
      const user = createUser(lastFid, options.seed, traits);
      users.push(user);
      ordinary.push(user);
      byFid.set(user.fid, user);
      return user;
    },
  };
}

/** Appends to a part of a user's memory, forgetting the oldest. */
export function remember<Item>(items: Item[], item: Item): void {
  items.push(item);
  if (items.length > MEMORY_LENGTH) items.shift();
}

function createUser(
  fid: bigint,
  seed: number,
  traits: Pick<User, "role" | "weight" | "hasGaslessKeys">,
): User {
  return {
    fid,
    homeShardId: homeShardOf(fid, DATA_SHARD_COUNT),
    ...traits,
    custody: createPrng(Number(fid & 0x7fffffffn) ^ seed).bytes(20),
    signer: createSigner(`${seed}/signer/${fid}/0`),
    memory: {
      casts: [],
      reactions: [],
      linkTargets: [],
      messages: [],
      ensNames: [],
      verifications: [],
      gaslessKeys: [],
      removedSigners: [],
      borrowers: [],
      fname: undefined,
      compactedAt: undefined,
      nonce: 0,
    },
  };
}

/** Half of the fids are the first ones, the rest lie far apart. */
function drawFids(count: number, prng: Prng): bigint[] {
  const fids = new Set<bigint>();
  while (fids.size < count / 2) fids.add(BigInt(fids.size + 1));
  while (fids.size < count) fids.add(BigInt(MIN_DISTANT_FID + prng.int(MAX_FID - MIN_DISTANT_FID)));
  return [...fids];
}

function assignRoles(count: number): readonly Role[] {
  const roles = new Array<Role>(count).fill("ordinary");
  roles[0] = "whale";
  roles[1] = "landlord";
  roles[2] = "landlord";
  roles[count - 1] = "fullCasts";
  roles[count - 2] = "fullReactions";
  roles[count - 3] = "expiring";
  return roles;
}

/** A power law; users who stand at a limit take no part in everyday traffic. */
function assignWeights(roles: readonly Role[], messages: number): readonly number[] {
  const whaleShare =
    messages >= LARGE_NETWORK_MESSAGES
      ? Math.max(WHALE_SHARE, LARGE_WHALE_MESSAGES / messages)
      : WHALE_SHARE;
  const raw = roles.map((role, index) =>
    role === "ordinary" || role === "landlord" ? index ** -WEIGHT_EXPONENT : 0,
  );
  const sum = raw.reduce((total, weight) => total + weight, 0);
  return raw.map((weight, index) => (index === 0 ? whaleShare : (weight / sum) * (1 - whaleShare)));
}

function cumulate(users: readonly User[]): readonly number[] {
  let sum = 0;
  return users.map(({ weight }) => {
    sum += weight;
    return sum;
  });
}

/** Index of the first share that reaches a value. */
function findShare(cumulative: readonly number[], value: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function shuffle<Item>(items: readonly Item[], prng: Prng): readonly Item[] {
  return items
    .map((item) => ({ item, place: prng.next() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
