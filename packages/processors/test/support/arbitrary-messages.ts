import type { Message, MessageKind } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import fc from "fast-check";
import { aMessage } from "../../src/testing/index.ts";
import type { ArbitraryBodies } from "./arbitrary-bodies.ts";
import { ANY_BODIES, uint32, uint64 } from "./arbitrary-bodies.ts";

/** All 19 message types. */
export const KINDS = Object.keys(MESSAGE_WIRE_TYPES) as MessageKind[];

/** Messages of a type by arbitrary authors at arbitrary times, on the builders' network. */
export function arbitraryMessage<Kind extends MessageKind>(
  kind: Kind,
  bodies: ArbitraryBodies,
): fc.Arbitrary<Message> {
  return fc
    .record({ fid: uint64, timestamp: uint32, body: bodies[kind] })
    .map((options) => aMessage(kind, options));
}

/** Messages of any type. */
export const anyMessage: fc.Arbitrary<Message> = fc
  .constantFrom(...KINDS)
  .chain((kind) => arbitraryMessage(kind, ANY_BODIES));
