// Messages as no encoder writes them.
import type { KIND_OF_TABLE, processMessage } from "@snaprag/processors";
import * as fc from "fast-check";
import { ANY_BODIES } from "../../../processors/test/support/arbitrary-bodies.ts";
import { arbitraryMessage } from "../../../processors/test/support/arbitrary-messages.ts";

/** A message on the wire. */
export type Message = Parameters<typeof processMessage>[0];
/** Name of a message type. */
export type Kind = (typeof KIND_OF_TABLE)[keyof typeof KIND_OF_TABLE];

/** A newer field, NUL, no UTF-8, half a surrogate pair, a number with needless bytes, a huge one. */
const ODDITIES: readonly Uint8Array[] = [
  [0xa0, 6, 5],
  [0],
  [0xff],
  [0xed, 0xa0, 0x80],
  [0x81, 0x80, 0],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
].map((bytes) => Uint8Array.from(bytes));

const edit = fc.record({
  at: fc.nat(60),
  removed: fc.nat(2),
  added: fc.oneof(fc.uint8Array({ maxLength: 3 }), fc.constantFrom(...ODDITIES)),
});

/**
 * A message with anything in its fields, its bytes now and then cut, filled and turned around. Half
 * of them say another thing in `data` than in `data_bytes`, which is what is signed.
 */
export function mangledMessage(kind: Kind): fc.Arbitrary<Message> {
  return fc
    .tuple(arbitraryMessage(kind, ANY_BODIES), fc.option(edit), fc.boolean())
    .map(([message, change, isApart]) => {
      const { data } = message;
      const bytes = change
        ? Uint8Array.from([...data].toSpliced(change.at, change.removed, ...change.added))
        : data;
      return isApart ? { ...message, dataBytes: bytes } : { ...message, data: bytes };
    });
}

/** The bytes that the hash and signature of a message cover. */
export function signedBytesOf({ data, dataBytes }: Message): Uint8Array {
  return dataBytes ?? data;
}
