import type { Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { expect, it, vi } from "vitest";
import { newStore, startDevnet, sync } from "../support/mirrors.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

it("says at once why a run has to end, also while an index is built", async () => {
  const devnet = await startDevnet({ users: 10, messages: 100 });
  const inner = newStore();
  const { logger, errors } = createRecordingLogger();
  let finishBuilding = () => {};
  const built = new Promise<void>((resolve) => {
    finishBuilding = resolve;
  });
  const building = vi.fn(() => built);
  const store: Store = {
    ...inner,
    finishLoading: building,
    async applyBlocks(batch) {
      if (building.mock.calls.length > 0) throw new StorageError("constraint", "no such shard");
      await inner.applyBlocks(batch);
    },
  };
  let isEnded = false;
  const ended = sync(devnet, store, { logger }).finally(() => {
    isEnded = true;
  });
  ended.catch(() => undefined);
  await vi.waitFor(() => expect(building).toHaveBeenCalled(), { timeout: 30_000 });
  await devnet.produceBlock(3);

  await vi.waitFor(
    () => expect(errors).toEqual(["cannot go on, ending the sync: [constraint] no such shard"]),
    { timeout: 10_000 },
  );
  expect(isEnded).toBe(false);
  finishBuilding();
  await expect(ended).rejects.toMatchObject({ code: "constraint" });
  expect(errors).toHaveLength(1);
  await devnet.stop();
});
