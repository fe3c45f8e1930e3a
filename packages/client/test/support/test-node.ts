// A Snapchain node that answers as each test tells it to: a real gRPC server, over real sockets.
import type { handleServerStreamingCall, handleUnaryCall } from "@grpc/grpc-js";
import { Server, ServerCredentials, status } from "@grpc/grpc-js";
import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";
import type {
  HubCalls,
  ReplicationCalls,
  ServiceDefinition,
  StreamMethod,
  UnaryMethod,
} from "../../src/index.ts";
import type { Codec } from "../../src/transport/typed-calls.ts";

/** What a handler knows of the call it answers. */
export interface ServedCall {
  /** Aborts when the client cancels, its deadline passes, or its connection breaks. */
  readonly cancelled: AbortSignal;
  /** Values of a metadata key. */
  metadata(key: string): readonly unknown[];
}

type Calls = HubCalls & ReplicationCalls;

/** Answers with a message, or with raw bytes in its place. */
type Handler<Call> =
  Call extends UnaryMethod<infer Request, infer Response>
    ? (request: Request, call: ServedCall) => Promise<Response | Uint8Array> | Response | Uint8Array
    : Call extends StreamMethod<infer Request, infer Response>
      ? (request: Request, call: ServedCall) => AsyncIterable<Response | Uint8Array>
      : never;

/** One call that reached the node. */
interface SeenCall {
  /** As in `client.hub`, such as `getEvents`. */
  readonly method: string;
  readonly request: object;
}

export interface TestNode {
  readonly port: number;
  readonly endpoint: string;
  /** Every call so far, in order of arrival. */
  readonly seen: readonly SeenCall[];
  /** The requests of one method so far. */
  requests<Name extends keyof Calls>(
    method: Name,
  ): readonly NonNullable<Parameters<Calls[Name]>[0]>[];
  /** Calls that are neither answered nor cancelled. */
  openCallCount(): number;
  /** Answers a method from now on; those never told of are UNIMPLEMENTED. */
  answer<Name extends keyof Calls>(method: Name, handler: Handler<Calls[Name]>): void;
  close(): void;
}

/** A gRPC failure for a handler to throw. */
export function grpcFailure(code: status, details: string): Error {
  return Object.assign(new Error(details), { code, details });
}

/** Never resolves; rejects when the call is cancelled. */
export function stall({ cancelled }: ServedCall): Promise<never> {
  return new Promise((_resolve, reject) => {
    const listener = () => reject(grpcFailure(status.CANCELLED, "cancelled"));
    if (cancelled.aborted) listener();
    else cancelled.addEventListener("abort", listener, { once: true });
  });
}

type AnyHandler = (request: object, call: ServedCall) => unknown;

export interface TestNodeOptions {
  /** Any free one when left out. */
  readonly port?: number;
  readonly credentials?: ServerCredentials;
}

/** Starts a node on this machine. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { port: wanted = 0, credentials = ServerCredentials.createInsecure() } = options;
  const server = new Server({ "grpc.max_receive_message_length": -1 });
  const handlers = new Map<string, AnyHandler>();
  const seen: SeenCall[] = [];
  let openCalls = 0;

  async function serve(
    method: string,
    call: Parameters<handleUnaryCall<object, object>>[0],
    respond: (answer: unknown, cancelled: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const cancelling = new AbortController();
    call.once("cancelled", () => cancelling.abort());
    seen.push({ method, request: call.request });
    openCalls++;
    try {
      const handler = handlers.get(method);
      if (!handler) throw grpcFailure(status.UNIMPLEMENTED, "Operation is not implemented");
      const served = {
        cancelled: cancelling.signal,
        metadata: (key: string) => call.metadata.get(key),
      };
      await respond(handler(call.request, served), cancelling.signal);
    } finally {
      openCalls--;
    }
  }

  const serveUnary =
    (method: string): handleUnaryCall<object, object> =>
    (call, callback) => {
      serve(method, call, async (answer) => callback(null, (await answer) as object)).catch(
        (error) => callback(error),
      );
    };

  const serveStream =
    (method: string): handleServerStreamingCall<object, object> =>
    (call) => {
      serve(method, call as never, async (answer, cancelled) => {
        for await (const message of answer as AsyncIterable<object>) {
          if (cancelled.aborted) return;
          if (!call.write(message)) await drained(call, cancelled);
        }
        call.end();
      }).catch((error) => call.emit("error", error));
    };

  for (const definition of [HubServiceDefinition, ReplicationServiceDefinition]) {
    const { methods, implementation } = toServer(definition, serveUnary, serveStream);
    server.addService(methods as never, implementation as never);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${wanted}`, credentials, (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });

  return {
    port,
    endpoint: `http://127.0.0.1:${port}`,
    seen,
    requests: (method) =>
      seen.filter((call) => call.method === method).map(({ request }) => request as never),
    openCallCount: () => openCalls,
    answer: (method, handler) => handlers.set(method, handler as AnyHandler),
    close: () => server.forceShutdown(),
  };
}

function drained(
  call: Parameters<handleServerStreamingCall<object, object>>[0],
  cancelled: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off("drain", done);
      cancelled.removeEventListener("abort", done);
      resolve();
    };
    call.on("drain", done);
    cancelled.addEventListener("abort", done);
  });
}

function toServer(
  { fullName, methods }: ServiceDefinition,
  serveUnary: (method: string) => unknown,
  serveStream: (method: string) => unknown,
) {
  const entries = Object.entries(methods).map(([key, method]) => {
    const requestType = method.requestType as Codec<object>;
    const responseType = method.responseType as Codec<object>;
    const encode = (codec: Codec<object>) => (message: object) =>
      Buffer.from(message instanceof Uint8Array ? message : codec.encode(message).finish());
    const definition = {
      path: `/${fullName}/${method.name}`,
      requestStream: false,
      responseStream: method.responseStream,
      requestSerialize: encode(requestType),
      requestDeserialize: (bytes: Buffer) => requestType.decode(new Uint8Array(bytes)),
      responseSerialize: encode(responseType),
      responseDeserialize: (bytes: Buffer) => responseType.decode(new Uint8Array(bytes)),
    };
    return { key, definition, serve: method.responseStream ? serveStream(key) : serveUnary(key) };
  });
  return {
    methods: Object.fromEntries(entries.map(({ key, definition }) => [key, definition])),
    implementation: Object.fromEntries(entries.map(({ key, serve }) => [key, serve])),
  };
}
