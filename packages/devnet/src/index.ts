// @snaprag/devnet: a Snapchain node in one process, with real hashes, signatures and gRPC, and with
// users who never stop doing things. For trying software out and for testing it.
export type { Devnet } from "./create-devnet.ts";
export { createDevnet } from "./create-devnet.ts";
export type { DevnetErrorCode } from "./devnet-error.ts";
export { DevnetError } from "./devnet-error.ts";
export type { Submission } from "./engine/mempool.ts";
export type { LiveEntry } from "./engine/network.ts";
export type { DevnetOptions, Logger } from "./options.ts";

// For authors of tests: messages and on-chain events of one's own.
export type { MessageDraft, MessageSigner } from "./traffic/authoring/build-message.ts";
export { buildMessage, createSigner } from "./traffic/authoring/build-message.ts";
export type { OnChainDraft, RegistrationDraft } from "./traffic/authoring/on-chain-events.ts";
export { buildOnChainEvent, buildRegistration } from "./traffic/authoring/on-chain-events.ts";
