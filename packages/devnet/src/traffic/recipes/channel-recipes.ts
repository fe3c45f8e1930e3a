import { keccak_256 } from "@noble/hashes/sha3.js";
import type { ChannelUpdateBody } from "@snaprag/proto";
import {
  CastingMode,
  ChannelMemberAction,
  ChannelModerateAction,
  ChannelRegisterEventType,
  MembershipMode,
  Protocol,
} from "@snaprag/proto";
import { toUnixSeconds } from "../../engine/farcaster-time.ts";
import type { Submission } from "../../engine/mempool.ts";
import type { User } from "../population.ts";
import type { ChannelNote, MessageSubmission, Recipe, Scene } from "../scene.ts";
import { pickUserWith } from "../scene.ts";
import { composeName, composeText, composeUrl } from "../text.ts";

const SECONDS_PER_YEAR = 365n * 86_400n;
/** Channel events carry no fid. */
const NO_FID = 0n;

const MEMBER_ACTIONS = [
  ChannelMemberAction.ADD_MEMBER,
  ChannelMemberAction.REMOVE_MEMBER,
  ChannelMemberAction.ADD_MODERATOR,
  ChannelMemberAction.REMOVE_MODERATOR,
  ChannelMemberAction.BAN,
  ChannelMemberAction.UNBAN,
] as const;

/** Channels on the chain, and what their owners say. */
export const CHANNEL_RECIPES: readonly Recipe[] = [
  function registerChannel(scene) {
    const owner = scene.population.pickOrdinary(scene.prng);
    const channelKey = composeName(scene.prng, BigInt(scene.nextNumber()));
    const label = keccak_256(Buffer.from(channelKey, "utf8"));
    const channel = { channelKey, label, owner };
    scene.channels.push(channel);
    const registration = announce(scene, channel, {
      eventType: ChannelRegisterEventType.REGISTER,
      ownerAddress: owner.custody,
    });
    return [registration, updateChannel(scene, channel)];
  },

  function changeChannel(scene) {
    const channel = pickChannel(scene);
    return channel === undefined ? [] : [updateChannel(scene, channel)];
  },

  function renewChannel(scene) {
    const channel = pickChannel(scene);
    if (channel === undefined) return [];
    const { custody: ownerAddress } = channel.owner;
    return [announce(scene, channel, { eventType: ChannelRegisterEventType.RENEW, ownerAddress })];
  },

  /** To a verified address, whose verifications concern the channel from now on. */
  function transferChannel(scene) {
    const owner = pickUserWith(scene, ({ verifications }) =>
      verifications.some(({ protocol }) => protocol === Protocol.ETHEREUM),
    );
    const wallet = owner?.memory.verifications.findLast(
      (body) => body.protocol === Protocol.ETHEREUM,
    );
    const channel = pickChannel(scene);
    if (owner === undefined || wallet === undefined || channel === undefined) return [];
    scene.channels.splice(scene.channels.indexOf(channel), 1, { ...channel, owner, wallet });
    const { address: ownerAddress } = wallet;
    return [
      announce(scene, channel, { eventType: ChannelRegisterEventType.TRANSFER, ownerAddress }),
      scene.say(owner, { type: "verificationAdd", body: wallet }),
    ];
  },

  /** Whoever has the address verified is the owner; now nobody is. */
  function giveUpOwnersAddress(scene) {
    const { owner, wallet } = findWalletChannel(scene) ?? {};
    if (owner === undefined || wallet === undefined) return [];
    const { address, protocol } = wallet;
    return [scene.say(owner, { type: "verificationRemove", body: { address, protocol } })];
  },

  function reclaimOwnersAddress(scene) {
    const { owner, wallet } = findWalletChannel(scene) ?? {};
    if (owner === undefined || wallet === undefined) return [];
    return [scene.say(owner, { type: "verificationAdd", body: wallet })];
  },

  function changeMember(scene) {
    const channel = pickChannel(scene);
    if (channel === undefined) return [];
    const { fid } = scene.population.pickOrdinary(scene.prng);
    return [sayMember(scene, channel, { fid, action: scene.prng.pick(MEMBER_ACTIONS) })];
  },

  /** Two authors take turns in one slot. */
  function letModeratorAct(scene) {
    const channel = pickChannel(scene);
    if (channel === undefined) return [];
    const moderator = scene.population.pickOrdinary(scene.prng);
    const { fid } = scene.population.whale;
    const ban = { channelId: channel.label, fid, action: ChannelMemberAction.BAN };
    return [
      sayMember(scene, channel, {
        fid: moderator.fid,
        action: ChannelMemberAction.ADD_MODERATOR,
      }),
      sayMember(scene, channel, { fid, action: ChannelMemberAction.ADD_MEMBER }),
      scene.say(moderator, { type: "channelMember", body: ban }),
    ];
  },

  function pinCast(scene) {
    const channel = pickChannel(scene);
    const cast = scene.pickCast();
    if (channel === undefined || cast === undefined) return [];
    const body = { channelId: channel.label, castHash: cast.hash };
    return [scene.say(channel.owner, { type: "channelPin", body })];
  },

  function unpinCast(scene) {
    const channel = pickChannel(scene);
    if (channel === undefined) return [];
    const body = { channelId: channel.label, castHash: new Uint8Array() };
    return [scene.say(channel.owner, { type: "channelPin", body })];
  },

  function moderateCast(scene) {
    const channel = pickChannel(scene);
    const cast = scene.pickCast();
    if (channel === undefined || cast === undefined) return [];
    const { HIDE, UNHIDE } = ChannelModerateAction;
    const action = scene.prng.chance(0.7) ? HIDE : UNHIDE;
    const body = { channelId: channel.label, castHash: cast.hash, action };
    return [scene.say(channel.owner, { type: "channelModerate", body })];
  },

  /** Shard 0 turns it down. */
  function changeChannelOfAnother(scene) {
    const channel = pickChannel(scene);
    const stranger = scene.population.pickOrdinary(scene.prng);
    return channel === undefined ? [] : [updateChannel(scene, { ...channel, owner: stranger })];
  },
];

function pickChannel({ channels, prng }: Scene): ChannelNote | undefined {
  return channels.length === 0 ? undefined : prng.pick(channels);
}

/** The latest channel that belongs to a verified address. */
function findWalletChannel({ channels }: Scene): ChannelNote | undefined {
  return channels.findLast(({ wallet }) => wallet !== undefined);
}

function announce(
  scene: Scene,
  { channelKey, label }: ChannelNote,
  change: { readonly eventType: ChannelRegisterEventType; readonly ownerAddress: Uint8Array },
): Submission {
  const expiry = toUnixSeconds(BigInt(scene.now)) + SECONDS_PER_YEAR;
  const value = { channelKey, label, expiry, ...change };
  return scene.happen(NO_FID, { $case: "channelRegisterEventBody", value });
}

function updateChannel(scene: Scene, { channelKey, label, owner }: ChannelNote): MessageSubmission {
  const { prng } = scene;
  const body: ChannelUpdateBody = {
    channelId: label,
    name: channelKey,
    description: prng.chance(0.5) ? composeText(prng, 200) : undefined,
    imageUrl: prng.chance(0.5) ? composeUrl(prng) : undefined,
    header: undefined,
    rules: prng.chance(0.3) ? composeText(prng, 100) : undefined,
    castingMode: prng.chance(0.5) ? CastingMode.EVERYONE : undefined,
    membershipMode: prng.chance(0.5) ? MembershipMode.OPEN : undefined,
  };
  return scene.say(owner, { type: "channelUpdate", body });
}

function sayMember(
  scene: Scene,
  { label, owner }: ChannelNote,
  change: { readonly fid: User["fid"]; readonly action: ChannelMemberAction },
): MessageSubmission {
  return scene.say(owner, { type: "channelMember", body: { channelId: label, ...change } });
}
