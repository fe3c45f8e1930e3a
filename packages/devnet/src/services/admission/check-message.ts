// What a node checks before it takes a message in (docs/protocol.md 4.1, 4.2).
import type { Message, TypedMessage } from "@snaprag/proto";
import {
  FarcasterNetwork,
  HashScheme,
  hashedBytes,
  isSameBytes,
  MessageData,
  narrowMessage,
  SignatureScheme,
} from "@snaprag/proto";
import { isSignedBy } from "../../engine/ed25519.ts";
import { toFarcasterSeconds } from "../../engine/farcaster-time.ts";
import { findAuthorProblem } from "../../engine/rules/check-author.ts";
import { goesThroughShardZero } from "../../engine/rules/merge-rules.ts";
import type { ShardState } from "../../engine/state/shard-state.ts";
import type { NodeContext } from "../node-context.ts";
import { homeShard } from "../node-context.ts";
import { findBodyProblem } from "./check-body.ts";

const HASH_BYTES = 20;
const MAX_DATA_BYTES = 2048;
const MAX_COMPACT_STATE_BYTES = 65_536;
const MAX_PRO_CAST_BYTES = 16_384;
const MAX_USERNAME_PROOF_BYTES = 16_384;

/** A message the node would take, or why it would not. */
export type Admission =
  | { readonly admitted: true; readonly message: Message }
  | { readonly admitted: false; readonly reason: string };

/** Checks hash, signature, structure and author. An admitted message has its `data` filled in. */
export function admitMessage(received: Message, context: NodeContext): Admission {
  const message = withData(received);
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") return refuse(`message is unreadable: ${typed.reason}`);
  const problem =
    findEnvelopeProblem(message, context) ??
    findSizeProblem(typed, context) ??
    findBodyProblem(typed) ??
    findSignerProblem(typed, context);
  return problem === undefined ? { admitted: true, message } : refuse(problem);
}

function refuse(reason: string): Admission {
  return { admitted: false, reason };
}

/** Clients may send `data_bytes` alone; the node decodes it, as far as it can, into `data`. */
function withData(message: Message): Message {
  const { dataBytes } = message;
  if (dataBytes === undefined || dataBytes.length === 0) return message;
  try {
    return { ...message, data: MessageData.encode(MessageData.decode(dataBytes)).finish() };
  } catch {
    // Not a MessageData: the next check says so.
    return message;
  }
}

function findEnvelopeProblem(message: Message, { network }: NodeContext): string | undefined {
  const { hash, hashScheme, signature, signatureScheme, signer } = message;
  const bytes = hashedBytes(message);
  if (hashScheme !== HashScheme.BLAKE3) return "invalid hash scheme";
  if (bytes.length === 0) return "data is missing";
  if (hash.length !== HASH_BYTES || !isSameBytes(network.blake3.hash20(bytes), hash)) {
    return "invalid hash";
  }
  if (signatureScheme !== SignatureScheme.ED25519) return "invalid signature scheme";
  return isSignedBy(hash, signature, signer) ? undefined : "invalid signature";
}

function findSizeProblem(message: TypedMessage, context: NodeContext): string | undefined {
  if (message.network === FarcasterNetwork.NONE) return "invalid network";
  if (message.fid === 0n) return "fid is missing";
  const limit = maxDataBytes(message, context);
  return message.dataBytes.length > limit ? `data bytes > ${limit}` : undefined;
}

function maxDataBytes({ type, fid }: TypedMessage, context: NodeContext): number {
  if (type === "linkCompactState") return MAX_COMPACT_STATE_BYTES;
  if (type === "usernameProof") return MAX_USERNAME_PROOF_BYTES;
  if (type !== "castAdd") return MAX_DATA_BYTES;
  const isPro = homeShard(context, fid).state.onChain.proExpiry(fid) > context.nowSeconds();
  return isPro ? MAX_PRO_CAST_BYTES : MAX_DATA_BYTES;
}

function findSignerProblem(message: TypedMessage, context: NodeContext): string | undefined {
  const state: ShardState = goesThroughShardZero(message.type)
    ? context.network.blockShard.state
    : homeShard(context, message.fid).state;
  const blockTimestamp = toFarcasterSeconds(context.nowSeconds());
  return findAuthorProblem(message, { state, blockNumber: 0n, blockTimestamp })?.reason;
}
