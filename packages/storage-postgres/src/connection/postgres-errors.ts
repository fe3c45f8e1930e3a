import type { StorageErrorCode } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";

/**
 * Codes by SQLSTATE: whole states first, then their class (the first two characters).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const CODES: ReadonlyMap<string, StorageErrorCode> = new Map<string, StorageErrorCode>([
  ["SR001", "fenced"],
  // The server ends the session: its transaction has waited too long for this process.
  ["25P03", "connection"],
  // The server takes no writes, as a standby or one that is out of room; a new connection may find another.
  ["25006", "connection"],
  ["40001", "serialization"],
  ["40P01", "deadlock"],
  ["55P03", "lock_timeout"],
  ["57014", "statement_timeout"],
  ["57P01", "connection"],
  ["57P02", "connection"],
  ["57P03", "connection"],
  ["53300", "out_of_resources"],
  ["42501", "unauthorized"],
  ["3D000", "schema_mismatch"],
  ["08", "connection"],
  ["22", "invalid_data"],
  ["23", "constraint"],
  ["2B", "constraint"],
  ["28", "unauthorized"],
  ["42", "schema_mismatch"],
  ["53", "out_of_resources"],
  // Limits of the program, such as an index row larger than a page can hold.
  ["54", "invalid_data"],
]);

const REFUSALS: ReadonlySet<StorageErrorCode> = new Set(["invalid_data", "constraint"]);

/** Whether the database refuses what it was given for its content, now and ever after. */
export function isRefusal({ code }: StorageError): boolean {
  return REFUSALS.has(code);
}

/** What Node and the driver report when there is no SQLSTATE because there is no connection. */
const CONNECTION_ERRNOS: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
  "ENETUNREACH",
  "ENETDOWN",
  "EHOSTUNREACH",
  "EHOSTDOWN",
]);

/**
 * What the driver reports with no code at all: a socket that closed between statements, and a server
 * that answered a new connection or a statement not in time.
 */
const LOST = /connection|terminated|timeout e(?:xceeded|xpired)|query read timeout/i;

const SQL_STATE = /^[0-9A-Z]{5}$/;

/** The part of an error that says what it is: SQLSTATE or errno. */
function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  // A name that resolves to several addresses fails with one error for all of them.
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return "code" in error && typeof error.code === "string" ? error.code : undefined;
}

function classify(error: unknown): StorageErrorCode {
  const code = codeOf(error);
  if (code !== undefined && CONNECTION_ERRNOS.has(code)) return "connection";
  if (code !== undefined && SQL_STATE.test(code)) {
    return CODES.get(code) ?? CODES.get(code.slice(0, 2)) ?? "unknown";
  }
  return error instanceof Error && LOST.test(error.message) ? "connection" : "unknown";
}

/** The database's own words, with the detail that names what they are about. */
function describe(error: unknown): string {
  if (!(error instanceof Error) || error.message === "") return codeOf(error) ?? String(error);
  const detail = "detail" in error && typeof error.detail === "string" ? error.detail : undefined;
  return detail === undefined ? error.message : `${error.message}: ${detail}`;
}

/** Wraps what the driver threw, classified by SQLSTATE. A {@link StorageError} stays as it is. */
export function fromPostgresError(error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const sqlState = code !== undefined && SQL_STATE.test(code) ? code : undefined;
  return new StorageError(classify(error), describe(error), { cause: error, sqlState });
}
