import process from "node:process";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the process's environment. Nothing else in this program looks at it. */
export function readEnvironment(): Environment {
  return { ...process.env };
}

/**
 * Keeps grpc-js from writing to stderr what the failed calls report themselves. It reads this
 * variable when it is loaded, so it has to be set before; somebody who has set it knows why.
 */
export function muteGrpcLog(): void {
  process.env.GRPC_NODE_VERBOSITY ??= "NONE";
}
