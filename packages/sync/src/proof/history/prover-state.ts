// Where the proof of a partition stands, as bytes that are stored with its page token.
//
//   version u8 | unproven accounts u32 | hasher at the last account: length u32, bytes
//   hasher now: length u32, bytes | last account: present u8, unproven u8, fid u32
//   claim: present u8, leaves f64, root
import { VerifyError } from "@snaprag/verify";
import type { AccountClaim } from "./account-claims.ts";

/** Any change of the layout takes the next number. */
const VERSION = 2;
const HASH_BYTES = 20;

/** Where the proof of a partition stands between two pages. */
export interface ProverPosition {
  /** Accounts that do not add up, before the one that came last. */
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
  /** Whether it is known already that it does not add up. */
  readonly isLastUnproven: boolean;
  /** What the node tells of it. */
  readonly claim: AccountClaim | undefined;
}

/** Writes a position as bytes. */
export function writeProverState(position: ProverPosition): Uint8Array {
  const { unprovenAccountCount, beforeAccount, now, claim } = position;
  const head = Buffer.alloc(5);
  head.writeUInt8(VERSION, 0);
  head.writeUInt32BE(unprovenAccountCount, 1);
  return Buffer.concat([
    head,
    block(beforeAccount),
    block(now),
    lastAccountBytes(position),
    claimBytes(claim),
  ]);
}

function block(bytes: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function lastAccountBytes({ lastFid, isLastUnproven }: ProverPosition): Uint8Array {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt8(lastFid === undefined ? 0 : 1, 0);
  bytes.writeUInt8(isLastUnproven ? 1 : 0, 1);
  bytes.writeUInt32BE(Number(lastFid ?? 0n), 2);
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
  try {
    return readPosition(Buffer.from(state));
  } catch (cause) {
    throw malformedState(cause);
  }
}

/** Bytes of a state, and how many of them were read. */
interface StateReader {
  readonly bytes: Buffer;
  end: number;
}

function take(reader: StateReader, length: number): Buffer {
  reader.end += length;
  return reader.bytes.subarray(reader.end - length, reader.end);
}

function takeBlock(reader: StateReader): Buffer {
  return take(reader, take(reader, 4).readUInt32BE());
}

function takeFlag(reader: StateReader): boolean {
  return take(reader, 1).readUInt8() === 1;
}

function readPosition(bytes: Buffer): ProverPosition {
  const reader = { bytes, end: 0 };
  if (take(reader, 1).readUInt8() !== VERSION) throw new RangeError("It is of another version");
  const unprovenAccountCount = take(reader, 4).readUInt32BE();
  const beforeAccount = takeBlock(reader);
  const now = takeBlock(reader);
  const hasLast = takeFlag(reader);
  const isLastUnproven = takeFlag(reader);
  const fid = BigInt(take(reader, 4).readUInt32BE());
  const claim = takeFlag(reader)
    ? { leafCount: take(reader, 8).readDoubleBE(), root: take(reader, HASH_BYTES) }
    : undefined;
  if (reader.end !== bytes.length) throw new RangeError("It ends elsewhere");
  const lastFid = hasLast ? fid : undefined;
  return { unprovenAccountCount, beforeAccount, now, lastFid, isLastUnproven, claim };
}

function malformedState(cause: unknown): VerifyError {
  const message = "The stored state of a partition's proof cannot be read. Download it again.";
  return new VerifyError("malformed_state", message, { cause });
}
