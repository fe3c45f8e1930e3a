import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import { Client, credentials } from "@grpc/grpc-js";
import { HubServiceDefinition, ReplicationServiceDefinition } from "@snaprag/proto";

interface Codec {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): unknown;
  fromPartial(partial: never): unknown;
}

interface Method {
  readonly name: string;
  readonly requestType: Codec;
  readonly responseType: Codec;
  readonly responseStream: boolean;
}

interface Service {
  readonly fullName: string;
  readonly methods: Readonly<Record<string, Method>>;
}

type PartialOf<Type> = Type extends { fromPartial(partial: infer Partial): unknown }
  ? Partial
  : never;

type CallOf<Definition extends Method> = (
  request: PartialOf<Definition["requestType"]>,
) => Definition["responseStream"] extends true
  ? ClientReadableStream<ReturnType<Definition["responseType"]["decode"]>>
  : Promise<ReturnType<Definition["responseType"]["decode"]>>;

/** One function for each method of a service; requests may leave out fields. */
type Calls<Definition extends Service> = {
  readonly [Name in keyof Definition["methods"]]: CallOf<Definition["methods"][Name]>;
};

/** A plain client of a node, sharing no code with the server. */
export interface RpcClient {
  readonly hub: Calls<typeof HubServiceDefinition>;
  readonly replication: Calls<typeof ReplicationServiceDefinition>;
  close(): void;
}

/** Connects to a devnet. `windowBytes` limits how much a stream may hold unread. */
export function connect(port: number, windowBytes: number = 8 << 20): RpcClient {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_receive_message_length": -1,
    "grpc-node.flow_control_window": windowBytes,
  });
  return {
    hub: callsOf(client, HubServiceDefinition),
    replication: callsOf(client, ReplicationServiceDefinition),
    close: () => client.close(),
  };
}

function callsOf<Definition extends Service>(client: Client, service: Definition) {
  const calls = Object.entries(service.methods).map(([key, method]) => {
    const path = `/${service.fullName}/${method.name}`;
    const serialize = (request: unknown) =>
      Buffer.from(method.requestType.encode(request as never).finish());
    const deserialize = (bytes: Buffer) => method.responseType.decode(Uint8Array.from(bytes));
    const call = (partial: never) => {
      const request = method.requestType.fromPartial(partial);
      if (method.responseStream) {
        return client.makeServerStreamRequest(path, serialize, deserialize, request);
      }
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, serialize, deserialize, request, (error, response) => {
          if (error === null) resolve(response);
          else reject(error);
        });
      });
    };
    return [key, call];
  });
  return Object.fromEntries(calls) as Calls<Definition>;
}

/** The status and text that a call fails with. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ readonly code: number; readonly details: string }> {
  try {
    await call;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { code, details };
  }
  throw new Error("Expected the call to fail");
}

/** The failure of a stream. */
export function failureOfStream(
  stream: ClientReadableStream<unknown>,
): Promise<{ readonly code: number; readonly details: string }> {
  return new Promise((resolve) => {
    stream.on("data", () => {});
    stream.on("error", (error) => {
      const { code, details } = error as ServiceError;
      resolve({ code, details });
    });
  });
}
