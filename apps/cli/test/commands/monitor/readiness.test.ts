import { describe, expect, it } from "vitest";
import { whyNotReady } from "../../../src/commands/sync/monitor/readiness.ts";
import { aShard } from "../../support/shard-activity.ts";

const now = new Date("2026-01-01T00:01:40Z");
const limits = { now, maxLagSeconds: 60 };

/** One that follows blocks, the last of which is so many seconds old. */
function following(lagSeconds: number) {
  const blockTime = new Date(now.getTime() - lagSeconds * 1000);
  return aShard({ shardId: 2, phase: "realtime", isCaughtUp: true, blockTime });
}

describe("whyNotReady()", () => {
  it("says nothing of shards that have caught up and are not too old", () => {
    expect(whyNotReady([following(0), following(60)], limits)).toEqual([]);
  });

  it("says that nothing has begun", () => {
    expect(whyNotReady([], limits)).toEqual(["the sync has not begun"]);
    expect(whyNotReady([aShard({ partitionsTotal: 0 })], limits)).toEqual([
      "shard 1 has not begun",
    ]);
  });

  it("names every shard that is not, and why", () => {
    const shards = [
      aShard({ partitionsDone: 64, entryCount: 250 }),
      { ...following(0), isCaughtUp: false },
      { ...following(61), shardId: 3 },
      following(3),
    ];

    expect(whyNotReady(shards, limits)).toEqual([
      "shard 1 has 25 % of its history",
      "shard 2 has not caught up with the node",
      "shard 3 is 61 seconds behind, more than 60",
    ]);
  });

  it("takes one for ready that has caught up with a node without a block since", () => {
    expect(whyNotReady([{ ...following(0), blockTime: undefined }], limits)).toEqual([]);
  });
});
