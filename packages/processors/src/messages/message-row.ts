import type { TypedMessage } from "@snaprag/proto";
import { fromFarcasterTime } from "../clocks.ts";

/** The columns that every message relation has; `(fid, hash)` is its key. */
export interface MessageRow {
  /** Author. */
  readonly fid: bigint;
  /** 20 bytes. */
  readonly hash: Uint8Array;
  /** When the author says it was written, to the second. */
  readonly timestamp: Date;
  /** 32-byte Ed25519 public key. */
  readonly signer: Uint8Array;
  /** 64 bytes over `hash`. */
  readonly signature: Uint8Array;
  /**
   * The bytes the hash covers, when encoding the columns would not give them back: text that no
   * database column holds, fields newer than this version, or an author's own encoding.
   */
  readonly data_bytes: Uint8Array | null;
}

/** The envelope's columns of a message; `data_bytes` is decided once the whole row is known. */
export function envelopeColumns(message: TypedMessage): MessageRow {
  return {
    fid: message.fid,
    hash: message.envelope.hash,
    timestamp: fromFarcasterTime(message.timestamp),
    signer: message.envelope.signer,
    signature: message.envelope.signature,
    data_bytes: null,
  };
}
