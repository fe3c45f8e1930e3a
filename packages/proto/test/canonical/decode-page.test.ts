import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  GetShardTransactionsResponse,
  OnChainEvent,
  ReplicationServiceDefinition,
} from "../../src/index.ts";
import { plain } from "../support/plain.ts";

const { responseType } = ReplicationServiceDefinition.methods.getShardTransactions;

const bytes = fc.uint8Array({ maxLength: 40 });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const message = fc.record({
  ...{ data: bytes, hash: bytes, signature: bytes, signer: bytes },
  hashScheme: fc.integer({ min: 0, max: 3 }),
  signatureScheme: fc.integer({ min: -1, max: 3 }),
  dataBytes: fc.option(bytes, { nil: undefined }),
});
const entry = fc.record({
  trieKey: bytes,
  trieMessage: fc.oneof(
    { weight: 6, arbitrary: fc.record({ $case: fc.constant("userMessage"), value: message }) },
    {
      weight: 1,
      arbitrary: uint64.map((fid) => ({
        $case: "onChainEvent",
        value: { ...OnChainEvent.decode(new Uint8Array()), fid },
      })),
    },
    { weight: 1, arbitrary: fc.constant(undefined) },
  ),
});
const page = fc
  .record({
    trieMessages: fc.array(entry, { maxLength: 5 }),
    fidAccountRoots: fc.array(
      fc.record({ fid: uint64, accountRootHash: bytes, numMessages: uint64 }),
      { maxLength: 3 },
    ),
    nextPageToken: fc.option(fc.string(), { nil: undefined }),
  })
  .map((value) => value as unknown as GetShardTransactionsResponse);

/** What a decoder makes of bytes: the message, or that it refuses them. */
function outcome(decode: () => unknown): unknown {
  try {
    return plain(decode());
  } catch {
    return "refused";
  }
}

function expectAsGenerated(encoded: Uint8Array): void {
  const generated = outcome(() => GetShardTransactionsResponse.decode(encoded));
  expect(outcome(() => responseType.decode(encoded))).toEqual(generated);
}

describe("the decoder of pages", () => {
  it("reads pages as the generated one does", () => {
    fc.assert(
      fc.property(page, (value) => {
        expectAsGenerated(GetShardTransactionsResponse.encode(value).finish());
      }),
      { numRuns: 1000 },
    );
  });

  it("reads or refuses whatever came in a page's stead as the generated one does", () => {
    const splice = fc.record({ at: fc.nat(), count: fc.integer({ min: 0, max: 2 }), put: bytes });
    fc.assert(
      fc.property(page, splice, (value, { at, count, put }) => {
        const encoded = [...GetShardTransactionsResponse.encode(value).finish()];
        encoded.splice(at % Math.max(1, encoded.length), count, ...put.subarray(0, 3));
        expectAsGenerated(Uint8Array.from(encoded));
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), expectAsGenerated), { numRuns: 1000 });
  });
});
