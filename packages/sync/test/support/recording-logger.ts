import type { Logger } from "../../src/index.ts";

/** A logger, and what it was told. */
export interface RecordingLogger {
  readonly logger: Logger;
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
}

/** A logger that keeps what it is told, with the words of errors that come along. */
export function createRecordingLogger(): RecordingLogger {
  const errors: string[] = [];
  const warnings: string[] = [];
  const record = (lines: string[]) => (fields: object, message: string) => {
    const cause = "err" in fields && fields.err instanceof Error ? `: ${fields.err.message}` : "";
    lines.push(`${message}${cause}`);
  };
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: record(warnings),
    error: record(errors),
    child: () => logger,
  };
  return { logger, errors, warnings };
}
