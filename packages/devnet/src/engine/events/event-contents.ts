// What the events of a data shard say (docs/protocol.md 6.4).
import type { MessageKind, OnChainEvent, TypedMessage, UserNameProof } from "@snaprag/proto";
import { HubEventType } from "@snaprag/proto";
import type { Rejected } from "../rules/verdict.ts";
import type { ChannelOwnerChange } from "../state/channel-registry.ts";
import type { MessageRow } from "../state/message-row.ts";
import { readRow } from "../state/message-row.ts";
import type { EventContent } from "./block-recorder.ts";

/** A message was merged in place of others. */
export function mergeContent(row: MessageRow, deleted: readonly MessageRow[]): EventContent {
  if (row.kind === "usernameProof") return usernameProofContent(row, deleted[0]);
  // A node sends the list of a compaction to nobody (docs/protocol.md 6.5).
  const sent: readonly MessageRow[] = row.kind === "linkCompactState" ? [] : deleted;
  const value = { message: row.message, deletedMessages: sent.map(({ message }) => message) };
  return {
    type: HubEventType.MERGE_MESSAGE,
    body: { $case: "mergeMessageBody", value },
  };
}

/** A message gave way to a storage limit. */
export function pruneContent(row: MessageRow): EventContent {
  if (row.kind === "usernameProof") return usernameProofContent(undefined, row);
  return {
    type: HubEventType.PRUNE_MESSAGE,
    body: { $case: "pruneMessageBody", value: { message: row.message } },
  };
}

/** A profile field lost the name or address it stood on. */
export function revokeContent(row: MessageRow): EventContent {
  return {
    type: HubEventType.REVOKE_MESSAGE,
    body: { $case: "revokeMessageBody", value: { message: row.message } },
  };
}

/** A message of the block was turned down. */
export function failureContent(message: TypedMessage, { code, reason }: Rejected): EventContent {
  return {
    type: HubEventType.MERGE_FAILURE,
    body: { $case: "mergeFailure", value: { message: message.envelope, code, reason } },
  };
}

/** An on-chain event was merged. */
export function onChainContent(onChainEvent: OnChainEvent): EventContent {
  return {
    type: HubEventType.MERGE_ON_CHAIN_EVENT,
    body: { $case: "mergeOnChainEventBody", value: { onChainEvent } },
  };
}

/** A registry username was registered, transferred or, with fid 0, given up. */
export function fnameContent(
  usernameProof: UserNameProof,
  deletedUsernameProof: UserNameProof | undefined,
): EventContent {
  const value = {
    usernameProof,
    deletedUsernameProof,
    usernameProofMessage: undefined,
    deletedUsernameProofMessage: undefined,
  };
  return {
    type: HubEventType.MERGE_USERNAME_PROOF,
    body: { $case: "mergeUsernameProofBody", value },
  };
}

/** Something happened that may have changed who owns a channel. */
export function ownerHintContent({ channel, cause }: ChannelOwnerChange): EventContent {
  const value = { channelKey: channel.channelKey, ownerAddress: channel.ownerAddress, cause };
  return {
    type: HubEventType.CHANNEL_OWNER_CHANGE_HINT,
    body: { $case: "channelOwnerChangeHintBody", value },
  };
}

/** Whether a kind of message is announced by an event without an id. */
export function isUnstoredKind(kind: MessageKind): boolean {
  return kind === "keyAdd" || kind === "keyRemove";
}

/** ENS names and basenames: merged, replaced or, without a new one, pruned. */
function usernameProofContent(
  row: MessageRow | undefined,
  deleted: MessageRow | undefined,
): EventContent {
  const value = {
    usernameProof: proofOf(row),
    deletedUsernameProof: proofOf(deleted),
    usernameProofMessage: row?.message,
    deletedUsernameProofMessage: deleted?.message,
  };
  return {
    type: HubEventType.MERGE_USERNAME_PROOF,
    body: { $case: "mergeUsernameProofBody", value },
  };
}

function proofOf(row: MessageRow | undefined): UserNameProof | undefined {
  const message = row === undefined ? undefined : readRow(row);
  return message?.type === "usernameProof" ? message.body : undefined;
}
