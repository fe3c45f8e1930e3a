// Typed handlers on a grpc-js server, for services described by @snaprag/proto.
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { Logger } from "../options.ts";
import { isRpcError, rpcError } from "./rpc-error.ts";

/** Messages that a stream holds for a client that does not keep up (docs/protocol.md 1.3). */
const STREAM_BUFFER_LENGTH = 100;
/** Large enough for pages of a thousand long casts to flow without waiting. */
const FLOW_CONTROL_WINDOW_BYTES = 8 * 1024 * 1024;
const UNLIMITED = -1;

/** Reads and writes the messages of one type. */
interface Codec {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
}

interface Method {
  readonly name: string;
  readonly requestType: Codec;
  readonly responseType: Codec;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

interface Service {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, Method>>;
}

type RequestOf<Definition extends Method> = ReturnType<Definition["requestType"]["decode"]>;
type ResponseOf<Definition extends Method> = ReturnType<Definition["responseType"]["decode"]>;

/** The client's end of a server stream. */
export interface ServerStream<Response> {
  /** Tells the client that the call was accepted, before there is anything to send. */
  open(): void;
  /** Sends a message; waits while the client is a hundred messages behind. */
  send(response: Response): Promise<void>;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}

type HandlerOf<Definition extends Method> = Definition["responseStream"] extends true
  ? (request: RequestOf<Definition>, stream: ServerStream<ResponseOf<Definition>>) => Promise<void>
  : (request: RequestOf<Definition>) => ResponseOf<Definition>;

/** One handler for each method of a service; a missing one does not compile. */
export type ServiceHandlers<Definition extends Service> = {
  readonly [Name in keyof Definition["methods"]]: HandlerOf<Definition["methods"][Name]>;
};

/** A service and what answers its calls. */
export interface ServedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** Stands between the calls of a service and their handlers. Methods go by their wire names. */
export interface CallInterceptor {
  /** Answers a call, with what its handler answers or otherwise; throws what it is to fail with. */
  unary(method: string, answer: () => unknown): Promise<unknown>;
  /** Serves a stream, by giving the handler this one or another. Ends it by returning. */
  stream(
    method: string,
    stream: ServerStream<unknown>,
    answer: (stream: ServerStream<unknown>) => Promise<void>,
  ): Promise<void>;
}

/** What all calls of a service go through. */
export interface ServiceOptions {
  readonly interceptor: CallInterceptor;
  readonly logger: Logger | undefined;
}

/** Pairs a service with its handlers. Failures that are not RPC errors are logged and INTERNAL. */
export function serviceOf<Definition extends Service>(
  { fullName, methods }: Definition,
  handlers: ServiceHandlers<Definition>,
  { interceptor, logger }: ServiceOptions,
): ServedService {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: UntypedServiceImplementation = {};
  for (const [key, method] of Object.entries(methods)) {
    const { requestType, responseType } = method;
    definition[key] = {
      path: `/${fullName}/${method.name}`,
      requestStream: method.requestStream,
      responseStream: method.responseStream,
      requestSerialize: (value) => encode(requestType, value),
      requestDeserialize: (bytes) => decode(requestType, bytes),
      responseSerialize: (value) => encode(responseType, value),
      responseDeserialize: (bytes) => decode(responseType, bytes),
    };
    // Safety: ServiceHandlers has a handler of the method's own shape under each of its names.
    const handler = handlers[key as keyof typeof handlers] as UntypedHandler;
    const { name } = method;
    const fail = (error: unknown) => toStatus(error, name, logger);
    implementation[key] = method.responseStream
      ? streamCall(
          (request, stream) =>
            interceptor.stream(name, stream, async (given) => void (await handler(request, given))),
          fail,
        )
      : unaryCall((request) => interceptor.unary(name, () => handler(request)), fail);
  }
  return { definition, implementation };
}

/** A server that listens. */
export interface RpcServer {
  readonly port: number;
  /** Cuts every connection. */
  close(): void;
}

/** Listens on plaintext HTTP/2, as nodes do; port 0 takes any free one. */
export async function listen(
  services: readonly ServedService[],
  address: { readonly host: string; readonly port: number },
): Promise<RpcServer> {
  const server = new Server({
    "grpc.max_receive_message_length": UNLIMITED,
    "grpc.max_send_message_length": UNLIMITED,
    "grpc-node.flow_control_window": FLOW_CONTROL_WINDOW_BYTES,
  });
  for (const { definition, implementation } of services) {
    server.addService(definition, implementation);
  }
  const port = await new Promise<number>((resolve, reject) => {
    const target = `${address.host}:${address.port}`;
    server.bindAsync(target, ServerCredentials.createInsecure(), (error, boundPort) => {
      if (error === null) resolve(boundPort);
      else reject(error);
    });
  });
  return { port, close: () => server.forceShutdown() };
}

type UntypedHandler = (request: unknown, stream?: ServerStream<unknown>) => unknown;
type Fail = (error: unknown) => Error;

function unaryCall(
  answer: (request: unknown) => Promise<unknown>,
  fail: Fail,
): handleUnaryCall<unknown, unknown> {
  return async (call, callback) => {
    try {
      callback(null, await answer(call.request));
    } catch (error) {
      callback(fail(error));
    }
  };
}

function streamCall(
  answer: (request: unknown, stream: ServerStream<unknown>) => Promise<void>,
  fail: Fail,
): handleServerStreamingCall<unknown, unknown> {
  return async (call) => {
    const gone = new AbortController();
    const leave = () => gone.abort();
    call.on("cancelled", leave);
    call.on("close", leave);
    try {
      await answer(call.request, createServerStream(call, gone.signal));
      call.end();
    } catch (error) {
      if (gone.signal.aborted) call.end();
      else call.emit("error", fail(error));
    }
  };
}

function createServerStream(
  call: ServerWritableStream<unknown, unknown>,
  signal: AbortSignal,
): ServerStream<unknown> {
  let unsent = 0;
  let waiters: (() => void)[] = [];
  signal.addEventListener("abort", wake, { once: true });

  function wake(): void {
    const woken = waiters;
    waiters = [];
    for (const resume of woken) resume();
  }

  return {
    signal,
    open: () => call.sendMetadata(new Metadata()),
    async send(response) {
      signal.throwIfAborted();
      unsent++;
      call.write(response, () => {
        unsent--;
        wake();
      });
      while (unsent >= STREAM_BUFFER_LENGTH) {
        await new Promise<void>((resume) => {
          waiters.push(resume);
        });
        signal.throwIfAborted();
      }
    },
  };
}

function toStatus(error: unknown, method: string, logger: Logger | undefined): Error {
  if (isRpcError(error)) return error;
  logger?.error({ err: error, method }, "call failed");
  return rpcError(status.INTERNAL, error instanceof Error ? error.message : String(error));
}

function encode(codec: Codec, message: unknown): Buffer {
  // Safety: grpc-js encodes what the method's own handler answered, which has the codec's type.
  const bytes = codec.encode(message as never).finish();
  // The same memory, as grpc-js wants it.
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** From a plain byte array, so that the bytes fields of messages are plain byte arrays too. */
function decode(codec: Codec, bytes: Buffer): unknown {
  return codec.decode(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
}
