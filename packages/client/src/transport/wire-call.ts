import type { CallOptions as GrpcCallOptions } from "@grpc/grpc-js";
import type { GrpcChannel } from "./grpc-channel.ts";

/** One call, down to bytes. */
export interface WireCall {
  readonly channel: GrpcChannel;
  /** Path of the RPC, such as `/HubService/Subscribe`. */
  readonly method: string;
  /** The encoded request. */
  readonly request: Uint8Array;
  /** Deadline of the whole call, in milliseconds from now. */
  readonly timeoutMs: number | undefined;
  /** Ends the call, which then fails with the signal's reason. */
  readonly signal: AbortSignal;
}

/** What grpc-js needs to know of a call beside its request. */
export function toGrpcCallOptions({ timeoutMs }: WireCall): GrpcCallOptions {
  return timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs };
}

/** The same bytes as the `Buffer` that grpc-js asks for. */
export function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The same bytes without the methods of `Buffer`, whose `slice` would not copy. */
export function fromBuffer(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
