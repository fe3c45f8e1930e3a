import type { StorageError, Store } from "@snaprag/storage";
import type { EmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import type { PostgresEmbeddingStore } from "@snaprag/storage-postgres/embeddings";
import { CliError, isNamed, withConfigured } from "../../errors/cli-error.ts";
import type { DatabaseTarget, EmbeddedTarget } from "./database-target.ts";

/** An open database. */
export interface OpenDatabase extends AsyncDisposable {
  readonly store: Store;
  /** Opens what embeddings are kept in, over connections of its own. The caller closes it first. */
  openEmbeddings(): Promise<PostgresEmbeddingStore>;
}

/** How a database is opened. */
export interface OpenDatabaseOptions {
  /** What this process is, told to others that find the embedded database taken. */
  readonly holder: string;
  /**
   * Whether to join the process that has the embedded database open, only to look.
   *
   * @default false
   */
  readonly isGuestAllowed?: boolean | undefined;
  /**
   * Longest time one statement may take on a server, in milliseconds.
   *
   * @default as the settings say
   */
  readonly statementTimeoutMs?: number | undefined;
}

/**
 * Opens a database. A server is not connected to before the first statement; the embedded database
 * is created when missing, and this process then has it to itself.
 *
 * @throws {StorageError} `locked` when another process has the embedded database open
 */
export async function openDatabase(
  target: DatabaseTarget,
  options: OpenDatabaseOptions,
): Promise<OpenDatabase> {
  const { createPostgresStore } = await import("@snaprag/storage-postgres");
  const { schema, fidPartitions } = target;
  if (target.kind === "server") {
    const { url: connectionString, maxConnections, patience } = target;
    const { applicationName = "snaprag", connectTimeoutMs } = patience;
    const { statementTimeoutMs = patience.statementTimeoutMs } = options;
    const store = withConfigured(() =>
      createPostgresStore({
        connectionString,
        schema,
        fidPartitions,
        maxConnections,
        ...patience,
        statementTimeoutMs,
      }),
    );
    return {
      store,
      async openEmbeddings() {
        const { createEmbeddingStore } = await import("@snaprag/storage-postgres/embeddings");
        return createEmbeddingStore({
          connectionString,
          schema,
          connectTimeoutMs,
          statementTimeoutMs,
          applicationName: `${applicationName} embeddings`,
        });
      },
      [Symbol.asyncDispose]: () => store.close(),
    };
  }
  const embedded = await openEmbedded(target, options);
  const store = withConfigured(() =>
    createPostgresStore({ ...embedded.storeOptions, schema, fidPartitions }),
  );
  return {
    store,
    async openEmbeddings() {
      const { createEmbeddingStore } = await import("@snaprag/storage-postgres/embeddings");
      const { connection } = embedded.storeOptions;
      // The session is the store's, and set up by its first statement. What is wrong shows again below.
      await store.listShards().catch(() => undefined);
      return createEmbeddingStore({ connection, schema, backend: "embeddedGuest" });
    },
    async [Symbol.asyncDispose]() {
      await store.close();
      await embedded.close();
    },
  };
}

async function openEmbedded(
  { folder, shownFolder }: EmbeddedTarget,
  { holder, isGuestAllowed }: OpenDatabaseOptions,
): Promise<EmbeddedDatabase> {
  const { openEmbeddedDatabase } = await import("@snaprag/storage-postgres/embedded");
  try {
    return await openEmbeddedDatabase({ folder, holder, isGuestAllowed });
  } catch (error) {
    const isElsewhere = !isNamed<StorageError>(error, "StorageError") || error.code === "locked";
    throw isElsewhere ? error : brokenDatabase(error, shownFolder);
  }
}

/** Not to delete what may be sound: a folder that cannot be written to can be again. */
function mend({ code, cause }: StorageError, shownFolder: string): string {
  const isOfSystem = cause instanceof Error && "syscall" in cause;
  if (code === "unauthorized") return `Make ${shownFolder} and what it is in writable`;
  if (code === "out_of_resources") {
    return isOfSystem ? `Make room where ${shownFolder} is` : "Give the process more memory";
  }
  if (code === "connection") {
    return `Try again with more memory, and with the version of snaprag that made it; as a last resort, delete the folder ${shownFolder} to start afresh`;
  }
  return isOfSystem ? `See to it that ${shownFolder} can be a folder` : "Install snaprag anew";
}

/** Tells a person what is wrong with an embedded database that cannot be opened. */
export function brokenDatabase(cause: StorageError, shownFolder: string): CliError {
  return new CliError("database_unreachable", cause.message.replace(/^\[\w+\] /, ""), {
    advice: `${mend(cause, shownFolder)}, or use a server with --database-url.`,
    cause,
  });
}
