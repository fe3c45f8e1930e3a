import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockOfPosition, firstPositionOf, lastPositionOf } from "../src/index.ts";

const blockNumber = fc.bigInt({ min: 0n, max: 2n ** 50n - 1n });

describe("positions", () => {
  it("are event ids: 14 bits of sequence below the block number", () => {
    expect(firstPositionOf(3n)).toBe(49_152n);
    expect(lastPositionOf(3n)).toBe(65_535n);
    expect(blockOfPosition(65_535n)).toBe(3n);
    expect(blockOfPosition(65_536n)).toBe(4n);
  });

  it("of consecutive blocks follow on one another", () => {
    fc.assert(
      fc.property(blockNumber, (block) => {
        expect(lastPositionOf(block) + 1n).toBe(firstPositionOf(block + 1n));
      }),
    );
  });

  it("lie in the block they belong to", () => {
    fc.assert(
      fc.property(blockNumber, fc.bigInt({ min: 0n, max: 16_383n }), (block, sequence) => {
        expect(blockOfPosition(firstPositionOf(block) + sequence)).toBe(block);
      }),
    );
  });
});
