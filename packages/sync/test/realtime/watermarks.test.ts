import type { Change } from "@snaprag/processors";
import type { PartitionProgress } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createWatermarks } from "../../src/realtime/watermarks.ts";

const partition = (virtualShard: number, height: bigint): PartitionProgress => ({
  shardId: 1,
  virtualShard,
  status: "done",
  height,
  pageToken: null,
  isRelisted: false,
  messageCount: 0n,
  fallbackCount: 0,
  proof: null,
});

/** A change of an account; fid 1 is in virtual shard 168, fid 1234 in 248. */
const changeOf = (fid: bigint) => ({ kind: "sweepKeys", fid }) as Change;

describe("createWatermarks()", () => {
  const watermarks = createWatermarks([partition(168, 100n), partition(248, 120n)]);
  const changes = [changeOf(1n), changeOf(1234n)];

  it("leaves out what a partition's snapshot contains, up to its very height", () => {
    expect(watermarks.withoutContained(changes, 100n)).toEqual([]);
    expect(watermarks.withoutContained(changes, 101n)).toEqual([changes[0]]);
    expect(watermarks.withoutContained(changes, 120n)).toEqual([changes[0]]);
    expect(watermarks.withoutContained(changes, 121n)).toEqual(changes);
  });

  it("keeps changes of partitions that never had a snapshot", () => {
    expect(createWatermarks([]).withoutContained(changes, 1n)).toEqual(changes);
    expect(createWatermarks([partition(168, 9n)]).withoutContained(changes, 5n)).toEqual([
      changes[1],
    ]);
  });
});
