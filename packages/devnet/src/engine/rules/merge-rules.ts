import type { MessageKind, TypedMessage, TypedMessageOf } from "@snaprag/proto";
import { mergeCastAdd, mergeCastRemove } from "./cast-rules.ts";
import { mergeLink, mergeLinkCompactState } from "./link-rules.ts";
import { mergeUserData, mergeUsernameProof } from "./profile-rules.ts";
import { mergeReaction } from "./reaction-rules.ts";
import { admitChannelMessage, mergeChannelMessage } from "./shard-zero/channel-rules.ts";
import { mergeKeyAdd, mergeKeyRemove } from "./shard-zero/gasless-key-rules.ts";
import { admitLendStorage, mergeLendStorage } from "./shard-zero/lend-rules.ts";
import { mergeVerification } from "./shard-zero/verification-rules.ts";
import type { MergeContext, Verdict } from "./verdict.ts";
import { invalid } from "./verdict.ts";

type MergeRules = {
  readonly [Kind in MessageKind]: (message: TypedMessageOf<Kind>, context: MergeContext) => Verdict;
};

const MERGE_RULES: MergeRules = {
  castAdd: mergeCastAdd,
  castRemove: mergeCastRemove,
  reactionAdd: mergeReaction,
  reactionRemove: mergeReaction,
  linkAdd: mergeLink,
  linkRemove: mergeLink,
  linkCompactState: mergeLinkCompactState,
  verificationAdd: mergeVerification,
  verificationRemove: mergeVerification,
  userDataAdd: mergeUserData,
  usernameProof: mergeUsernameProof,
  frameAction: () => invalid("frame actions are never merged"),
  lendStorage: mergeLendStorage,
  keyAdd: mergeKeyAdd,
  keyRemove: mergeKeyRemove,
  channelUpdate: mergeChannelMessage,
  channelMember: mergeChannelMessage,
  channelPin: mergeChannelMessage,
  channelModerate: mergeChannelMessage,
};

/** Shard 0 knows what a data shard cannot know, and checks more before it passes a message on. */
const ADMISSION_RULES: MergeRules = {
  ...MERGE_RULES,
  lendStorage: admitLendStorage,
  channelUpdate: admitChannelMessage,
  channelMember: admitChannelMessage,
  channelPin: admitChannelMessage,
  channelModerate: admitChannelMessage,
};

/** Kinds that go through shard 0 and reach the data shards as block events. */
const SHARD_ZERO_KINDS: ReadonlySet<MessageKind> = new Set<MessageKind>([
  "lendStorage",
  "keyAdd",
  "keyRemove",
  "verificationAdd",
  "verificationRemove",
  "channelUpdate",
  "channelMember",
  "channelPin",
  "channelModerate",
]);

/** Whether a message is routed to shard 0 (docs/protocol.md 7, engine version 21). */
export function goesThroughShardZero(kind: MessageKind): boolean {
  return SHARD_ZERO_KINDS.has(kind);
}

/** Decides whether a data shard merges a message, and what that deletes. Changes nothing. */
export function judgeMerge(message: TypedMessage, context: MergeContext): Verdict {
  return judge(MERGE_RULES, message, context);
}

/** Decides whether shard 0 accepts a message and passes it on. Changes nothing. */
export function judgeAdmission(message: TypedMessage, context: MergeContext): Verdict {
  return judge(ADMISSION_RULES, message, context);
}

function judge(rules: MergeRules, message: TypedMessage, context: MergeContext): Verdict {
  // Safety: the table maps each `type` to a rule for exactly that member of the union.
  const rule = rules[message.type] as (message: TypedMessage, context: MergeContext) => Verdict;
  return rule(message, context);
}
