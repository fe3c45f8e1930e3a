// Starts one real PostgreSQL for a whole test run.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import "./provided-context.ts";

const SCRIPT = fileURLToPath(new URL("./serve-postgres.mjs", import.meta.url));

/** Vitest's global set-up. `TEST_DATABASE_URL` names a server to use instead. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given !== undefined) {
    project.provide("databaseServerUrl", given);
    return async () => undefined;
  }
  const server = spawn(process.execPath, [SCRIPT], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const url = await Promise.race([
    once(createInterface(server.stdout), "line").then(([line]) => line as string),
    exited.then(([code]) => {
      throw new Error(`PostgreSQL for the tests did not start (exit code ${code})`);
    }),
  ]);
  project.provide("databaseServerUrl", url);
  return async () => {
    server.stdin.end();
    await exited;
  };
}
