import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventsResponse, HubEvent, HubServiceDefinition } from "../../src/index.ts";
import { plain } from "../support/plain.ts";

const { getEvents, subscribe } = HubServiceDefinition.methods;

const bytes = fc.uint8Array({ maxLength: 40 });
const uint64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 45n }), fc.bigInt(0n, 2n ** 64n - 1n));

const message = fc.record({
  ...{ data: bytes, hash: bytes, signature: bytes, signer: bytes },
  hashScheme: fc.integer({ min: 0, max: 3 }),
  signatureScheme: fc.integer({ min: -1, max: 3 }),
  dataBytes: fc.option(bytes, { nil: undefined }),
});
const maybeMessage = fc.option(message, { nil: undefined });
const body = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      $case: fc.constant("mergeMessageBody"),
      value: fc.record({
        message: maybeMessage,
        deletedMessages: fc.array(message, { maxLength: 3 }),
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      $case: fc.constantFrom("pruneMessageBody", "revokeMessageBody"),
      value: fc.record({ message: maybeMessage }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      $case: fc.constant("mergeFailure"),
      value: fc.record({ message: maybeMessage, code: fc.string(), reason: fc.string() }),
    }),
  },
  { weight: 1, arbitrary: fc.constant(undefined) },
);
const event = fc
  .record({
    ...{ id: uint64, body, blockNumber: uint64, timestamp: uint64 },
    type: fc.integer({ min: -1, max: 20 }),
    shardIndex: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  })
  // Safety: the fields of an event, with numbers that are no enum's too.
  .map((value) => value as unknown as HubEvent);
const answer = fc.record({
  events: fc.array(event, { maxLength: 5 }),
  nextPageToken: fc.option(bytes, { nil: undefined }),
});

/** What a decoder makes of bytes: the message, or that it refuses them. */
function outcome(decode: () => unknown): unknown {
  try {
    return plain(decode());
  } catch {
    return "refused";
  }
}

function expectAsGenerated(encoded: Uint8Array): void {
  expect(outcome(() => getEvents.responseType.decode(encoded))).toEqual(
    outcome(() => EventsResponse.decode(encoded)),
  );
  expect(outcome(() => subscribe.responseType.decode(encoded))).toEqual(
    outcome(() => HubEvent.decode(encoded)),
  );
}

describe("the decoders of events", () => {
  it("read events as the generated ones do", () => {
    fc.assert(
      fc.property(answer, (value) => {
        expectAsGenerated(EventsResponse.encode(value).finish());
        for (const each of value.events) expectAsGenerated(HubEvent.encode(each).finish());
      }),
      { numRuns: 1000 },
    );
  });

  it("read or refuse whatever came in an answer's stead as the generated ones do", () => {
    const splice = fc.record({ at: fc.nat(), count: fc.integer({ min: 0, max: 2 }), put: bytes });
    fc.assert(
      fc.property(answer, splice, (value, { at, count, put }) => {
        const encoded = [...EventsResponse.encode(value).finish()];
        encoded.splice(at % Math.max(1, encoded.length), count, ...put.subarray(0, 3));
        expectAsGenerated(Uint8Array.from(encoded));
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(event, splice, (value, { at, count, put }) => {
        const encoded = [...HubEvent.encode(value).finish()];
        encoded.splice(at % Math.max(1, encoded.length), count, ...put.subarray(0, 3));
        expectAsGenerated(Uint8Array.from(encoded));
      }),
      { numRuns: 1000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), expectAsGenerated), { numRuns: 1000 });
  });
});
