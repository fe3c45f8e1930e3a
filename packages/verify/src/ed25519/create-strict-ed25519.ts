import { fromHex } from "../hex.ts";
import { VerifyError } from "../verify-error.ts";
import type { Ed25519 } from "./ed25519.ts";
import { isStrictlyEncoded } from "./strict-encoding.ts";

/** The verification of some library: cofactorless, of 64 and 32 bytes that are strictly encoded. */
export type RawVerify = (
  bytes: Uint8Array,
  signature: Uint8Array,
  publicKey: Uint8Array,
) => boolean;

/** A signature that must verify or must not, as hex. */
interface KnownAnswer {
  readonly bytes: string;
  readonly publicKey: string;
  readonly signature: string;
  readonly isValid: boolean;
}

/**
 * Vectors 3 to 5 of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko 2020). All are well
 * encoded, with a component of small order; only the first satisfies the equation without cofactor.
 */
const KNOWN_ANSWERS: readonly KnownAnswer[] = [
  {
    bytes: "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
    publicKey: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
    signature:
      "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f" +
      "87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
    isValid: true,
  },
  {
    bytes: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
    publicKey: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
    signature:
      "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512" +
      "5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
    isValid: false,
  },
  {
    bytes: "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
    publicKey: "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
    signature:
      "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7" +
      "e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
    isValid: false,
  },
];

/**
 * Makes a library's verification strict, and sees that it can be: a library with another equation
 * (batches and RFC 8032's own allow one with the cofactor) is refused rather than trusted.
 *
 * @throws {VerifyError} `no_ed25519` when it answers a known question wrong
 */
export function createStrictEd25519(name: string, verify: RawVerify): Ed25519 {
  const ed25519: Ed25519 = {
    name,
    verify: (bytes, signature, publicKey) =>
      isStrictlyEncoded(signature, publicKey) && verify(bytes, signature, publicKey),
  };
  for (const { bytes, signature, publicKey, isValid } of KNOWN_ANSWERS) {
    if (ed25519.verify(fromHex(bytes), fromHex(signature), fromHex(publicKey)) === isValid)
      continue;
    throw new VerifyError("no_ed25519", `${name} does not verify Ed25519 as a node does.`);
  }
  return ed25519;
}
