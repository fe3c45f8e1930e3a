import { describe, expect, it } from "vitest";
import { mergeProgress } from "../../src/commands/sync/threads/merge-progress.ts";
import type { ThreadsProgress } from "../../src/commands/sync/threads/running-sync.ts";
import { aShard } from "../support/shard-activity.ts";

/** Of threads that all lead. */
const mergeTold = (led: ThreadsProgress["led"]) => mergeProgress({ led, helped: [] });

describe("mergeProgress()", () => {
  it("shows the shards of one thread as they are", () => {
    const shards = [aShard({ shardId: 0 }), aShard({ shardId: 1, messageCount: 7 })];

    expect(mergeTold([shards])).toEqual(shards);
  });

  it("adds up what the threads download, and counts what was done before once", () => {
    const led = aShard({ partitionsFound: 100, partitionsDone: 110, entryCount: 5 });
    const helped = aShard({ partitionsFound: 101, partitionsDone: 120, entryCount: 6 });
    const main = { ...helped, messageCount: 3, errorCount: 1, expectedCount: 0 };
    const thread = { ...led, messageCount: 4, retryCount: 2 };

    expect(mergeTold([[main], [thread]])).toEqual([
      aShard({
        ...{ partitionsFound: 100, partitionsDone: 130, entryCount: 11, messageCount: 7 },
        ...{ errorCount: 1, retryCount: 2, expectedCount: 1000 },
      }),
    ]);
  });

  it("never shows more partitions than there are", () => {
    const each = aShard({ partitionsFound: 0, partitionsDone: 200 });

    expect(mergeTold([[each], [each]])).toMatchObject([{ partitionsDone: 256 }]);
  });

  it("believes who leads a shard that is followed, and counts everybody's failures", () => {
    const watched = aShard({ phase: "realtime", blockNumber: 5n, messageCount: 9, errorCount: 1 });
    const led = { ...watched, blockNumber: 7n, messageCount: 10, isCaughtUp: true };

    expect(mergeTold([[watched], [led]])).toEqual([{ ...led, errorCount: 2 }]);
    expect(mergeTold([[led], [watched]])).toMatchObject([{ blockNumber: 5n }]);
  });

  it("takes what there is of a shard that its leader has not begun", () => {
    expect(mergeTold([[aShard({ shardId: 2 })], [aShard({ shardId: 1 })], []])).toMatchObject([
      { shardId: 1 },
      { shardId: 2 },
    ]);
  });

  it("counts what one that came to help has found there as done by those that lead", () => {
    const led = aShard({ partitionsFound: 0, partitionsDone: 120, entryCount: 5 });
    const helped = aShard({ partitionsFound: 100, partitionsDone: 130, entryCount: 6 });

    expect(mergeProgress({ led: [[led]], helped: [helped] })).toMatchObject([
      { partitionsDone: 150, entryCount: 11 },
    ]);
  });

  it("goes on from what has been done when one that helps looks again", () => {
    const led = aShard({ partitionsFound: 0, partitionsDone: 130 });
    const helped = aShard({ partitionsFound: 248, partitionsDone: 248 });

    expect(mergeProgress({ led: [[led]], helped: [helped] })).toMatchObject([
      { partitionsDone: 248 },
    ]);
  });
});
