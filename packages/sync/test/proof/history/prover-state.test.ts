import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProverPosition } from "../../../src/proof/history/prover-state.ts";
import { readProverState, writeProverState } from "../../../src/proof/history/prover-state.ts";

const state = fc.uint8Array({ maxLength: 300 });

const arbitraryPosition: fc.Arbitrary<ProverPosition> = fc.record({
  unprovenAccountCount: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  beforeAccount: state,
  now: state,
  lastFid: fc.option(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), { nil: undefined }),
  isLastUnproven: fc.boolean(),
  claim: fc.option(
    fc.record({
      // A node may tell any uint64.
      leafCount: fc.oneof(fc.nat(), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(Number)),
      root: fc.uint8Array({ minLength: 20, maxLength: 20 }),
    }),
    { nil: undefined },
  ),
});

/** Byte strings by their bytes alone, whatever their class. */
function plain(position: ProverPosition): unknown {
  const { beforeAccount, now, claim } = position;
  return {
    ...position,
    ...{ beforeAccount: [...beforeAccount], now: [...now] },
    claim: claim && { ...claim, root: [...claim.root] },
  };
}

function codeOf(bytes: Uint8Array): unknown {
  try {
    return readProverState(bytes);
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
}

describe("readProverState()", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(arbitraryPosition, (position) => {
        const bytes = Uint8Array.from(writeProverState(position));

        expect(plain(readProverState(bytes))).toEqual(plain(position));
      }),
      { numRuns: 500 },
    );
  });

  it("gives back no claim where its root is none", () => {
    fc.assert(
      fc.property(arbitraryPosition, fc.constantFrom(0, 19, 21, 32), (position, length) => {
        const claim = { leafCount: 1, root: new Uint8Array(length) };

        const { claim: read } = readProverState(writeProverState({ ...position, claim }));

        expect(read).toBeUndefined();
      }),
    );
  });

  it("refuses a state that ends anywhere before its end, or goes on after it", () => {
    fc.assert(
      fc.property(arbitraryPosition, fc.uint8Array({ minLength: 1 }), (position, more) => {
        const bytes = writeProverState(position);
        const shorter = Array.from(bytes.keys(), (end) => bytes.subarray(0, end));

        expect(new Set(shorter.map(codeOf))).toEqual(new Set(["malformed_state"]));
        expect(codeOf(Uint8Array.from([...bytes, ...more]))).toBe("malformed_state");
      }),
      { numRuns: 50 },
    );
  });

  it("refuses a state of another version", () => {
    fc.assert(
      fc.property(arbitraryPosition, fc.nat(255), (position, version) => {
        const bytes = writeProverState(position);
        fc.pre(version !== bytes[0]);

        expect(codeOf(bytes.with(0, version))).toBe("malformed_state");
      }),
    );
  });

  it("refuses a state of which a part is said to be longer than there is", () => {
    const empty = new Uint8Array();
    const position = { beforeAccount: empty, now: empty, lastFid: 1n, claim: undefined };
    const bytes = writeProverState({ ...position, unprovenAccountCount: 0, isLastUnproven: false });

    expect(codeOf(bytes.with(5, 0xff))).toBe("malformed_state");
    expect(codeOf(bytes.with(9, 0xff))).toBe("malformed_state");
  });
});
