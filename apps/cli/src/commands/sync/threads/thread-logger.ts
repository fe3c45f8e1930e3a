import type { Logger } from "@snaprag/sync";
import type { LogLevel } from "../../../config/keys/config-keys.ts";
import { fromPlainError, toPlainError } from "../../../errors/plain-error.ts";
import type { LogMessage } from "./thread-messages.ts";

/** Logs in a thread: has every line written by the main thread. */
export function createThreadLogger(
  tell: (message: LogMessage) => void,
  isDebugging: boolean,
  bindings: object = {},
): Logger {
  const logAt = (level: LogLevel) => (fields: object, text: string) =>
    tell({ kind: "log", level, fields: toPlainFields({ ...bindings, ...fields }), text });
  return {
    debug: isDebugging ? logAt("debug") : () => undefined,
    info: logAt("info"),
    warn: logAt("warn"),
    error: logAt("error"),
    child: (more) => createThreadLogger(tell, isDebugging, { ...bindings, ...more }),
  };
}

function toPlainFields(fields: object): object {
  return "err" in fields ? { ...fields, err: toPlainError(fields.err) } : fields;
}

/** Writes a line that a thread has told. */
export function logFor(logger: Logger, { level, fields, text }: LogMessage): void {
  // Safety: `toPlainFields` has made it.
  const { err, ...others } = fields as { readonly err?: ReturnType<typeof toPlainError> };
  logger[level](err === undefined ? others : { ...others, err: fromPlainError(err) }, text);
}
