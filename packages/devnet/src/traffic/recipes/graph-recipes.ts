// Reactions and links.
import type { LinkBody, ReactionBody } from "@snaprag/proto";
import { ReactionType } from "@snaprag/proto";
import { channelTokenUrl } from "../../engine/rules/shard-zero/channel-token.ts";
import type { User } from "../population.ts";
import { remember } from "../population.ts";
import type { MessageSubmission, Recipe, SayOptions, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";
import { composeUrl } from "../text.ts";

/** Fids are drawn from this range when a user follows somebody the network has never seen. */
const FID_RANGE = 1_500_000;

/** Likes or recasts a cast, or likes a page. */
export function react(scene: Scene, user: User, options: SayOptions = {}): MessageSubmission {
  const body: ReactionBody = {
    type: scene.prng.chance(0.8) ? ReactionType.LIKE : ReactionType.RECAST,
    target: pickTarget(scene),
  };
  remember(user.memory.reactions, body);
  return scene.say(user, { type: "reactionAdd", body }, options);
}

/** Likes a page, a different one each time. */
export function likePage(scene: Scene, user: User): MessageSubmission {
  const target = { $case: "targetUrl", value: composeUrl(scene.prng) } as const;
  return scene.say(user, { type: "reactionAdd", body: { type: ReactionType.LIKE, target } });
}

/** Follows a user, or somebody unknown. */
export function follow(scene: Scene, user: User, options: SayOptions = {}): MessageSubmission {
  const { prng, population } = scene;
  const isKnown = prng.chance(0.4);
  const fid = isKnown ? prng.pick(population.users).fid : BigInt(1 + prng.int(FID_RANGE));
  remember(user.memory.linkTargets, fid);
  return scene.say(user, { type: "linkAdd", body: followBody(fid) }, options);
}

/** Reactions and links, given, taken back and compacted. */
export const GRAPH_RECIPES: readonly Recipe[] = [
  function likeAgain(scene) {
    const user = pickUserWith(scene, ({ reactions }) => reactions.length > 0);
    const body = user?.memory.reactions.at(-1);
    if (user === undefined || body === undefined) return [];
    return [scene.say(user, { type: "reactionAdd", body })];
  },

  function unlike(scene) {
    const user = pickUserWith(scene, ({ reactions }) => reactions.length > 0);
    const body = user?.memory.reactions.shift();
    if (user === undefined || body === undefined) return [];
    return [scene.say(user, { type: "reactionRemove", body })];
  },

  function unlikeWhatWasNeverLiked(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const target = { $case: "targetUrl", value: composeUrl(scene.prng) } as const;
    const body = { type: ReactionType.LIKE, target };
    return [scene.say(user, { type: "reactionRemove", body })];
  },

  /** The removal is the later message, so the like is turned down. */
  function likeBeforeUnlike(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const body: ReactionBody = { type: ReactionType.LIKE, target: pickTarget(scene) };
    return [
      scene.say(user, { type: "reactionRemove", body }),
      scene.say(user, { type: "reactionAdd", body }),
    ];
  },

  function followChannel(scene) {
    const channel = scene.channels.at(-1);
    if (channel === undefined) return [];
    const user = scene.population.pickOrdinary(scene.prng);
    const target = { $case: "targetUrl", value: channelTokenUrl(channel.label) } as const;
    return [scene.say(user, { type: "reactionAdd", body: { type: ReactionType.LIKE, target } })];
  },

  function likeBeyondTheLimit(scene) {
    return scene.population.withRole("fullReactions").map((user) => likePage(scene, user));
  },

  function unfollow(scene) {
    const user = pickUserWith(scene, ({ linkTargets }) => linkTargets.length > 0);
    const fid = user?.memory.linkTargets.shift();
    if (user === undefined || fid === undefined) return [];
    return [scene.say(user, { type: "linkRemove", body: followBody(fid) })];
  },

  function linkOfAnotherType(scene) {
    const user = scene.population.pickOrdinary(scene.prng);
    const targetFid = scene.prng.pick(scene.population.users).fid;
    const body: LinkBody = { ...followBody(targetFid), type: "mute", displayTimestamp: scene.now };
    return [scene.say(user, { type: "linkAdd", body })];
  },

  function compactLinks(scene) {
    const user = pickUserWith(scene, ({ linkTargets }) => linkTargets.length > 3);
    if (user === undefined) return [];
    const { memory } = user;
    memory.linkTargets.splice(0, Math.floor(memory.linkTargets.length / 2));
    memory.compactedAt = scene.now;
    const body = { type: "follow", targetFids: [...memory.linkTargets] };
    return [scene.say(user, { type: "linkCompactState", body })];
  },

  /** The add comes in the same block before the compaction, which leaves it alone. */
  function linkBesideCompaction(scene) {
    const user = pickUserWith(scene, ({ linkTargets }) => linkTargets.length > 3);
    if (user === undefined) return [];
    const targetFids = user.memory.linkTargets.slice(1);
    user.memory.compactedAt = scene.now;
    return [
      follow(scene, user, { age: 5 }),
      scene.say(user, { type: "linkCompactState", body: { type: "follow", targetFids } }),
    ];
  },

  function linkOlderThanCompaction(scene) {
    const user = pickUserWith(scene, ({ compactedAt }) => compactedAt !== undefined);
    const compactedAt = user?.memory.compactedAt;
    if (user === undefined || compactedAt === undefined) return [];
    const body = followBody(BigInt(FID_RANGE + scene.nextNumber()));
    return [scene.say(user, { type: "linkAdd", body }, { age: scene.now - compactedAt + 10 })];
  },
];

function followBody(targetFid: bigint): LinkBody {
  return {
    type: "follow",
    displayTimestamp: undefined,
    target: { $case: "targetFid", value: targetFid },
  };
}

/** A cast, sometimes one that was removed long ago or never seen here, or a page. */
function pickTarget(scene: Scene): ReactionBody["target"] {
  const { prng } = scene;
  const known = prng.chance(0.7) ? scene.pickCast() : undefined;
  if (known !== undefined) return { $case: "targetCastId", value: known };
  if (prng.chance(0.3)) return { $case: "targetUrl", value: composeUrl(prng) };
  const unknown = { fid: BigInt(1 + prng.int(FID_RANGE)), hash: prng.bytes(20) };
  return { $case: "targetCastId", value: unknown };
}
