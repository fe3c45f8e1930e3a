/**
 * Builders of wire messages and events, for the tests of stores and everything above them.
 * Deterministic, and without cryptography.
 *
 * @module @snaprag/processors/testing
 */

export { anEventContext } from "./event-context.ts";
export type { EventPosition } from "./hub-events.ts";
export {
  aBlockConfirmedEvent,
  aChannelOwnerChangeHintEvent,
  aMergeFailureEvent,
  aMergeMessageEvent,
  aMergeOnChainEvent,
  aMergeUsernameProofEvent,
  aPruneMessageEvent,
  aRevokeMessageEvent,
} from "./hub-events.ts";
export type { EnvelopeOptions, MessageBuilder, MessageOptions } from "./messages.ts";
export {
  aCastAdd,
  aCastRemove,
  aChannelMember,
  aChannelModerate,
  aChannelPin,
  aChannelUpdate,
  aFrameAction,
  aKeyAdd,
  aKeyRemove,
  aLendStorage,
  aLinkAdd,
  aLinkCompactState,
  aLinkRemove,
  aMessage,
  aReactionAdd,
  aReactionRemove,
  aUserDataAdd,
  aUsernameProof,
  aVerificationAdd,
  aVerificationRemove,
} from "./messages.ts";
export type { FnameProofOptions, OnChainOptions } from "./on-chain-events.ts";
export {
  aChannelRegisterEvent,
  anFnameProof,
  anIdRegisterEvent,
  aSignerEvent,
  aSignerMigratedEvent,
  aStorageRentEvent,
  aTierPurchaseEvent,
} from "./on-chain-events.ts";
