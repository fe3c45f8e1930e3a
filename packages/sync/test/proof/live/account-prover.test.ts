import type { BlockBatch } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createAccountProver } from "../../../src/proof/live/account-prover.ts";
import { createBacklog } from "../../../src/proof/live/backlog.ts";
import type { FollowedShard } from "../../../src/proof/live/prove-rows.ts";

// Safety: nothing else is read of a batch.
const BATCH = {
  changes: [{ kind: "merge", row: { fid: 5n } }],
  previousBlock: 3n,
} as unknown as BlockBatch;

/** A prover that may not come to ask its node anything. */
function createIdle(shardsBehind: ReadonlySet<number>) {
  const backlog = createBacklog();
  // Safety: nothing else is looked at before accounts are.
  const shard = {
    ...{ run: { shardsBehind, store: {} }, shardId: 1 },
    reading: { signal: new AbortController().signal, client: {} },
  } as unknown as FollowedShard;
  const prover = createAccountProver(shard, { interval: 100n, backlog, firstBlock: 4n });
  return { backlog, prover };
}

describe("createAccountProver()", () => {
  it("leaves a backlog alone while a shard is behind", async () => {
    const { backlog, prover } = createIdle(new Set([2]));
    backlog.addAccounts([1n]);

    await prover.proveBacklog(BATCH);
    expect([backlog.size, prover.hasBacklog()]).toEqual([1, true]);

    const { prover: free } = createIdle(new Set());
    await expect(free.proveBacklog(BATCH)).rejects.toThrow(TypeError);
  });

  it("hands over what it has not proved", () => {
    const { backlog, prover } = createIdle(new Set());
    prover.add(BATCH);
    prover.handOver();
    expect(backlog.take()).toEqual([5n]);
  });
});
