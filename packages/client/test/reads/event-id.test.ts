import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockNumberOf, firstEventIdOf } from "../../src/index.ts";

describe("event ids", () => {
  it("hold the block number above 14 bits of sequence", () => {
    expect(firstEventIdOf(1n)).toBe(16384n);
    expect(blockNumberOf(16384n * 7n + 16383n)).toBe(7n);
  });

  it("lead from any event of a block back to the block's first", () => {
    const blockNumbers = fc.bigInt({ min: 0n, max: 2n ** 50n - 1n });
    fc.assert(
      fc.property(blockNumbers, fc.bigInt({ min: 0n, max: 16383n }), (blockNumber, sequence) => {
        const eventId = firstEventIdOf(blockNumber) + sequence;

        expect(blockNumberOf(eventId)).toBe(blockNumber);
        expect(firstEventIdOf(blockNumberOf(eventId))).toBe(eventId - sequence);
      }),
    );
  });
});
