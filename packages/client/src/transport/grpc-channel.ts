import type { ChannelOptions } from "@grpc/grpc-js";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ResolvedNodeClientOptions } from "../options/node-client-options.ts";
import { watchSockets } from "./watched-sockets.ts";

/** How long a keepalive ping may go unanswered before the connection counts as lost. */
const KEEPALIVE_TIMEOUT_MS = 10_000;

/** A grpc-js client with a connection of its own, and what goes with every call on it. */
export interface GrpcChannel {
  readonly grpc: Client;
  readonly metadata: Metadata;
  /** Address of the node, for errors. */
  readonly endpoint: string;
  /** Drops the connection. Calls still running on it fail. */
  close(): void;
}

/** Prepares a channel. It connects with its first call, and stays apart from every other channel. */
export function createGrpcChannel(options: ResolvedNodeClientOptions): GrpcChannel {
  const { endpoint, rootCertificates, metadata } = options;
  const channelCredentials = endpoint.isTls
    ? credentials.createSsl(rootCertificates === undefined ? null : Buffer.from(rootCertificates))
    : credentials.createInsecure();
  const sockets = watchSockets(channelCredentials);
  const grpc = new Client(endpoint.target, channelCredentials, toChannelOptions(options));
  const callMetadata = new Metadata();
  for (const [key, value] of Object.entries(metadata)) callMetadata.set(key, value);
  return {
    grpc,
    metadata: callMetadata,
    endpoint: endpoint.url,
    close() {
      grpc.close();
      sockets.close();
    },
  };
}

function toChannelOptions(options: ResolvedNodeClientOptions): ChannelOptions {
  return {
    "grpc.max_receive_message_length": options.maxReceiveBytes,
    "grpc-node.flow_control_window": options.flowControlWindowBytes,
    "grpc.keepalive_time_ms": options.keepaliveMs,
    "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS,
    // While grpc-js waits to reconnect, calls fail at once; so it must not wait longer than retries.
    "grpc.initial_reconnect_backoff_ms": options.retry.baseDelayMs,
    "grpc.max_reconnect_backoff_ms": options.retry.maxDelayMs,
    // Otherwise channels to one address share a connection, and its fate.
    "grpc.use_local_subchannel_pool": 1,
    // Otherwise settings could come from the environment (`http_proxy`) or from DNS TXT records.
    "grpc.enable_http_proxy": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.enable_channelz": 0,
  };
}
