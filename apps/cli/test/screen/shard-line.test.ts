import { describe, expect, it } from "vitest";
import { lagSeconds, progressBar, shardLine } from "../../src/screen/shard-line.ts";
import { aShard } from "../support/shard-activity.ts";

const NOW = new Date("2026-10-01T00:01:05Z");
const NO_PACE = { messagesPerSecond: 0, etaSeconds: undefined };

describe("shardLine()", () => {
  it("shows bar, partitions, entries, pace and time left while history comes", () => {
    const shard = aShard({ partitionsDone: 128, entryCount: 500, retryCount: 2 });

    const line = shardLine(shard, { messagesPerSecond: 1234.5, etaSeconds: 65 }, NOW);

    expect(line).toBe(
      "shard 1  ██████████░░░░░░░░░░  50%  128/256 partitions  500/1,000 entries  1,235 messages/s  ETA 1m 05s  2 retries",
    );
  });

  it("shows height, lag and messages in realtime", () => {
    const shard = aShard({
      phase: "realtime",
      blockNumber: 28_812n,
      blockTime: new Date("2026-10-01T00:01:03Z"),
      messageCount: 20_134,
    });

    expect(shardLine(shard, NO_PACE, NOW)).toBe("shard 1  height 28,812  lag 2s  20,134 messages");
  });

  it("says that a shard without a plan is starting", () => {
    expect(shardLine(aShard({ partitionsTotal: 0 }), NO_PACE, NOW)).toBe("shard 1  starting");
  });
});

describe("progressBar()", () => {
  it.each([
    [-1, "░░░░░░░░░░░░░░░░░░░░"],
    [0.05, "█░░░░░░░░░░░░░░░░░░░"],
    [0.999, "███████████████████░"],
    [1, "████████████████████"],
    [7, "████████████████████"],
  ])("fills its width, and is full only at the end: %s", (share, bar) => {
    expect(progressBar(share)).toBe(bar);
  });
});

describe("lagSeconds()", () => {
  it("is null before the first block and never below 0", () => {
    expect(lagSeconds(undefined, NOW)).toBeNull();
    expect(lagSeconds(null, NOW)).toBeNull();
    expect(lagSeconds(new Date("2026-10-01T00:01:00Z"), NOW)).toBe(5);
    expect(lagSeconds(new Date("2026-10-01T00:02:00Z"), NOW)).toBe(0);
  });
});
