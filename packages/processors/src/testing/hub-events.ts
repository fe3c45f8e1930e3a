// Builders of hub events as a node serves them.
import type {
  BlockConfirmedBody,
  ChannelOwnerChangeHintBody,
  HubEvent,
  MergeFailureBody,
  MergeUserNameProofBody,
  Message,
  OnChainEvent,
} from "@snaprag/proto";
import { ChannelOwnerChangeCause, HubEventType } from "@snaprag/proto";
import { firstPositionOf } from "../change.ts";
import { seededBytes } from "./seeded-bytes.ts";

/** Where in its shard's history a built event is. */
export interface EventPosition {
  /** @default 1000n */
  readonly blockNumber?: bigint | undefined;
  /** Place within the block. @default 1, and 0 for a BLOCK_CONFIRMED */
  readonly sequence?: number | undefined;
  /** @default 1 */
  readonly shardId?: number | undefined;
  /** Farcaster seconds of the block. @default 100_000_000n plus the block number */
  readonly timestamp?: bigint | undefined;
}

const DEFAULT_BLOCK_NUMBER = 1000n;

function timeOf({ blockNumber = DEFAULT_BLOCK_NUMBER, timestamp }: EventPosition): bigint {
  return timestamp ?? 100_000_000n + blockNumber;
}

function aHubEvent(
  type: HubEventType,
  body: NonNullable<HubEvent["body"]>,
  position: EventPosition,
): HubEvent {
  const { blockNumber = DEFAULT_BLOCK_NUMBER, sequence = 1, shardId = 1 } = position;
  return {
    type,
    id: firstPositionOf(blockNumber) + BigInt(sequence),
    body,
    blockNumber,
    shardIndex: shardId,
    timestamp: timeOf(position),
  };
}

/** A message merged, with those it takes the place of. */
export function aMergeMessageEvent(
  message: Message,
  deletedMessages: readonly Message[] = [],
  position: EventPosition = {},
): HubEvent {
  const value = { message, deletedMessages: [...deletedMessages] };
  return aHubEvent(HubEventType.MERGE_MESSAGE, { $case: "mergeMessageBody", value }, position);
}

/** A message dropped because its author is over a storage limit. */
export function aPruneMessageEvent(message: Message, position: EventPosition = {}): HubEvent {
  const value = { message };
  return aHubEvent(HubEventType.PRUNE_MESSAGE, { $case: "pruneMessageBody", value }, position);
}

/** A message invalidated with its name, address or signer. */
export function aRevokeMessageEvent(message: Message, position: EventPosition = {}): HubEvent {
  const value = { message };
  return aHubEvent(HubEventType.REVOKE_MESSAGE, { $case: "revokeMessageBody", value }, position);
}

/** A name that changed hands; which of the three meanings follows from the fields given. */
export function aMergeUsernameProofEvent(
  body: Partial<MergeUserNameProofBody>,
  position: EventPosition = {},
): HubEvent {
  const value = {
    usernameProof: undefined,
    deletedUsernameProof: undefined,
    usernameProofMessage: undefined,
    deletedUsernameProofMessage: undefined,
    ...body,
  };
  const { MERGE_USERNAME_PROOF } = HubEventType;
  return aHubEvent(MERGE_USERNAME_PROOF, { $case: "mergeUsernameProofBody", value }, position);
}

/** An on-chain event merged. */
export function aMergeOnChainEvent(
  onChainEvent: OnChainEvent,
  position: EventPosition = {},
): HubEvent {
  const value = { onChainEvent };
  const { MERGE_ON_CHAIN_EVENT } = HubEventType;
  return aHubEvent(MERGE_ON_CHAIN_EVENT, { $case: "mergeOnChainEventBody", value }, position);
}

/** A message of the block that the node refused; a duplicate unless `code` says otherwise. */
export function aMergeFailureEvent(
  body: Partial<MergeFailureBody> = {},
  position: EventPosition = {},
): HubEvent {
  const code = "bad_request.duplicate";
  const value = { message: undefined, code, reason: "message has already been merged", ...body };
  return aHubEvent(HubEventType.MERGE_FAILURE, { $case: "mergeFailure", value }, position);
}

/** The header of a block; a quiet one unless the totals say otherwise. */
export function aBlockConfirmedEvent(
  body: Partial<BlockConfirmedBody> = {},
  position: EventPosition = {},
): HubEvent {
  const { blockNumber = DEFAULT_BLOCK_NUMBER, sequence = 0, shardId = 1 } = position;
  const value = {
    blockNumber,
    shardIndex: shardId,
    timestamp: timeOf(position),
    blockHash: seededBytes(`shard chunk ${shardId} ${blockNumber}`, 32),
    totalEvents: 1n,
    eventCountsByType: { [HubEventType.BLOCK_CONFIRMED]: 1n },
    maxBlockEventSeqnum: 0n,
    ...body,
  };
  return aHubEvent(
    HubEventType.BLOCK_CONFIRMED,
    { $case: "blockConfirmedBody", value },
    { ...position, sequence },
  );
}

/** A hint that a channel's owner may have changed. */
export function aChannelOwnerChangeHintEvent(
  body: Partial<ChannelOwnerChangeHintBody> = {},
  position: EventPosition = {},
): HubEvent {
  const value = {
    channelKey: "channel-0",
    ownerAddress: seededBytes("address 0", 20),
    cause: ChannelOwnerChangeCause.REGISTER,
    ...body,
  };
  return aHubEvent(
    HubEventType.CHANNEL_OWNER_CHANGE_HINT,
    { $case: "channelOwnerChangeHintBody", value },
    position,
  );
}
