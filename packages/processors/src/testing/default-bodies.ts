// What the message builders say unless told otherwise. An add and its remove with the same seed
// are about the same target.
import type { MessageBodies, MessageKind } from "@snaprag/proto";
import {
  CastingMode,
  CastType,
  ChannelMemberAction,
  ChannelModerateAction,
  MembershipMode,
  Protocol,
  ReactionType,
  StorageUnitType,
  UserDataType,
  UserNameType,
} from "@snaprag/proto";
import { seededBytes } from "./seeded-bytes.ts";

/** Unix seconds, 2024-03-03T09:46:40Z: the time of a name's proof. */
const PROOF_TIMESTAMP = 1_709_459_200n;

/** Farcaster seconds, well after any message's own time: when a key's signature lapses. */
const KEY_DEADLINE = 4_000_000_000;

const SECONDS_PER_DAY = 86_400;

function addressOf(seed: number): Uint8Array {
  return seededBytes(`address ${seed}`, 20);
}

function keyOf(seed: number): Uint8Array {
  return seededBytes(`key ${seed}`, 32);
}

function castHashOf(seed: number): Uint8Array {
  return seededBytes(`cast ${seed}`, 20);
}

function channelIdOf(seed: number): Uint8Array {
  return seededBytes(`channel ${seed}`, 32);
}

function targetFidOf(seed: number): bigint {
  return 1000n + BigInt(seed);
}

function reactionOf(seed: number): MessageBodies["reactionAdd"] {
  const value = { fid: targetFidOf(seed), hash: castHashOf(seed) };
  return { type: ReactionType.LIKE, target: { $case: "targetCastId", value } };
}

function linkOf(seed: number): MessageBodies["linkAdd"] {
  return {
    type: "follow",
    displayTimestamp: undefined,
    target: { $case: "targetFid", value: targetFidOf(seed) },
  };
}

/** The body of each message type, every field given, by seed and author. */
export const DEFAULT_BODIES: {
  readonly [Kind in MessageKind]: (seed: number, fid: bigint) => MessageBodies[Kind];
} = {
  castAdd: (seed) => ({
    embedsDeprecated: [],
    mentions: [],
    parent: undefined,
    text: `gm ${seed}`,
    mentionsPositions: [],
    embeds: [],
    type: CastType.CAST,
  }),
  castRemove: (seed) => ({ targetHash: castHashOf(seed) }),
  reactionAdd: reactionOf,
  reactionRemove: reactionOf,
  linkAdd: linkOf,
  linkRemove: linkOf,
  linkCompactState: (seed) => ({ type: "follow", targetFids: [targetFidOf(seed)] }),
  verificationAdd: (seed) => ({
    address: addressOf(seed),
    claimSignature: seededBytes(`claim ${seed}`, 65),
    blockHash: seededBytes(`block ${seed}`, 32),
    verificationType: 0,
    chainId: 0,
    protocol: Protocol.ETHEREUM,
  }),
  verificationRemove: (seed) => ({ address: addressOf(seed), protocol: Protocol.ETHEREUM }),
  userDataAdd: (seed) => ({ type: UserDataType.BIO, value: `bio ${seed}` }),
  usernameProof: (seed, fid) => ({
    timestamp: PROOF_TIMESTAMP,
    name: new TextEncoder().encode(`name${seed}.eth`),
    owner: addressOf(seed),
    signature: seededBytes(`proof ${seed}`, 65),
    fid,
    type: UserNameType.USERNAME_TYPE_ENS_L1,
  }),
  frameAction: (seed) => ({
    url: new TextEncoder().encode(`https://frame.example/${seed}`),
    buttonIndex: 1,
    castId: { fid: targetFidOf(seed), hash: castHashOf(seed) },
    inputText: new Uint8Array(),
    state: new Uint8Array(),
    transactionId: new Uint8Array(),
    address: new Uint8Array(),
  }),
  lendStorage: (seed) => ({
    toFid: targetFidOf(seed),
    numUnits: 1n,
    unitType: StorageUnitType.UNIT_TYPE_2024,
  }),
  keyAdd: (seed) => ({
    key: keyOf(seed),
    keyType: 1,
    custodySignature: seededBytes(`custody ${seed}`, 65),
    deadline: KEY_DEADLINE,
    nonce: 1,
    metadata: seededBytes(`metadata ${seed}`, 64),
    metadataType: 1,
    registrationTxHash: new Uint8Array(),
    scopes: [],
    ttl: 90 * SECONDS_PER_DAY,
  }),
  keyRemove: (seed) => ({
    key: keyOf(seed),
    signature: seededBytes(`removal ${seed}`, 65),
    signatureType: 1,
    deadline: KEY_DEADLINE,
    nonce: 2,
  }),
  channelUpdate: (seed) => ({
    channelId: channelIdOf(seed),
    name: `channel ${seed}`,
    description: undefined,
    imageUrl: undefined,
    header: undefined,
    rules: undefined,
    castingMode: CastingMode.EVERYONE,
    membershipMode: MembershipMode.OPEN,
  }),
  channelMember: (seed) => ({
    channelId: channelIdOf(seed),
    fid: targetFidOf(seed),
    action: ChannelMemberAction.ADD_MEMBER,
  }),
  channelPin: (seed) => ({ channelId: channelIdOf(seed), castHash: castHashOf(seed) }),
  channelModerate: (seed) => ({
    channelId: channelIdOf(seed),
    castHash: castHashOf(seed),
    action: ChannelModerateAction.HIDE,
  }),
};
