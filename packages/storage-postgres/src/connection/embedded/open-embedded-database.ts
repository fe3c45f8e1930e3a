import { mkdir, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Extensions } from "@electric-sql/pglite";
import { PGlite } from "@electric-sql/pglite";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import type { StorageErrorCode } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import type { PostgresStoreOptions } from "../postgres-store-options.ts";
import type { Owner } from "./owner-file.ts";
import { becomeOwner, findOwner, resignOwner } from "./owner-file.ts";
import { SOCKET_NAME, socketFolderOf } from "./socket-folder.ts";

/** Options of {@link openEmbeddedDatabase}. */
export interface EmbeddedDatabaseOptions {
  /** Folder of the database; created when missing. Beside it stands `<folder>.owner`. */
  readonly folder: string;
  /** What this process is, told to others that find the database taken. */
  readonly holder: string;
  /**
   * Whether to join the process that has the database open, to read while it writes, instead of
   * failing with `locked`.
   *
   * @default false
   */
  readonly isGuestAllowed?: boolean | undefined;
}

/** An open embedded database. */
export interface EmbeddedDatabase extends AsyncDisposable {
  /** What `createPostgresStore` needs to use it. */
  readonly storeOptions: Pick<PostgresStoreOptions, "connection" | "backend">;
  /** Folder of the Unix socket, for `psql -h`. */
  readonly socketFolder: string;
  /**
   * Ends the database, its socket and the claim on its folder; of another process's database,
   * nothing. Twice is as good as once.
   */
  close(): Promise<void>;
}

function describe(socketFolder: string, backend: "embedded" | "embeddedGuest") {
  const connection = { host: socketFolder, port: 5432, user: "postgres", database: "postgres" };
  return { storeOptions: { connection, backend }, socketFolder };
}

const PGVECTOR_PACKAGE = "@electric-sql/pglite-pgvector";

/** Whether an import failed because pgvector's package is not installed. */
function isPgvectorMissing(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ERR_MODULE_NOT_FOUND" &&
    error.message.includes(`'${PGVECTOR_PACKAGE}'`)
  );
}

/** What the database may create: trigrams, and vectors where their package is installed. */
async function loadExtensions(): Promise<Extensions> {
  try {
    const { vector } = await import("@electric-sql/pglite-pgvector");
    return { pg_trgm, vector };
  } catch (error) {
    if (!isPgvectorMissing(error)) throw error;
    return { pg_trgm };
  }
}

async function serve(folder: string, socketFolder: string): Promise<() => Promise<void>> {
  await rm(socketFolder, { recursive: true, force: true });
  await mkdir(socketFolder, { recursive: true, mode: 0o700 });
  const database = await PGlite.create(folder, { extensions: await loadExtensions() });
  const server = new PGLiteSocketServer({
    db: database,
    path: join(socketFolder, SOCKET_NAME),
    maxConnections: 16,
  });
  await server.start();
  return async () => {
    await server.stop();
    await database.close();
    await rm(socketFolder, { recursive: true, force: true });
  };
}

function taken({ holder, pid }: Owner, folder: string): StorageError {
  const current = `${holder} (pid ${pid})`;
  return new StorageError("locked", `${current} has the database in ${folder} open`, {
    holder: current,
  });
}

/** What the system says when a folder cannot be written to. */
const CODES: ReadonlyMap<string, StorageErrorCode> = new Map<string, StorageErrorCode>([
  ["EACCES", "unauthorized"],
  ["EPERM", "unauthorized"],
  ["EROFS", "unauthorized"],
  ["ENOSPC", "out_of_resources"],
  ["EDQUOT", "out_of_resources"],
  ["EMFILE", "out_of_resources"],
]);

/** Errors of a program that is there in part, or was cut off: JavaScript's own, and those of WebAssembly. */
const PROGRAM_ERRORS: ReadonlySet<string> = new Set([
  "TypeError",
  "SyntaxError",
  "ReferenceError",
  "CompileError",
  "LinkError",
]);

/** Whether it is the program that cannot run, as where a module is missing. */
function isOfProgram(cause: Error): boolean {
  // Node's own codes.
  if ("code" in cause && String(cause.code).startsWith("ERR_")) return true;
  return PROGRAM_ERRORS.has(cause.name);
}

/**
 * What the system or the program objects to says nothing of the database, which may be sound, and somebody
 * else's. PostgreSQL itself leaves little to tell: that it could not start, or that it has stopped.
 */
function codeOf(cause: unknown): StorageErrorCode {
  if (!(cause instanceof Error)) return "connection";
  if ("syscall" in cause && "code" in cause) return CODES.get(String(cause.code)) ?? "unknown";
  // How WebAssembly says that it does not get its memory.
  if (cause instanceof RangeError) return "out_of_resources";
  return isOfProgram(cause) ? "unknown" : "connection";
}

/** What opening failed with, by what the system, the program or the database said. @internal */
export function cannotOpen(folder: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `The embedded database in ${folder} cannot be opened: ${why}`;
  return new StorageError(codeOf(cause), message, { cause });
}

/** Where an embedded database is, and what keeps others from it. */
interface Place {
  readonly folder: string;
  readonly ownerFile: string;
  readonly socketFolder: string;
}

/** Opens the database for others to use, or finds who else has it. */
async function open(
  { folder, ownerFile, socketFolder }: Place,
  { holder, isGuestAllowed }: EmbeddedDatabaseOptions,
): Promise<EmbeddedDatabase> {
  await mkdir(dirname(folder), { recursive: true });
  const owner = isGuestAllowed ? await findOwner(ownerFile, socketFolder) : undefined;
  const other = owner ?? (await becomeOwner(ownerFile, { holder, socketFolder }));
  if (other !== undefined) {
    if (!isGuestAllowed) throw taken(other, folder);
    const close = async () => {};
    const guest = describe(other.socketFolder, "embeddedGuest");
    return { ...guest, close, [Symbol.asyncDispose]: close };
  }
  const stop = await serve(folder, socketFolder).catch(async (cause: unknown) => {
    await resignOwner(ownerFile);
    throw cause;
  });
  let closed: Promise<void> | undefined;
  const shutDown = async () => {
    try {
      await stop();
    } finally {
      await resignOwner(ownerFile);
    }
  };
  const close = () => {
    closed ??= shutDown();
    return closed;
  };
  return { ...describe(socketFolder, "embedded"), close, [Symbol.asyncDispose]: close };
}

/**
 * Opens the PostgreSQL that needs no server: PGlite, in a folder, in this process.
 *
 * It is served on a Unix socket, so that the same driver and statements are used as with a server,
 * and other processes can look at it. Safe against `kill -9`; not against a power failure, because
 * PGlite does not flush to disk.
 *
 * @throws {StorageError} `locked` when another process has it open, or may have on another host;
 * `unauthorized`, `out_of_resources` or `unknown` when the system or the program cannot open it;
 * `connection` when it is broken. The cause is what the system, the program or the database said
 */
export async function openEmbeddedDatabase(
  options: EmbeddedDatabaseOptions,
): Promise<EmbeddedDatabase> {
  const folder = resolve(options.folder);
  const place = { folder, ownerFile: `${folder}.owner`, socketFolder: socketFolderOf(folder) };
  try {
    return await open(place, options);
  } catch (cause) {
    throw cannotOpen(folder, cause);
  }
}
