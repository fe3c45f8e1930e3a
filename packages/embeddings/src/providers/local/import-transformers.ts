import { EmbeddingError } from "../../errors.ts";

const PACKAGE = "@huggingface/transformers";

/** What the package exports. */
export type Transformers = typeof import("@huggingface/transformers");

/**
 * Loads the package that runs models, which users install only when they want that.
 *
 * @throws {EmbeddingError} `package_missing` when it is not installed; `model_unavailable` when it is
 * and cannot be loaded
 */
export async function importTransformers(): Promise<Transformers> {
  try {
    const transformers = await import("@huggingface/transformers");
    const { env, LogLevel } = transformers;
    // It writes warnings, and texts that a model fails for, to the console, by a setting of the
    // whole process. What fails is thrown as well. Who has set another level keeps it.
    if (env.logLevel === LogLevel.WARNING) env.logLevel = LogLevel.NONE;
    return transformers;
  } catch (cause) {
    throw isMissing(cause) ? missingPackage(cause) : brokenPackage(cause);
  }
}

/** Not so when it is a package that this one needs: then the message names that. */
function isMissing(cause: unknown): boolean {
  if (!(cause instanceof Error && "code" in cause)) return false;
  // Node gives the name nowhere but in the message.
  return cause.code === "ERR_MODULE_NOT_FOUND" && cause.message.includes(`'${PACKAGE}'`);
}

function missingPackage(cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "package_missing",
    `local models need the package ${PACKAGE}, which is not installed. Run \`npm install ${PACKAGE}\`.`,
    { cause },
  );
}

function brokenPackage(cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "model_unavailable",
    `the package ${PACKAGE} is installed but cannot be loaded: ${toReason(cause)}. Install it again for this platform.`,
    { cause },
  );
}

/** What another package says went wrong, for the middle of a sentence. */
export function toReason(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/[.\s]+$/, "");
}
