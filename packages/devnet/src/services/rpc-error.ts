import type { ServerErrorResponse } from "@grpc/grpc-js";
import { status } from "@grpc/grpc-js";

/** What a call fails with: a gRPC status and the node's words. */
export function rpcError(code: status, details: string): ServerErrorResponse & Error {
  return Object.assign(new Error(details), { code, details });
}

/** The failure of a request that makes no sense. */
export function invalidArgument(details: string): Error {
  return rpcError(status.INVALID_ARGUMENT, details);
}

/** The failure of a read of one thing that is not there. */
export function notFound(what: string): Error {
  return rpcError(status.NOT_FOUND, `not_found/${what} not found`);
}

/** Whether an error says how the call is to fail. */
export function isRpcError(error: unknown): error is ServerErrorResponse {
  return error instanceof Error && "code" in error && "details" in error;
}
