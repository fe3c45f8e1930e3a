// The main job at size: 200,000 messages through the built program, held against the node.
import type { Devnet } from "@snaprag/devnet";
import { createDevnet } from "@snaprag/devnet";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./support/built-cli.ts";
import { DATABASES } from "./support/databases.ts";
import { compareWithNode, withStore } from "./support/mirror.ts";

const MESSAGE_TYPES = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 14, 15, 16, 17, 18, 19, 20, 21];

describe("snaprag sync --until-synced", () => {
  let devnet: Devnet;

  beforeAll(async () => {
    devnet = createDevnet({ users: 800, messages: 200_000, blockMs: 0 });
    await devnet.start();
    // So that there is something to follow after the snapshot.
    await devnet.produceBlock(100);
  }, 300_000);

  afterAll(() => devnet.stop());

  it.each(DATABASES)(
    "mirrors 200,000 messages of every type into %s",
    async (_, createWorkplace) => {
      await using workplace = await createWorkplace();
      const argv = ["sync", "--until-synced", "--snapchain-endpoint", devnet.endpoint];

      const { folder, databaseFlags } = workplace;
      const { exitCode, stderr } = await runCli([...argv, ...databaseFlags], { folder });

      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
      const { live, differences } = await compareWithNode(workplace, devnet);
      expect(differences).toEqual([]);
      const sizes = MESSAGE_TYPES.map((type) => live.get(`message type ${type}`)?.size ?? 0);
      expect(sizes.every((size) => size > 0)).toBe(true);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBeGreaterThan(195_000);
      const counts = await withStore(workplace, (store) => store.countRows());
      expect(counts.get("casts")?.live).toBe(live.get("message type 1")?.size);
      expect(counts.get("onchain_events")?.live).toBe(live.get("on-chain events")?.size);
    },
  );
});
