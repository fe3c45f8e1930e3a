// Addresses as profiles spell them: Ethereum with the checksum of EIP-55, Solana in base 58.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { Protocol } from "@snaprag/proto";
import { hex } from "./verdict.ts";

const BASE58_DIGITS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** An address as a primary-address profile field spells it. */
export function toAddressText(address: Uint8Array, protocol: Protocol): string {
  return protocol === Protocol.SOLANA ? toBase58(address) : toChecksumAddress(address);
}

/** `0x` and hex digits whose case is the checksum (EIP-55). */
export function toChecksumAddress(address: Uint8Array): string {
  const digits = hex(address);
  const checksum = hex(keccak_256(Buffer.from(digits, "ascii")));
  const cased = [...digits].map((digit, index) =>
    Number.parseInt(checksum[index] ?? "0", 16) >= 8 ? digit.toUpperCase() : digit,
  );
  return `0x${cased.join("")}`;
}

/** Base 58 in Bitcoin's alphabet; each leading zero byte is a leading `1`. */
export function toBase58(bytes: Uint8Array): string {
  let value = bytes.length === 0 ? 0n : BigInt(`0x${hex(bytes)}`);
  let digits = "";
  while (value > 0n) {
    digits = (BASE58_DIGITS[Number(value % 58n)] ?? "") + digits;
    value /= 58n;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return "1".repeat(zeros < 0 ? bytes.length : zeros) + digits;
}
