import type { BlockBatch } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createBacklog } from "../../../src/proof/live/backlog.ts";

describe("createBacklog()", () => {
  it("gives each account once, a few at a time, those first that were added first", () => {
    const backlog = createBacklog();
    const fids = Array.from({ length: 20 }, (_, index) => BigInt(100 - index));
    backlog.addAccounts(fids);
    backlog.addAccounts(fids);
    expect(backlog.size).toBe(20);
    const first = backlog.take();
    expect(first).toEqual(fids.slice(0, first.length));
    expect([...first, ...backlog.take()]).toEqual(fids);
    expect(backlog.size).toBe(0);
    expect(backlog.take()).toEqual([]);
  });

  it("adds the accounts of a batch by the low 32 bits of their fids, also of leaves without rows", () => {
    const backlog = createBacklog();
    const changes = [
      { kind: "merge", row: { fid: 2n ** 32n + 5n } },
      { kind: "sweepLinks", fid: 6n },
    ];
    // Safety: nothing else is read of a batch.
    backlog.add({ changes, leaves: [{ fid: 7n }] } as unknown as BlockBatch);
    expect(backlog.take()).toEqual([5n, 6n, 7n]);
  });

  it("forgets all that is waiting", () => {
    const backlog = createBacklog();
    backlog.addAccounts([1n]);
    backlog.clear();
    expect(backlog.take()).toEqual([]);
  });
});
