// Every implementation answers as the node's verify_strict does: on the published edge cases, on
// points of small order, and on whatever can be made of them.
import { ED25519_TORSION_SUBGROUP, ed25519 as noble } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { createStrictEd25519, loadEd25519 } from "../../src/index.ts";
import { loadEd25519 as loadNodeEd25519 } from "../../src/node/index.ts";
import { fromHex } from "../support/naive-trie.ts";
import { verifyByOpenSsl } from "../support/node-crypto.ts";
import vectors from "../vectors/taming-the-many-eddsas.json" with { type: "json" };

const { Point } = noble;
type Point = InstanceType<typeof Point>;
const ORDER = Point.Fn.ORDER;
const PRIME = Point.Fp.ORDER;
const TORSION = ED25519_TORSION_SUBGROUP.map((hex) => Point.fromBytes(fromHex(hex), true));

const implementations = [
  await loadEd25519(),
  await loadNodeEd25519(),
  createStrictEd25519("OpenSSL", verifyByOpenSsl),
  createStrictEd25519("OpenSSL, any s", (bytes, signature, publicKey) =>
    verifyByOpenSsl(bytes, reduceS(signature), publicKey),
  ),
];

interface Case {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
}

function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex")}`);
}

function toBytes(number: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(64, "0"), "hex").reverse());
}

/** What a library does that does not mind an s of L and above. */
function reduceS(signature: Uint8Array): Uint8Array {
  const s = toBytes(toNumber(signature.subarray(32)) % ORDER);
  return Buffer.concat([signature.subarray(0, 32), s]);
}

function challenge(commitment: Uint8Array, publicKey: Uint8Array, bytes: Uint8Array): bigint {
  return toNumber(sha512(Buffer.concat([commitment, publicKey, bytes]))) % ORDER;
}

function times(point: Point, scalar: bigint): Point {
  return scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar);
}

/** The definition of verify_strict in ed25519-dalek 2, in the words of another library. */
function isValidByDefinition({ bytes, signature, publicKey }: Case): boolean {
  try {
    const commitment = signature.subarray(0, 32);
    const s = toNumber(signature.subarray(32));
    const a = Point.fromBytes(publicKey, true);
    if (s >= ORDER || a.isSmallOrder()) return false;
    if (Point.fromBytes(commitment, true).isSmallOrder()) return false;
    const k = challenge(commitment, publicKey, bytes);
    const expected = times(Point.BASE, s).subtract(times(a, k));
    return Buffer.compare(expected.toBytes(), commitment) === 0;
  } catch {
    // The library throws for bytes that are no point.
    return false;
  }
}

/** Signs with any components of small order in key and commitment, or without any of large order. */
function craft(bytes: Uint8Array, a: bigint, r: bigint, torsion: readonly [number, number]): Case {
  const publicKey = times(Point.BASE, a).add(TORSION[torsion[0]]!).toBytes();
  const commitment = times(Point.BASE, r).add(TORSION[torsion[1]]!).toBytes();
  const s = (r + challenge(commitment, publicKey, bytes) * a) % ORDER;
  return { bytes, publicKey, signature: Buffer.concat([commitment, toBytes(s)]) };
}

/** Whether the equation without cofactor holds, so that nothing but strictness can refuse it. */
function isEquationTrue({ bytes, signature, publicKey }: Case): boolean {
  const k = challenge(signature.subarray(0, 32), publicKey, bytes);
  const left = times(Point.BASE, toNumber(signature.subarray(32)) % ORDER);
  const r = Point.fromBytes(signature.subarray(0, 32), true);
  return left.equals(r.add(times(Point.fromBytes(publicKey, true), k)));
}

function findTrue(make: (bytes: Uint8Array) => Case): Case {
  for (let byte = 0; byte < 256; byte++) {
    const found = make(new Uint8Array(20).fill(byte));
    if (isEquationTrue(found)) return found;
  }
  throw new Error("none of 256 has a true equation");
}

/** All encodings of a point: y, or y + p where that fits, with either sign where x is 0. */
function encodingsOf(point: Point): Uint8Array[] {
  const { x, y } = point.toAffine();
  const ys = y < 19n ? [y, y + PRIME] : [y];
  const signs = x === 0n ? [0n, 1n] : [x & 1n];
  return ys.flatMap((value) => signs.map((sign) => toBytes(value | (sign << 255n))));
}

describe.each(implementations)("$name", (ed25519) => {
  const verify = ({ bytes, signature, publicKey }: Case) =>
    ed25519.verify(bytes, signature, publicKey);

  it.each(vectors.map((vector, index) => ({ index, ...vector })))(
    "answers vector $index as dalek's verify_strict does: $dalekStrict",
    ({ message, publicKey, signature, dalekStrict }) => {
      const vector = {
        bytes: fromHex(message),
        publicKey: fromHex(publicKey),
        signature: fromHex(signature),
      };

      expect(verify(vector)).toBe(dalekStrict);
      expect(isValidByDefinition(vector)).toBe(dalekStrict);
    },
  );

  it("refuses keys of small order in all 14 encodings, though the equation is true", () => {
    const keys = TORSION.flatMap(encodingsOf);
    expect(keys).toHaveLength(14);

    for (const publicKey of keys) {
      const commitment = times(Point.BASE, 5n).toBytes();
      const signature = Buffer.concat([commitment, toBytes(5n)]);
      expect(verify(findTrue((bytes) => ({ bytes, publicKey, signature })))).toBe(false);
    }
  });

  it("refuses commitments of small order, though the equation is true", () => {
    TORSION.forEach((_, index) => {
      expect(verify(findTrue((bytes) => craft(bytes, 7n, 0n, [1, index])))).toBe(false);
    });
  });

  it("accepts components of small order that the equation without cofactor allows", () => {
    expect(verify(findTrue((bytes) => craft(bytes, 7n, 9n, [1, 3])))).toBe(true);
  });

  it("refuses s of L and above", () => {
    const { signature, ...signed } = craft(new Uint8Array(20), 7n, 9n, [0, 0]);
    const s = toNumber(signature.subarray(32));
    const withS = (value: bigint) =>
      verify({ ...signed, signature: Buffer.concat([signature.subarray(0, 32), toBytes(value)]) });

    expect(withS(s)).toBe(true);
    expect(withS(s + ORDER)).toBe(false);
    expect(withS(s + 8n * ORDER)).toBe(false);
  });

  it("refuses keys that are no point, not canonical, or of another length", () => {
    const signed = craft(new Uint8Array(20), 7n, 9n, [0, 0]);

    for (const publicKey of [
      toBytes(2n),
      toBytes(PRIME + 3n),
      new Uint8Array(),
      signed.publicKey.subarray(1),
      Buffer.concat([signed.publicKey, Uint8Array.of(0)]),
    ]) {
      expect(verify({ ...signed, publicKey })).toBe(false);
    }
    expect(verify({ ...signed, signature: signed.signature.subarray(0, 63) })).toBe(false);
    expect(verify({ ...signed, signature: new Uint8Array() })).toBe(false);
  });

  it("answers by the definition, whatever is signed, mixed in and flipped", () => {
    const scalar = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const flip = fc.record({ index: fc.nat(115), bit: fc.nat(7) });
    const arbitraryCase = fc
      .tuple(fc.uint8Array({ minLength: 20, maxLength: 20 }), scalar, scalar, fc.nat(7), fc.nat(7))
      .map(([bytes, a, r, i, j]) => craft(bytes, a, r, [i, j]));

    fc.assert(
      fc.property(arbitraryCase, fc.option(flip), (signed, flipped) => {
        const all = Buffer.concat([signed.bytes, signed.publicKey, signed.signature]);
        if (flipped !== null) all[flipped.index]! ^= 1 << flipped.bit;
        const tried = {
          bytes: all.subarray(0, 20),
          publicKey: all.subarray(20, 52),
          signature: all.subarray(52),
        };

        expect(verify(tried)).toBe(isValidByDefinition(tried));
      }),
      { numRuns: 60 },
    );
  });
});

describe("createStrictEd25519()", () => {
  it("refuses a library whose equation has the cofactor", () => {
    expect(() =>
      createStrictEd25519("noble", (bytes, signature, publicKey) =>
        noble.verify(signature, bytes, publicKey),
      ),
    ).toThrow("[no_ed25519]");
  });
});

describe("loadEd25519()", () => {
  it("is WebAssembly anywhere, and the addon for Node where it is installed", () => {
    expect(implementations.map(({ name }) => name)).toEqual([
      "libsodium (WebAssembly)",
      "sodium-native",
      "OpenSSL",
      "OpenSSL, any s",
    ]);
  });

  it("is WebAssembly for Node too where the addon cannot be loaded", async () => {
    vi.doMock("sodium-native", () => {
      throw new Error("no binary for this platform");
    });

    const { name } = await loadNodeEd25519();

    vi.doUnmock("sodium-native");
    expect(name).toBe("libsodium (WebAssembly)");
  });
});
