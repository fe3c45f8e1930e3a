import type { AccountDifference, ShardVerification } from "@snaprag/sync";
import { describe, expect, it } from "vitest";
import { notProved } from "../../../src/commands/database/proof/not-proved.ts";

const ROOT = new Uint8Array(20);

/** A shard of which not all could be compared. */
const UNPROVED: ShardVerification = {
  ...{ shardId: 1, status: "unproved", blockNumber: 7n, root: ROOT, chainRoot: ROOT },
  ...{ commits: "ok", leafCount: 9, accountCount: undefined },
  ...{ differences: [], pending: [], withoutKeys: [] },
};

// Safety: differences are only counted.
const differences = Array(2).fill({}) as AccountDifference[];

describe("notProved()", () => {
  it.each<[string, Partial<ShardVerification>, RegExp]>([
    ["accounts that differ", { differences, pending: [1n] }, /2 accounts is not what the node has/],
    ["a root that does not fit", { status: "mismatch" }, /do not add up to the chain's root/],
    ["a block that is pruned", { chainRoot: undefined }, /has not the block/],
    ["accounts that change", { pending: [1n], withoutKeys: [2n] }, /changed 1 account since/],
    ["keys of shard 0", { withoutKeys: [2n] }, /lacks shard 0.* of 1 account come/],
    ["a download", { root: undefined, chainRoot: undefined }, /not complete yet/],
  ])("tells of %s", (_, found, words) => {
    const error = notProved([{ ...UNPROVED, ...found }]);

    expect(error).toMatchObject({ code: "not_proved", message: expect.stringMatching(words) });
    expect(error.advice).not.toBe("");
  });
});
