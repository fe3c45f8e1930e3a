import type { ClientReadableStream, ServiceError } from "@grpc/grpc-js";
import type { CallSite } from "../errors/classify-failure.ts";
import { fromServiceError } from "../errors/classify-failure.ts";
import { NodeClientError } from "../errors/node-client-error.ts";
import type { Clock } from "../options/clock.ts";
import { onAbort, throwIfAborted } from "./cancellation.ts";
import type { WireCall } from "./wire-call.ts";
import { fromBuffer, toBuffer, toGrpcCallOptions } from "./wire-call.ts";

/** A server-streaming call, down to bytes. */
export interface WireStreamCall<Response> extends WireCall {
  readonly decode: (message: Uint8Array) => Response;
  /** Longest wait for one message, in milliseconds. */
  readonly idleTimeoutMs: number | undefined;
  /** Tells when that has passed. */
  readonly clock: Clock;
}

/**
 * Makes a server-streaming call and yields its messages as they are pulled.
 *
 * What is not pulled stays with the node, but for a few messages and the flow-control window. The
 * idle timer runs only while a pull waits, so time spent by the consumer never counts. Leaving the
 * loop cancels the call.
 */
export async function* callServerStream<Response>(
  call: WireStreamCall<Response>,
): AsyncGenerator<Response, void, undefined> {
  const { channel, method, signal } = call;
  throwIfAborted(signal);
  const stream: ClientReadableStream<Uint8Array> = channel.grpc.makeServerStreamRequest(
    method,
    toBuffer,
    fromBuffer,
    call.request,
    channel.metadata,
    toGrpcCallOptions(call),
  );
  const inbox = openInbox(stream, { method, endpoint: channel.endpoint });
  const stopListening = onAbort(signal, () => {
    stream.cancel();
    inbox.wake();
  });
  try {
    for (;;) {
      signal.throwIfAborted();
      const message: Uint8Array | null = stream.read();
      if (message !== null) yield call.decode(message);
      else if (inbox.hasEnded()) return;
      else await inbox.arrival(call);
    }
  } finally {
    stopListening();
    stream.cancel();
  }
}

interface Inbox {
  /** Resolves when there is something to read, or an end, or somebody calls `wake`. */
  arrival(limits: Pick<WireStreamCall<never>, "idleTimeoutMs" | "clock">): Promise<void>;
  wake(): void;
  /** Whether the node ended the stream. Throws when it ended in failure. */
  hasEnded(): boolean;
}

function openInbox(stream: ClientReadableStream<Uint8Array>, site: CallSite): Inbox {
  let end: { readonly error?: ServiceError } | undefined;
  let wake: (() => void) | undefined;
  stream.on("readable", () => wake?.());
  // Stays for good: cancelling makes grpc-js emit an error, which nobody may be left to hear.
  stream.on("error", (error: ServiceError) => {
    end = { error };
    wake?.();
  });
  // Follows the error, if there is one; messages may still be waiting to be read.
  stream.on("status", () => {
    end ??= {};
    wake?.();
  });
  return {
    arrival({ idleTimeoutMs, clock }) {
      return new Promise((resolve, reject) => {
        const cancel =
          idleTimeoutMs === undefined
            ? undefined
            : clock.schedule(idleTimeoutMs, () => {
                const description = `nothing came for ${idleTimeoutMs} ms`;
                reject(new NodeClientError("deadline_exceeded", description, site));
              });
        wake = () => {
          cancel?.();
          resolve();
        };
      });
    },
    wake: () => wake?.(),
    hasEnded() {
      if (end?.error) throw fromServiceError(end.error, site);
      return end !== undefined;
    },
  };
}
