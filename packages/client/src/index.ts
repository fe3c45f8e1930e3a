/**
 * A Snapchain node as typed calls and cancellable async iterables, with retry.
 *
 * @module @snaprag/client
 */

// For applications.
export { createNodeClient } from "./create-node-client.ts";
export type { NodeClientErrorCode, NodeClientErrorContext } from "./errors/node-client-error.ts";
export { isRetryable, NodeClientError } from "./errors/node-client-error.ts";
export type { NodeClient } from "./node-client.ts";
export type { Clock } from "./options/clock.ts";
// For packages that build on the typed calls.
export { systemClock } from "./options/clock.ts";
export type { Logger } from "./options/logger.ts";
export type {
  NodeClientOptions,
  RetryOptions,
  RetryReport,
  TlsOptions,
} from "./options/node-client-options.ts";
export type { BlockRange, ReadBlocksOptions, ShardChunkRange } from "./reads/blocks.ts";
export { blockNumberOf, firstEventIdOf } from "./reads/event-id.ts";
export type { EventRange } from "./reads/events.ts";
export type { PagedMessagesMethod, PagedMessagesRequest, ReadMessages } from "./reads/messages.ts";
export type { Page, PaginateOptions } from "./reads/paginate.ts";
export { paginate } from "./reads/paginate.ts";
export type {
  PackedSnapshotPage,
  SnapshotPage,
  SnapshotPartition,
} from "./reads/snapshot-pages.ts";
export type { SubscribeOptions, Subscription } from "./reads/subscription.ts";
export { sleep } from "./transport/cancellation.ts";
export type { HubCalls, ReplicationCalls } from "./transport/node-connection.ts";
export type {
  CallOptions,
  Codec,
  MethodCall,
  MethodDefinition,
  ServiceCalls,
  ServiceDefinition,
  StreamCallOptions,
  StreamMethod,
  UnaryMethod,
} from "./transport/typed-calls.ts";
