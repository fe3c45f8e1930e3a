// Where the proof of a partition stands, as bytes that are stored with its page token.
//
//   version u8 | unproven accounts u32 | hasher at the last account: length u32, bytes
//   hasher now: length u32, bytes | last account: present u8, fid u32 | claim: present u8, leaves f64, root
import { VerifyError } from "@snaprag/verify";
import type { AccountClaim } from "./account-claims.ts";

/** Any change of the layout takes the next number. */
const VERSION = 1;
const HASH_BYTES = 20;

/** Where the proof of a partition stands between two pages. */
export interface ProverPosition {
  readonly unprovenAccountCount: number;
  /** State of the hasher before the first leaf of the account that came last. */
  readonly beforeAccount: Uint8Array;
  /** State of the hasher after the last leaf. */
  readonly now: Uint8Array;
  /**
   * The account that came last, by the low 32 bits of its fid; undefined before the first. It may
   * have been taken out again, to come once more.
   */
  readonly lastFid: bigint | undefined;
  /** What the node tells of it. */
  readonly claim: AccountClaim | undefined;
}

/** Writes a position as bytes. */
export function writeProverState(position: ProverPosition): Uint8Array {
  const { unprovenAccountCount, beforeAccount, now, lastFid, claim } = position;
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(unprovenAccountCount, 1);
  return Buffer.concat([
    head,
    block(beforeAccount),
    block(now),
    fidBytes(lastFid),
    claimBytes(claim),
  ]);
}

function block(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function fidBytes(fid: bigint | undefined): Uint8Array {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(fid === undefined ? 0 : 1, 0);
  bytes.writeUInt32BE(Number(fid ?? 0n), 1);
  return bytes;
}

function claimBytes(claim: AccountClaim | undefined): Uint8Array {
  if (claim?.root.length !== HASH_BYTES) return Buffer.from([0]);
  const head = Buffer.alloc(9);
  head.writeUInt8(1, 0);
  head.writeDoubleBE(claim.leafCount, 1);
  return Buffer.concat([head, claim.root]);
}

/**
 * Reads a position.
 *
 * @throws {VerifyError} `malformed_state` when it is of another version or none at all
 */
export function readProverState(state: Uint8Array): ProverPosition {
  const bytes = Buffer.from(state);
  let offset = 5;
  const readBlock = () => {
    const start = offset + 4;
    offset = start + bytes.readUInt32BE(offset);
    return bytes.subarray(start, offset);
  };
  try {
    if (bytes.readUInt8(0) !== VERSION) throw new RangeError("another version");
    const unprovenAccountCount = bytes.readUInt32BE(1);
    const beforeAccount = readBlock();
    const now = readBlock();
    const hasLast = bytes.readUInt8(offset) === 1;
    const lastFid = hasLast ? BigInt(bytes.readUInt32BE(offset + 1)) : undefined;
    offset += 5;
    const isClaimed = bytes.readUInt8(offset) === 1;
    const claim = isClaimed
      ? { leafCount: bytes.readDoubleBE(offset + 1), root: bytes.subarray(offset + 9) }
      : undefined;
    return { unprovenAccountCount, beforeAccount, now, lastFid, claim };
  } catch (cause) {
    throw malformedState(cause);
  }
}

function malformedState(cause: unknown): VerifyError {
  const message = "The stored state of a partition's proof cannot be read. Download it again.";
  return new VerifyError("malformed_state", message, { cause });
}
