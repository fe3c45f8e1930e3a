/**
 * A Snapchain node in one process, with real hashes, signatures and gRPC, and with users who never
 * stop doing things. For trying software out and for testing it.
 *
 * @module @snaprag/devnet
 */

export type { AddNodeOptions, Devnet } from "./devnet/create-devnet.ts";
export { createDevnet } from "./devnet/create-devnet.ts";
export type { DevnetNode, NodeControls, RestartOptions } from "./devnet/devnet-node.ts";
export type { DevnetErrorCode } from "./devnet-error.ts";
export { DevnetError } from "./devnet-error.ts";
export type { KeyPair } from "./engine/ed25519.ts";
export type { Submission } from "./engine/mempool.ts";
export type { LiveEntry } from "./engine/network.ts";
// What can go wrong on a node.
export type {
  DelayFault,
  Fault,
  FaultName,
  FaultPlan,
  LabelFault,
  LossFault,
  RpcDefinition,
  RpcErrorFault,
  RpcMethod,
  SlowRpcFault,
  StoredCorruption,
  StreamErrorFault,
  StreamFault,
  StreamMethod,
  UnpageableFault,
} from "./faults/fault-plan.ts";
export type {
  CommitLie,
  CommitLieKind,
  LieName,
  LiePlan,
  MessageLie,
  ShardLie,
  SwapLie,
  Withholding,
} from "./faults/lies/lie-plan.ts";
export type { DevnetOptions, Logger } from "./options.ts";

// For authors of tests: messages and on-chain events of one's own.
export type { MessageDraft, MessageSigner } from "./traffic/authoring/build-message.ts";
export { buildMessage, createSigner } from "./traffic/authoring/build-message.ts";
export type { OnChainDraft, RegistrationDraft } from "./traffic/authoring/on-chain-events.ts";
export { buildOnChainEvent, buildRegistration } from "./traffic/authoring/on-chain-events.ts";
