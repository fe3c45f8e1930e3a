import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";

it("prints casts while a devnet publishes them", async () => {
  await using devnet = createDevnet({ users: 20, messages: 500, blockMs: 100 });
  await devnet.start();
  const script = fileURLToPath(new URL("../print-casts.mjs", import.meta.url));
  const example = spawn(process.execPath, [script, devnet.endpoint]);
  const lines: string[] = [];
  try {
    for await (const line of createInterface(example.stdout)) {
      if (lines.push(line) === 3) break;
    }
  } finally {
    example.kill();
  }

  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z @\d+: /);
});
