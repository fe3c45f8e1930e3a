// What strict verification refuses before any arithmetic (docs/protocol.md 4.1): the same code for
// every implementation, so that they differ in speed only.
//
// The node's verify_strict refuses s of L and above, and A and R of small order. What is left is the
// cofactorless equation with R compared as bytes, which refuses a non-canonical R. A non-canonical
// A of large order has a y below 19; nobody knows the secret of such a point, so that refusing it
// here changes no outcome.

import { fromHex } from "../hex.ts";

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** The group order L, the bound of s: 2^252 + 27742317777372353535851937790883648493. */
const ORDER = fromHex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
/** The field's prime, the bound of y: 2^255 - 19. */
const PRIME = fromHex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");

/** The y coordinates, least byte first, of the eight points whose order divides 8. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  // Order 4.
  "0000000000000000000000000000000000000000000000000000000000000000",
  // The neutral element.
  "0100000000000000000000000000000000000000000000000000000000000000",
  // Order 8.
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  // Order 2.
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
].map(fromHex);

/** Whether a public key and a signature are encoded as strict verification requires. */
export function isStrictlyEncoded(signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  const commitment = signature.subarray(0, KEY_BYTES);
  return (
    isStrictPoint(publicKey) &&
    isStrictPoint(commitment) &&
    isBelow(signature.subarray(KEY_BYTES), ORDER, 0xff)
  );
}

function isStrictPoint(encoded: Uint8Array): boolean {
  return isBelow(encoded, PRIME, 0x7f) && !SMALL_ORDER_Y.some((y) => hasCoordinate(encoded, y));
}

/** Compares the y coordinate only: the highest bit is the sign of x. */
function hasCoordinate(encoded: Uint8Array, y: Uint8Array): boolean {
  for (let index = 0; index < KEY_BYTES - 1; index++) {
    if (encoded[index] !== y[index]) return false;
  }
  return ((encoded[KEY_BYTES - 1] ?? 0) & 0x7f) === y[KEY_BYTES - 1];
}

/** Whether a number, least byte first, is below a bound; `topMask` is what counts of its top byte. */
function isBelow(number: Uint8Array, bound: Uint8Array, topMask: number): boolean {
  for (let index = KEY_BYTES - 1; index >= 0; index--) {
    const byte = (number[index] ?? 0) & (index === KEY_BYTES - 1 ? topMask : 0xff);
    const limit = bound[index] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}
