/**
 * Pure functions from messages, events and snapshot entries to changes of rows.
 *
 * @module @snaprag/processors
 */

// Changes and rows: what stores consume.
export type {
  Change,
  MergeOf,
  MessageTableName,
  MessageTableRows,
  Retirement,
  RetireOf,
  RetireReason,
  SweepKeys,
  SweepLinks,
  TableName,
  TableRows,
} from "./change.ts";
export { blockOfPosition, firstPositionOf, lastPositionOf, TABLE_KEYS } from "./change.ts";
// The protocol's clocks.
export {
  FARCASTER_EPOCH_MS,
  fromFarcasterTime,
  fromUnixSeconds,
  toFarcasterTime,
  toUnixSeconds,
} from "./clocks.ts";
export type { EncodedRow } from "./encode-message.ts";
export { encodeMessageRow, encodeRow, toMessageRow } from "./encode-message.ts";
export type { MessageMapping, RowOfKind, TableOfKind } from "./message-mappings.ts";
export { KIND_OF_TABLE, MESSAGE_MAPPINGS } from "./message-mappings.ts";
export type {
  CastColumns,
  CastRemoveColumns,
  CastRemoveRow,
  CastRow,
  EmbedValue,
} from "./messages/casts.ts";
export type {
  ChannelMemberColumns,
  ChannelMemberRow,
  ChannelModerationColumns,
  ChannelModerationRow,
  ChannelPinColumns,
  ChannelPinRow,
  ChannelUpdateColumns,
  ChannelUpdateRow,
} from "./messages/channels.ts";
export type { FrameActionColumns, FrameActionRow } from "./messages/frame-actions.ts";
export type {
  SignerKeyColumns,
  SignerKeyRemoveColumns,
  SignerKeyRemoveRow,
  SignerKeyRow,
  StorageLendColumns,
  StorageLendRow,
} from "./messages/keys-and-storage.ts";
export type {
  LinkColumns,
  LinkCompactStateColumns,
  LinkCompactStateRow,
  LinkRow,
} from "./messages/links.ts";
export type { MessageRow } from "./messages/message-row.ts";
export type {
  UserDataColumns,
  UserDataRow,
  UsernameProofColumns,
  UsernameProofRow,
  VerificationColumns,
  VerificationRemoveColumns,
  VerificationRemoveRow,
  VerificationRow,
} from "./messages/profiles.ts";
export type { ReactionColumns, ReactionRow } from "./messages/reactions.ts";
export { toFnameTransferRow } from "./on-chain/fname-transfer-row.ts";
export type {
  FnameTransferRow,
  OnChainColumns,
  OnChainEventRow,
} from "./on-chain/on-chain-columns.ts";
export { toOnChainEventRow } from "./on-chain/on-chain-event-row.ts";
export { processHubEvent } from "./process/process-hub-event.ts";
export type { MergeMessage } from "./process/process-message.ts";
export {
  findListedMerge,
  processMessage,
  processRetiredMessage,
} from "./process/process-message.ts";
export { processOnChainEvent } from "./process/process-on-chain-event.ts";
export type { SnapshotContext } from "./process/process-snapshot-entry.ts";
export { processSnapshotEntry } from "./process/process-snapshot-entry.ts";
export type { EventContext, Note, ProcessContext, Processed } from "./process/processed.ts";
export { sweepOfLinkCompactState, sweepOfSignerKey } from "./process/sweep-of-row.ts";
