// Every RPC of a service as a typed function, built from its generated definition.

/** Encodes and decodes one message type. The codecs of `@snaprag/proto` satisfy it. */
export interface Codec<Message> {
  /** What `finish()` of it returns is the message on the wire. */
  encode(message: Message): {
    /** The bytes; to be called once. */
    finish(): Uint8Array;
  };
  /** Throws on bytes that are not a message of this type. */
  decode(bytes: Uint8Array): Message;
}

/** The part of a generated method definition that calls are built from. */
export interface MethodDefinition {
  readonly name: string;
  readonly requestType: unknown;
  readonly responseType: unknown;
  readonly responseStream: boolean;
}

/** The part of a generated service definition that calls are built from. */
export interface ServiceDefinition {
  readonly fullName: string;
  readonly methods: { readonly [name: string]: MethodDefinition };
}

/** Options of every call. */
export interface CallOptions {
  /** Ends the call, which then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Deadline in milliseconds: of each try for a unary call, of the whole call for a stream.
   *
   * @default the client's `timeoutMs` for a unary call, none for a stream
   */
  readonly timeoutMs?: number | undefined;
}

/** Options of every server-streaming call. */
export interface StreamCallOptions extends CallOptions {
  /**
   * Longest wait for one message, in milliseconds; longer silence fails the call with
   * `deadline_exceeded`. Time that the consumer spends between messages does not count.
   *
   * @default no limit
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** A unary RPC. Fields left out of the request have their proto3 defaults. */
export type UnaryMethod<Request, Response> = (
  request?: Partial<Request>,
  options?: CallOptions,
) => Promise<Response>;

/**
 * A unary RPC whose answer is decoded when it is asked for: what waits to be used takes less memory
 * as bytes, and none that a garbage collector has to look through.
 */
export type UndecodedMethod<Request, Response> = (
  request?: Partial<Request>,
  options?: CallOptions,
) => Promise<() => Response>;

/** A server-streaming RPC. Nothing is sent before the first pull; leaving the loop cancels it. */
export type StreamMethod<Request, Response> = (
  request?: Partial<Request>,
  options?: StreamCallOptions,
) => AsyncIterable<Response>;

type MessageOf<MessageCodec> = MessageCodec extends Codec<infer Message> ? Message : never;

/** One RPC as a typed function, by its generated definition. */
export type MethodCall<Method extends MethodDefinition> = Method extends {
  readonly requestType: Codec<infer Request>;
  readonly responseType: Codec<infer Response>;
}
  ? Method["responseStream"] extends true
    ? StreamMethod<Request, Response>
    : UnaryMethod<Request, Response>
  : never;

/** Every RPC of a service under its name. */
export type ServiceCalls<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition["methods"]]: MethodCall<Definition["methods"][Name]>;
};

/** Every unary RPC of a service under its name, its answers not decoded. */
export type UndecodedCalls<Definition extends ServiceDefinition> = {
  readonly [Name in keyof Definition["methods"]]: Definition["methods"][Name]["responseStream"] extends true
    ? never
    : UndecodedMethod<
        MessageOf<Definition["methods"][Name]["requestType"]>,
        MessageOf<Definition["methods"][Name]["responseType"]>
      >;
};

/** An RPC whose message types only its codecs know. */
export interface UntypedMethod {
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly path: string;
  readonly requestType: Codec<object>;
  readonly responseType: Codec<object>;
}

/** Makes the calls that {@link createServiceCalls} puts types on. */
export interface UntypedCaller {
  unary(method: UntypedMethod): UnaryMethod<object, object>;
  undecoded(method: UntypedMethod): UndecodedMethod<object, object>;
  stream(method: UntypedMethod): StreamMethod<object, object>;
}

function untypedMethodsOf({ fullName, methods }: ServiceDefinition) {
  return Object.entries(methods).map(([name, method]) => {
    const untyped: UntypedMethod = {
      path: `/${fullName}/${method.name}`,
      // Safety: MethodCall reads the types off these very codecs; without one it is `never`.
      requestType: method.requestType as Codec<object>,
      // Safety: as above.
      responseType: method.responseType as Codec<object>,
    };
    return { name, untyped, isStream: method.responseStream };
  });
}

/** Builds one function for each RPC of the definition. */
export function createServiceCalls<Definition extends ServiceDefinition>(
  definition: Definition,
  caller: UntypedCaller,
): ServiceCalls<Definition> {
  const calls = untypedMethodsOf(definition).map(({ name, untyped, isStream }) => {
    return [name, isStream ? caller.stream(untyped) : caller.unary(untyped)];
  });
  // Safety: one entry for each method, made from that method's codecs and kind.
  return Object.fromEntries(calls) as ServiceCalls<Definition>;
}

/** Builds one function for each unary RPC of the definition. */
export function createUndecodedCalls<Definition extends ServiceDefinition>(
  definition: Definition,
  caller: UntypedCaller,
): UndecodedCalls<Definition> {
  const calls = untypedMethodsOf(definition)
    .filter(({ isStream }) => !isStream)
    .map(({ name, untyped }) => [name, caller.undecoded(untyped)]);
  // Safety: one entry for each unary method, made from that method's codecs.
  return Object.fromEntries(calls) as UndecodedCalls<Definition>;
}
