import { rpcError } from "../services/rpc-error.ts";
import type { ServerStream } from "../services/serve.ts";
import type { Faults } from "./create-faults.ts";
import type { RpcErrorFault, StreamErrorFault, StreamFault } from "./fault-plan.ts";

/** What a call is answered with, or a message of its stream: the true one, or another. */
export type AlterAnswer = (method: string, response: unknown) => unknown;

/** A stream that is to be served, and what may happen to it. */
export interface FaultyStream {
  readonly method: string;
  readonly stream: ServerStream<unknown>;
  readonly faults: Faults;
  readonly alter: AlterAnswer;
}

/** Serves a stream until its handler, its client or a fault ends it. */
export async function serveFaultyStream(
  { method, stream, faults, alter }: FaultyStream,
  serve: (stream: ServerStream<unknown>) => Promise<void>,
): Promise<void> {
  // Besides the client, a fault ends the handler's work.
  const ending = new AbortController();
  const onLeave = () => ending.abort(stream.signal.reason);
  stream.signal.addEventListener("abort", onLeave, { once: true });
  const isOf = (fault: StreamFault) => (fault.method ?? method) === method;
  const ended = new Error("The stream was ended by a fault");
  let isStalled = false;

  /** At once, so that nothing is sent by another of the handler's tasks. */
  function endWith(reason: Error): never {
    ending.abort(reason);
    throw reason;
  }

  async function send(response: unknown): Promise<void> {
    ending.signal.throwIfAborted();
    if (faults.isQuiet() && !isStalled) return stream.send(response);
    isStalled ||= faults.strike("stallStream", isOf) !== undefined;
    if (isStalled) await rejectWhenAborted(ending.signal);
    const failure = faults.strike("failStream", isOf);
    if (failure !== undefined) endWith(errorOf(failure));
    if (faults.strike("endStream", isOf) !== undefined) endWith(ended);
    await stream.send(alter(method, response));
  }

  try {
    await serve({ signal: ending.signal, open: () => stream.open(), send });
  } catch (error) {
    if (error !== ended) throw error;
  } finally {
    stream.signal.removeEventListener("abort", onLeave);
    ending.abort(ended);
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** What a call or stream fails with that is struck by a fault. */
export function errorOf({ code, message }: StreamErrorFault | RpcErrorFault): Error {
  return rpcError(code, message ?? "injected fault");
}
