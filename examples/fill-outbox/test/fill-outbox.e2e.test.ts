import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDevnet } from "@snaprag/devnet";
import { expect, it } from "vitest";
import { liveOfNode } from "../../../test/support/compare-mirror.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";

const SCRIPT = fileURLToPath(new URL("../fill-outbox.mjs", import.meta.url));
const KILLS = 3;
const CASTS_BEFORE_A_KILL = 40;
const CAST = /^@(\d+) 0x([0-9a-f]{40}) "/;

it("hands every cast on, also those of syncs that were killed", async () => {
  await using devnet = createDevnet({ users: 20, messages: 1000, blockMs: 100 });
  await devnet.start();
  await using database = await createTestDatabase();
  /** What was handed on, each as `<fid> <hash>`. */
  const handedOn = new Set<string>();

  /** Runs the example until something was handed on and kills it then; what it had said by then counts. */
  async function runUntil(isEnough: () => boolean): Promise<void> {
    const argv = [SCRIPT, database.url, devnet.endpoint];
    const example = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
    try {
      for await (const line of createInterface(example.stdout)) {
        const [, fid, hash] = CAST.exec(line) ?? [];
        expect(hash, line).toBeDefined();
        handedOn.add(`${fid} ${hash}`);
        if (isEnough()) example.kill("SIGKILL");
      }
    } finally {
      example.kill("SIGKILL");
    }
  }

  for (let kill = 1; kill <= KILLS; kill += 1) {
    const wanted = handedOn.size + CASTS_BEFORE_A_KILL;
    await runUntil(() => handedOn.size >= wanted);
  }
  devnet.pause();
  const casts = [...(liveOfNode(devnet.listLive()).get("message type 1") ?? [])];
  const hasAll = () => casts.every((cast) => handedOn.has(cast));
  if (!hasAll()) await runUntil(hasAll);

  expect(casts.length).toBeGreaterThan(KILLS * CASTS_BEFORE_A_KILL);
  expect(hasAll()).toBe(true);
}, 60_000);
