import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import { malformedResponse, unencodableRequest } from "../errors/classify-failure.ts";
import { expectDurationMs, expectOptionalDurationMs } from "../options/expect-option.ts";
import type { ResolvedNodeClientOptions } from "../options/node-client-options.ts";
import { retry } from "../retry/retry.ts";
import { combineSignals, onAbort } from "./cancellation.ts";
import type { GrpcChannel } from "./grpc-channel.ts";
import { createGrpcChannel } from "./grpc-channel.ts";
import { callServerStream } from "./server-stream.ts";
import type {
  ServiceCalls,
  StreamMethod,
  UnaryMethod,
  UndecodedCalls,
  UndecodedMethod,
  UntypedCaller,
  UntypedMethod,
} from "./typed-calls.ts";
import { createServiceCalls, createUndecodedCalls } from "./typed-calls.ts";
import { callUnary } from "./unary-call.ts";
import type { WireCall } from "./wire-call.ts";

/** Every RPC of a node's HubService. */
export type HubCalls = ServiceCalls<typeof HubServiceDefinition>;
/** Every RPC of a node's ReplicationService. */
export type ReplicationCalls = ServiceCalls<typeof ReplicationServiceDefinition>;

/** What a connection is made from. */
export interface ConnectionSettings {
  readonly options: ResolvedNodeClientOptions;
  /** Ends the connection and every call on it. */
  readonly closing: AbortSignal;
}

/** One connection to a node and the calls on it. */
export interface NodeConnection {
  readonly settings: ConnectionSettings;
  readonly hub: HubCalls;
  readonly replication: ReplicationCalls;
  /** Unary calls of the replication service whose answers stay bytes until they are wanted. */
  readonly undecoded: UndecodedCalls<typeof ReplicationServiceDefinition>;
  /** Drops the connection. Calls still running on it fail. */
  close(): void;
}

/** A second submission of a message that did arrive would fail as a duplicate, hiding the success. */
const NEVER_RETRIED: ReadonlySet<string> = new Set([
  "/HubService/SubmitMessage",
  "/HubService/SubmitBulkMessages",
]);

/** Prepares a connection, which is opened by its first call. */
export function createNodeConnection(settings: ConnectionSettings): NodeConnection {
  const channel = createGrpcChannel(settings.options);
  const stopListening = onAbort(combineSignals(undefined, settings.closing), close);
  const caller = createCaller(channel, settings);

  function close(): void {
    stopListening();
    channel.close();
  }

  return {
    settings,
    hub: createServiceCalls(HubServiceDefinition, caller),
    replication: createServiceCalls(ReplicationServiceDefinition, caller),
    undecoded: createUndecodedCalls(ReplicationServiceDefinition, caller),
    close,
  };
}

function createCaller(
  channel: GrpcChannel,
  { options, closing }: ConnectionSettings,
): UntypedCaller {
  const endpoint = options.endpoint.url;

  function encode({ path, requestType }: UntypedMethod, request: object): Uint8Array {
    try {
      // The empty message supplies the proto3 default of every field that the request leaves out.
      return requestType.encode({ ...requestType.decode(new Uint8Array()), ...request }).finish();
    } catch (cause) {
      throw unencodableRequest({ method: path, endpoint }, cause);
    }
  }

  function decode({ path, responseType }: UntypedMethod, response: Uint8Array): object {
    try {
      return responseType.decode(response);
    } catch (cause) {
      throw malformedResponse({ method: path, endpoint }, "the answer cannot be decoded", cause);
    }
  }

  function undecoded(method: UntypedMethod): UndecodedMethod<object, object> {
    return async (request = {}, callOptions = {}) => {
      const { timeoutMs = options.timeoutMs } = callOptions;
      const signal = combineSignals(callOptions.signal, closing);
      const call: WireCall = {
        channel,
        method: method.path,
        request: encode(method, request),
        timeoutMs: expectDurationMs("timeoutMs", timeoutMs),
        signal,
      };
      const response = NEVER_RETRIED.has(method.path)
        ? await callUnary(call)
        : await retry(() => callUnary(call), {
            method: method.path,
            options,
            signal,
            logLevel: "debug",
          });
      return () => decode(method, response);
    };
  }

  function unary(method: UntypedMethod): UnaryMethod<object, object> {
    const call = undecoded(method);
    return async (request, callOptions) => (await call(request, callOptions))();
  }

  function stream(method: UntypedMethod): StreamMethod<object, object> {
    return (request = {}, callOptions = {}) =>
      callServerStream({
        channel,
        method: method.path,
        request: encode(method, request),
        timeoutMs: expectOptionalDurationMs("timeoutMs", callOptions.timeoutMs),
        idleTimeoutMs: expectOptionalDurationMs("idleTimeoutMs", callOptions.idleTimeoutMs),
        clock: options.clock,
        signal: combineSignals(callOptions.signal, closing),
        decode: (message) => decode(method, message),
      });
  }

  return { unary, undecoded, stream };
}
