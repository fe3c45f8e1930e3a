// Starts one real PostgreSQL for a whole test run, and has a folder for what its workers share.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { TestProject } from "vitest/node";
import "./provided-context.ts";

const SCRIPT = fileURLToPath(new URL("./serve-postgres.mjs", import.meta.url));

/** Throws when the server is of another major version than `TEST_POSTGRES_MAJOR` says, and says which it is. */
async function expectVersion(url: string): Promise<void> {
  const expected = process.env["TEST_POSTGRES_MAJOR"];
  if (expected === undefined) return;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query("show server_version").finally(() => client.end());
  const version = String(rows[0].server_version);
  console.log(`Tests run against PostgreSQL ${version}`);
  if (version.split(".")[0] !== expected) {
    throw new Error(`Expected PostgreSQL ${expected} for the tests, got ${version}`);
  }
}

/** Vitest's global set-up. `TEST_DATABASE_URL` names a server to use instead. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const templateFolder = mkdtempSync(join(tmpdir(), "snaprag-template-"));
  const removeFolder = () => rmSync(templateFolder, { recursive: true, force: true });
  project.provide("templateFolder", templateFolder);
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined) {
    await expectVersion(given);
    project.provide("databaseServerUrl", given);
    return async () => removeFolder();
  }
  const server = spawn(process.execPath, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const url = await Promise.race([
    once(createInterface(server.stdout), "line").then(([line]) => line as string),
    exited.then(([code]) => {
      throw new Error(`PostgreSQL for the tests did not start (exit code ${code})`);
    }),
  ]);
  const stop = async () => {
    server.stdin.end();
    await exited;
    removeFolder();
  };
  try {
    await expectVersion(url);
  } catch (error) {
    await stop();
    throw error;
  }
  project.provide("databaseServerUrl", url);
  return stop;
}
