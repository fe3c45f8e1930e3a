import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createSlowWrites } from "../../src/run/slow-writes.ts";
import { createRecordingLogger } from "../support/recording-logger.ts";

const write = { shardId: 1, blockNumber: 5n, messageCount: 7 };

describe("createSlowWrites()", () => {
  it("tells of a write while it takes long, and when it has ended", async () => {
    const { logger, warnings } = createRecordingLogger();
    const slowWrites = createSlowWrites({ logger, slowWriteMs: 10 });
    let toldMeanwhile = 0;

    await slowWrites.watch(write, async () => {
      await delay(100);
      toldMeanwhile = warnings.length;
    });

    expect(toldMeanwhile).toBe(1);
    expect(warnings).toEqual([
      "a write is slow, waiting for the database",
      "the slow write has ended",
    ]);
  });

  it("says nothing of one that is quick, nor of the others that wait with a slow one", async () => {
    const { logger, warnings } = createRecordingLogger();
    await createSlowWrites({ logger, slowWriteMs: 1000 }).watch(write, () => delay(10));
    expect(warnings).toEqual([]);

    const slowWrites = createSlowWrites({ logger, slowWriteMs: 10 });
    await Promise.all([1, 2, 3].map(() => slowWrites.watch(write, () => delay(50))));
    expect(warnings).toHaveLength(2);
  });

  it("passes on what a write fails with, and has told of it", async () => {
    const { logger, warnings } = createRecordingLogger();
    const slowWrites = createSlowWrites({ logger, slowWriteMs: 10 });
    const failure = new Error("gone");

    const failing = slowWrites.watch(write, async () => {
      await delay(50);
      throw failure;
    });

    await expect(failing).rejects.toBe(failure);
    expect(warnings).toHaveLength(2);
  });
});
