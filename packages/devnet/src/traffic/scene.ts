import type {
  CastId,
  Message,
  MessageBodies,
  MessageKind,
  OnChainEvent,
  UserNameProof,
  VerificationAddAddressBody,
} from "@snaprag/proto";
import { UserNameType } from "@snaprag/proto";
import { toUnixSeconds } from "../engine/farcaster-time.ts";
import type { Submission } from "../engine/mempool.ts";
import type { Hash20, MessageSigner } from "./authoring/build-message.ts";
import { signDraft } from "./authoring/build-message.ts";
import type { OnChainDraft } from "./authoring/on-chain-events.ts";
import { buildOnChainEvent } from "./authoring/on-chain-events.ts";
import type { Prng } from "./authoring/prng.ts";
import type { Population, User } from "./population.ts";
import { remember } from "./population.ts";

/** OP Mainnet makes a block every two seconds since about this time, in unix seconds. */
const CHAIN_START_SECONDS = 1_600_000_000n;
const MAX_REMEMBERED_CASTS = 200_000;
const FNAME_SIGNATURE_BYTES = 65;
const MAX_PICK_ATTEMPTS = 200;

/** Options of {@link Scene.say}. */
export interface SayOptions {
  /**
   * How many seconds before the scene's time the message was written; negative for the future.
   *
   * @default 0
   */
  readonly age?: number | undefined;
  /** Another key than the user's own. */
  readonly signer?: MessageSigner | undefined;
}

/** A message on its way into a block. */
export type MessageSubmission = Extract<Submission, { readonly kind: "message" }>;

/** A channel that some user registered. */
export interface ChannelNote {
  readonly channelKey: string;
  /** keccak256 of the key. */
  readonly label: Uint8Array;
  readonly owner: User;
  /** The owner's address when it is a verified one, and not the custody address. */
  readonly wallet?: VerificationAddAddressBody | undefined;
}

/** Something to submit; empty when the scene has nothing to do it with. */
export type Recipe = (scene: Scene) => readonly Submission[];

/** Who gives a registry username to whom. */
interface FnameDraft {
  readonly name: string;
  /** fid 0 gives the name up. */
  readonly fid: bigint;
  /** 0 for a new name. */
  readonly fromFid: bigint;
  /** Address of the new holder, 20 bytes. */
  readonly owner: Uint8Array;
  /**
   * How many seconds before the scene's time the transfer happened.
   *
   * @default 0
   */
  readonly age?: number | undefined;
}

/** What recipes work with: the users, the time, and a voice. */
export interface Scene {
  readonly prng: Prng;
  readonly population: Population;
  /** When messages are written, in Farcaster seconds. */
  readonly now: number;
  /** Moves on to a later time. */
  setTime(farcasterSeconds: number): void;
  /** A signed message of a user. */
  say<Kind extends MessageKind>(
    user: User,
    draft: { readonly type: Kind; readonly body: MessageBodies[Kind] },
    options?: SayOptions,
  ): MessageSubmission;
  /** A message that was said before. */
  repeat(message: Message): MessageSubmission;
  /** An on-chain event, after all earlier ones unless it has a time of its own. */
  happen(fid: bigint, body: OnChainDraft["body"], unixSeconds?: bigint): Submission;
  transferFname(draft: FnameDraft): Submission;
  /** A cast that somebody published; undefined before the first. */
  pickCast(): CastId | undefined;
  /** Takes note of a cast, for others to answer and like. */
  noteCast(cast: CastId): void;
  /** Channels so far, oldest first; whoever registers one appends it. */
  readonly channels: ChannelNote[];
  /** A number that this scene has not given out before. */
  nextNumber(): number;
}

/** What a scene is made of. */
export interface SceneOptions {
  readonly prng: Prng;
  readonly population: Population;
  readonly hash20: Hash20;
}

/** Sets the scene. */
export function createScene({ prng, population, hash20 }: SceneOptions): Scene {
  const casts: CastId[] = [];
  let now = 0;
  let count = 0;

  function nextNumber(): number {
    count++;
    return count;
  }

  function happen(fid: bigint, body: OnChainDraft["body"], unixSeconds?: bigint): Submission {
    const blockTimestamp = unixSeconds ?? toUnixSeconds(BigInt(now));
    const blockNumber = Number((blockTimestamp - CHAIN_START_SECONDS) / 2n);
    const event: OnChainEvent = buildOnChainEvent({
      fid,
      body,
      blockNumber,
      blockTimestamp,
      // Unique, so that no two events of a fid in one chain block are taken for one.
      logIndex: nextNumber(),
    });
    return { kind: "onChainEvent", event };
  }

  return {
    prng,
    population,
    get now() {
      return now;
    },
    setTime(farcasterSeconds) {
      now = farcasterSeconds;
    },
    say(user, { type, body }, { age = 0, signer = user.signer } = {}) {
      const timestamp = now - age;
      const withDataBytes = prng.chance(0.5);
      const draft = { type, body, fid: user.fid, timestamp, signer, withDataBytes };
      const message = signDraft(draft, hash20);
      remember(user.memory.messages, message);
      return { kind: "message", message };
    },
    repeat: (message) => ({ kind: "message", message }),
    happen,
    transferFname({ name, fid, fromFid, owner, age = 0 }) {
      const proof: UserNameProof = {
        timestamp: toUnixSeconds(BigInt(now - age)),
        name: Buffer.from(name, "utf8"),
        owner,
        signature: prng.bytes(FNAME_SIGNATURE_BYTES),
        fid,
        type: UserNameType.USERNAME_TYPE_FNAME,
      };
      const transfer = { id: BigInt(nextNumber()), fromFid, proof };
      return { kind: "fnameTransfer", transfer };
    },
    pickCast: () => (casts.length === 0 ? undefined : prng.pick(casts)),
    noteCast(cast) {
      if (casts.length < MAX_REMEMBERED_CASTS) casts.push(cast);
      else casts[prng.int(casts.length)] = cast;
    },
    channels: [],
    nextNumber,
  };
}

/** An ordinary user for whom there is something to work with; undefined when none is found. */
export function pickUserWith(
  { population, prng }: Scene,
  hasIt: (memory: User["memory"]) => boolean,
): User | undefined {
  for (let attempt = 0; attempt < MAX_PICK_ATTEMPTS; attempt++) {
    const user = population.pickOrdinary(prng);
    if (hasIt(user.memory)) return user;
  }
  return undefined;
}
