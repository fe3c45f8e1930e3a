import type { Change } from "@snaprag/processors";
import type { BlockBatch } from "@snaprag/storage";
import { describe, expect, it } from "vitest";
import { createTouchedAccounts, firstBlockOf } from "../../../src/proof/live/touched-accounts.ts";

function batchOf(blockNumber: bigint, changes: readonly object[]): BlockBatch {
  return {
    ...{ shardId: 1, previousBlock: blockNumber - 1n, blockNumber, eventId: 0n, messageCount: 0 },
    ...{ blockTime: new Date(0), quarantined: [] },
    // Safety: nothing else is read of changes.
    changes: changes as readonly Change[],
  };
}

const merge = (fid: bigint) => ({ kind: "merge", row: { fid } });
const compaction = (fid: bigint) => ({ kind: "sweepLinks", fid });

/** Some whose first accounts were taken already. */
function createBegun() {
  const touched = createTouchedAccounts(10n);
  touched.takeDue(1n);
  return touched;
}

describe("createTouchedAccounts()", () => {
  it("has everything due at first, and then after so many blocks", () => {
    const touched = createTouchedAccounts(10n);
    touched.add(batchOf(1n, [merge(5n)]));
    expect([...touched.takeDue(1n).touches.keys()]).toEqual([5n]);

    touched.add(batchOf(2n, [merge(6n)]));
    touched.add(batchOf(10n, [merge(7n)]));
    expect(touched.takeDue(10n).touches.size).toBe(0);
    const due = touched.takeDue(11n);
    expect([...due.touches.keys()]).toEqual([6n, 7n]);
    expect(firstBlockOf(due.touches)).toBe(2n);
    expect(touched.takeDue(100n)).toEqual({ touches: new Map(), wholeFrom: undefined });
  });

  it("has the account of a compaction due at once, and no other", () => {
    const touched = createBegun();
    touched.add(batchOf(2n, [merge(6n), merge(7n), compaction(7n)]));

    expect([...touched.takeDue(2n).touches.keys()]).toEqual([7n]);
    expect([...touched.takeDue(11n).touches.keys()]).toEqual([6n]);
  });

  it("has blocks due whole after so many, also those that touched nothing that was told", () => {
    const touched = createBegun();
    touched.add(batchOf(2n, []));
    touched.add(batchOf(3n, [compaction(7n)]));

    expect(touched.takeDue(3n)).toMatchObject({ wholeFrom: undefined });
    expect(touched.takeDue(10n)).toMatchObject({ wholeFrom: undefined });
    expect(touched.takeDue(11n)).toEqual({ touches: new Map(), wholeFrom: 2n });
    expect(touched.takeDue(30n)).toMatchObject({ wholeFrom: undefined });
  });

  it("remembers the first block that touched an account, also of one that was put back", () => {
    const touched = createBegun();
    touched.add(batchOf(2n, [merge(6n)]));
    const taken = touched.takeDue(11n);
    touched.add(batchOf(12n, [merge(6n), merge(7n)]));
    touched.putBack(taken);

    const due = touched.takeDue(12n);
    expect([...due.touches.keys()].sort()).toEqual([6n, 7n]);
    expect(firstBlockOf(due.touches)).toBe(2n);
    expect(due.wholeFrom).toBe(2n);
  });

  it("has blocks due whole again of which the node did not have all", () => {
    const touched = createBegun();
    touched.add(batchOf(2n, []));
    const taken = touched.takeDue(11n);
    touched.add(batchOf(12n, []));
    touched.putBackWhole(taken);

    expect(touched.takeDue(12n).wholeFrom).toBe(2n);
    expect(touched.takeDue(30n).wholeFrom).toBeUndefined();
  });

  it("counts how often an account was not decided, whatever touched it meanwhile", () => {
    const touched = createBegun();
    touched.add(batchOf(2n, [merge(6n)]));
    const first = touched.takeDue(11n);
    touched.add(batchOf(12n, [merge(6n)]));
    touched.putBackUndecided([6n], first.touches);
    const second = touched.takeDue(21n);
    expect(second.touches.get(6n)).toEqual({ first: 12n, undecided: 1 });
    touched.putBackUndecided([6n], second.touches);
    touched.hurry();
    expect(touched.takeDue(22n).touches.get(6n)).toEqual({ first: undefined, undecided: 2 });
  });

  it("knows fids by their low 32 bits, as the trie does", () => {
    const touched = createTouchedAccounts(1n);
    touched.add(batchOf(1n, [merge((1n << 32n) + 5n), merge(5n)]));

    expect([...touched.takeDue(1n).touches.keys()]).toEqual([5n]);
  });
});
