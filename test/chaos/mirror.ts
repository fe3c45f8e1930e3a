import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@snaprag/storage";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { openEmbeddedDatabase } from "@snaprag/storage-postgres/embedded";
import type pg from "pg";
import { runCli } from "../../apps/cli/test/support/built-cli.ts";
import type { DatabaseServer } from "./database-server.ts";
import type { Backend } from "./scenario.ts";

/** An open mirror. */
interface OpenMirror extends AsyncDisposable {
  readonly store: Store;
  /** Where plain SQL can be sent for as long as it is open. */
  readonly database: string | pg.ClientConfig;
}

/** Where a scenario's rows are kept. */
export interface Mirror extends AsyncDisposable {
  /** Working folder of its syncs. */
  readonly folder: string;
  /** Names the database to a sync. */
  readonly flags: readonly string[];
  /** Opens it; the embedded one only while no sync does. */
  open(): Promise<OpenMirror>;
}

let serverTemplate: string | undefined;
let embeddedTemplate: string | undefined;

function createFolder(): string {
  return mkdtempSync(join(tmpdir(), "snaprag-chaos-"));
}

async function migrate(folder: string, flags: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCli(["migrate", ...flags], { folder });
  if (exitCode !== 0) throw new Error(`A database for scenarios cannot be made: ${stderr}`);
}

async function createOnServer(server: DatabaseServer): Promise<Mirror> {
  const folder = createFolder();
  if (serverTemplate === undefined) {
    serverTemplate = await server.createDatabase();
    await migrate(folder, ["--database-url", serverTemplate]);
  }
  const url = await server.createDatabase(serverTemplate);
  return {
    folder,
    flags: ["--database-url", url],
    async open() {
      const store = createPostgresStore({ connectionString: url });
      return {
        store,
        database: url,
        [Symbol.asyncDispose]: () => store.close(),
      };
    },
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true, force: true });
      await server.dropDatabase(url);
    },
  };
}

async function createEmbedded(): Promise<Mirror> {
  if (embeddedTemplate === undefined) {
    const made = createFolder();
    process.once("exit", () => rmSync(made, { recursive: true, force: true }));
    await migrate(made, []);
    embeddedTemplate = join(made, ".snaprag");
  }
  const folder = createFolder();
  cpSync(embeddedTemplate, join(folder, ".snaprag"), { recursive: true });
  return {
    folder,
    flags: [],
    async open() {
      const place = { folder: join(folder, ".snaprag/db"), holder: "the chaos run" };
      const database = await openEmbeddedDatabase(place);
      const store = createPostgresStore(database.storeOptions);
      return {
        store,
        database: database.storeOptions.connection ?? {},
        async [Symbol.asyncDispose]() {
          await store.close();
          await database.close();
        },
      };
    },
    [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Creates an empty mirror that is migrated already. */
export function createMirror(backend: Backend, server: DatabaseServer): Promise<Mirror> {
  return backend === "server" ? createOnServer(server) : createEmbedded();
}
