// The same way of the data, into PostgreSQL.
import { createNodeClient } from "@snaprag/client";
import { createDevnet } from "@snaprag/devnet";
import { createPostgresStore } from "@snaprag/storage-postgres";
import { expect, it } from "vitest";
import { compareLive, liveOfNode, liveOfStore } from "../../../test/support/compare-mirror.ts";
import { createTestDatabase } from "../../../test/support/test-database.ts";
import { createSyncer } from "../src/index.ts";

it("mirrors a devnet into PostgreSQL, then its blocks, across restarts", async () => {
  await using devnet = createDevnet({ users: 100, messages: 30_000, blockMs: 0 });
  await devnet.start();
  await using database = await createTestDatabase();
  await using client = createNodeClient({ endpoint: devnet.endpoint });

  for (let round = 0; round < 3; round++) {
    await using store = createPostgresStore({ connectionString: database.url });
    await createSyncer({ client, store, holder: "a test", syncIntervalMs: 20 }).run({
      untilSynced: true,
    });
    expect(compareLive(await liveOfStore(store), liveOfNode(devnet.listLive()))).toEqual([]);
    await devnet.produceBlock(100);
  }
});
