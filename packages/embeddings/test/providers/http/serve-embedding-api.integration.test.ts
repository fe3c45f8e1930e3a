import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { openHttpProvider } from "../../../src/index.ts";

const PROGRAM = fileURLToPath(new URL("../../support/serve-embedding-api.ts", import.meta.url));

it("serves embeddings from a process of its own until its input ends", async () => {
  const args = ["--conditions", "snaprag-source", "--import", "tsx", PROGRAM, '{"dimension":8}'];
  const server = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(server, "exit");
  const [endpoint] = (await once(createInterface(server.stdout), "line")) as [string];
  const provider = await openHttpProvider({ endpoint, model: "test-model", retryMs: 0 });

  const faults = JSON.stringify({ refusedPattern: "forbidden" });
  await fetch(new URL("/faults", endpoint), { method: "POST", body: faults });
  const refused = provider.embed(["forbidden"]);
  await expect(refused).rejects.toMatchObject({ code: "text_refused" });
  const counts = await (await fetch(new URL("/counts", endpoint))).json();
  server.stdin.end();
  const [exitCode] = await exited;

  expect(provider.dimension).toBe(8);
  expect(counts).toMatchObject({ callCount: 2, textCount: 2, embeddedCount: 1 });
  expect(exitCode).toBe(0);
});
