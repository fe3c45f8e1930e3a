import { fromServiceError } from "../errors/classify-failure.ts";
import { onAbort, throwIfAborted } from "./cancellation.ts";
import type { WireCall } from "./wire-call.ts";
import { fromBuffer, toBuffer, toGrpcCallOptions } from "./wire-call.ts";

/** Makes a unary call once. An abort cancels it and rejects with the signal's reason. */
export async function callUnary(call: WireCall): Promise<Uint8Array> {
  const { channel, method, signal } = call;
  throwIfAborted(signal);
  return await new Promise((resolve, reject) => {
    const inFlight = channel.grpc.makeUnaryRequest(
      method,
      toBuffer,
      fromBuffer,
      call.request,
      channel.metadata,
      toGrpcCallOptions(call),
      (error, response) => {
        stopListening();
        if (error) reject(fromServiceError(error, { method, endpoint: channel.endpoint }));
        // Safety: without an error grpc-js always has the response.
        else resolve(response as Uint8Array);
      },
    );
    const stopListening = onAbort(signal, (reason) => {
      reject(reason);
      inFlight.cancel();
    });
  });
}
