// Structure of message bodies: sizes and forms that no valid message may have otherwise.
import type {
  CastAddBody,
  CastId,
  MessageKind,
  ReactionBody,
  TypedMessage,
  TypedMessageOf,
} from "@snaprag/proto";
import { CastType, Protocol, ReactionType } from "@snaprag/proto";

type BodyChecks = {
  readonly [Kind in MessageKind]: (message: TypedMessageOf<Kind>) => string | undefined;
};

const HASH_BYTES = 20;
const KEY_BYTES = 32;
const CHANNEL_ID_BYTES = 32;
const ETHEREUM_ADDRESS_BYTES = 20;
const SOLANA_ADDRESS_BYTES = 32;
const MAX_LINK_TYPE_BYTES = 8;
const MAX_URL_BYTES = 256;
const MAX_USER_DATA_BYTES = 256;
const MAX_EMBEDS = 4;
const MAX_MENTIONS = 10;

/** Bytes of text that each cast type is for: more than the first, at most the second. */
const TEXT_BYTES: ReadonlyMap<CastType, readonly [over: number, max: number]> = new Map<
  CastType,
  readonly [number, number]
>([
  [CastType.CAST, [-1, 320]],
  [CastType.LONG_CAST, [320, 1024]],
  [CastType.TEN_K_CAST, [1024, 10_000]],
]);

const CHECKS: BodyChecks = {
  castAdd: ({ body }) => findCastProblem(body),
  castRemove: ({ body }) => expectLength("target hash", body.targetHash, HASH_BYTES),
  reactionAdd: ({ body }) => findReactionProblem(body),
  reactionRemove: ({ body }) => findReactionProblem(body),
  linkAdd: ({ body }) => findLinkTypeProblem(body.type) ?? expectTarget(body.target),
  linkRemove: ({ body }) => findLinkTypeProblem(body.type) ?? expectTarget(body.target),
  linkCompactState: ({ body }) => findLinkTypeProblem(body.type),
  verificationAdd: ({ body }) => findAddressProblem(body.address, body.protocol),
  verificationRemove: ({ body }) => findAddressProblem(body.address, body.protocol),
  userDataAdd: ({ body }) =>
    Buffer.byteLength(body.value) > MAX_USER_DATA_BYTES ? "value is too long" : undefined,
  usernameProof: ({ body, fid }) =>
    body.fid === fid ? undefined : "fid of the proof is not the author's",
  frameAction: ({ body }) => (body.url.length === 0 ? "url is missing" : undefined),
  lendStorage: ({ body }) => (body.toFid === 0n ? "borrower is missing" : undefined),
  keyAdd: ({ body }) => expectLength("key", body.key, KEY_BYTES),
  keyRemove: ({ body }) => expectLength("key", body.key, KEY_BYTES),
  channelUpdate: ({ body }) => expectLength("channel id", body.channelId, CHANNEL_ID_BYTES),
  channelMember: ({ body }) => expectLength("channel id", body.channelId, CHANNEL_ID_BYTES),
  channelPin: ({ body }) => expectLength("channel id", body.channelId, CHANNEL_ID_BYTES),
  channelModerate: ({ body }) => expectLength("channel id", body.channelId, CHANNEL_ID_BYTES),
};

/** What is wrong with a message's body; undefined when nothing is. */
export function findBodyProblem(message: TypedMessage): string | undefined {
  // Safety: the table maps each `type` to a check of exactly that member of the union.
  const check = CHECKS[message.type] as (message: TypedMessage) => string | undefined;
  return check(message);
}

function findCastProblem(body: CastAddBody): string | undefined {
  const textBytes = Buffer.byteLength(body.text);
  const range = TEXT_BYTES.get(body.type);
  if (range === undefined) return "invalid cast type";
  if (textBytes <= range[0] || textBytes > range[1]) return "text does not fit the cast type";
  if (body.embedsDeprecated.length > 0) return "string embeds have been deprecated";
  if (body.embeds.length > MAX_EMBEDS) return `embeds > ${MAX_EMBEDS}`;
  if (body.mentions.length > MAX_MENTIONS) return `mentions > ${MAX_MENTIONS}`;
  return findPositionProblem(body, textBytes);
}

function findPositionProblem(
  { mentions, mentionsPositions }: CastAddBody,
  textBytes: number,
): string | undefined {
  if (mentions.length !== mentionsPositions.length) return "mentions and positions do not match";
  const isInText = mentionsPositions.every((position) => position <= textBytes);
  if (!isInText) return "mention beyond the text";
  const isSorted = mentionsPositions.every(
    (position, index) => position >= (mentionsPositions[index - 1] ?? 0),
  );
  return isSorted ? undefined : "mention positions are not sorted";
}

function findReactionProblem({ type, target }: ReactionBody): string | undefined {
  if (type !== ReactionType.LIKE && type !== ReactionType.RECAST) return "invalid reaction type";
  switch (target?.$case) {
    case "targetCastId":
      return findCastIdProblem(target.value);
    case "targetUrl":
      return findUrlProblem(target.value);
    default:
      return "target is missing";
  }
}

function findCastIdProblem({ fid, hash }: CastId): string | undefined {
  return fid === 0n ? "fid is missing" : expectLength("hash", hash, HASH_BYTES);
}

function findUrlProblem(url: string): string | undefined {
  const length = Buffer.byteLength(url);
  return length < 1 || length > MAX_URL_BYTES ? `url of ${length} bytes` : undefined;
}

function findLinkTypeProblem(type: string): string | undefined {
  const length = Buffer.byteLength(type);
  return length < 1 || length > MAX_LINK_TYPE_BYTES ? `link type of ${length} bytes` : undefined;
}

function findAddressProblem(address: Uint8Array, protocol: Protocol): string | undefined {
  const length = protocol === Protocol.SOLANA ? SOLANA_ADDRESS_BYTES : ETHEREUM_ADDRESS_BYTES;
  return expectLength("address", address, length);
}

function expectTarget(target: unknown): string | undefined {
  return target === undefined ? "target is missing" : undefined;
}

function expectLength(what: string, bytes: Uint8Array, length: number): string | undefined {
  return bytes.length === length ? undefined : `${what} of ${bytes.length} bytes, not ${length}`;
}
