import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";

/** A stream as it comes, and how it ended. */
export interface Collected<Item> {
  readonly items: readonly Item[];
  /** The gRPC status it ended with; undefined while it is open. */
  endedWith(): number | undefined;
  /** Resolves once the node has accepted the call. */
  readonly accepted: Promise<unknown>;
}

/** Reads a stream in the background. */
export function collect<Item>(stream: ClientReadableStream<Item>): Collected<Item> {
  const items: Item[] = [];
  let ended: number | undefined;
  stream.on("data", (item: Item) => items.push(item));
  stream.on("end", () => {
    ended ??= 0;
  });
  stream.on("error", (error: ServiceError) => {
    ended = error.code;
  });
  const accepted = new Promise((resolve) => stream.once("metadata", resolve));
  return { items, endedWith: () => ended, accepted };
}
