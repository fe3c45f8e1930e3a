// What an account lends and which gasless keys may sign for it.
import type { KeyAddBody, KeyRemoveBody, LendStorageBody } from "@snaprag/proto";
import { fromFarcasterTime, toFarcasterTime } from "../clocks.ts";
import type { MessageRow } from "./message-row.ts";

/** What a LendStorage says. A lend of no units ends the earlier one. */
export interface StorageLendColumns {
  readonly to_fid: bigint;
  readonly num_units: bigint;
  /** `StorageUnitType` number: 0 legacy, 1 of 2024, 2 of 2025. */
  readonly unit_type: number;
}

/** A row of `storage_lends`. */
export interface StorageLendRow extends MessageRow, StorageLendColumns {}

/** What a KeyAdd says: a key that may sign, added without a transaction. */
export interface SignerKeyColumns {
  /** 32-byte Ed25519 public key. */
  readonly key: Uint8Array;
  readonly key_type: number;
  readonly custody_signature: Uint8Array;
  readonly deadline: Date;
  readonly nonce: number;
  readonly metadata: Uint8Array;
  readonly metadata_type: number;
  readonly registration_tx_hash: Uint8Array;
  /** Message types the key may sign; empty means all. */
  readonly scopes: readonly number[];
  /** Seconds since last use after which the key lapses. */
  readonly ttl_seconds: number;
}

/** A row of `signer_keys`. */
export interface SignerKeyRow extends MessageRow, SignerKeyColumns {}

/** What a KeyRemove says. */
export interface SignerKeyRemoveColumns {
  readonly key: Uint8Array;
  readonly key_signature: Uint8Array;
  /** 1 signed by the custody address, 2 by the key itself. */
  readonly signature_type: number;
  readonly deadline: Date;
  readonly nonce: number;
}

/** A row of `signer_key_removes`. */
export interface SignerKeyRemoveRow extends MessageRow, SignerKeyRemoveColumns {}

/** Columns of a LendStorage. */
export function toStorageLendColumns(body: LendStorageBody): StorageLendColumns {
  return { to_fid: body.toFid, num_units: body.numUnits, unit_type: body.unitType };
}

/** The inverse of {@link toStorageLendColumns}. */
export function fromStorageLendColumns(row: StorageLendColumns): LendStorageBody {
  return {
    toFid: row.to_fid,
    numUnits: row.num_units,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    unitType: row.unit_type as LendStorageBody["unitType"],
  };
}

/** Columns of a KeyAdd. */
export function toSignerKeyColumns(body: KeyAddBody): SignerKeyColumns {
  return {
    key: body.key,
    key_type: body.keyType,
    custody_signature: body.custodySignature,
    deadline: fromFarcasterTime(body.deadline),
    nonce: body.nonce,
    metadata: body.metadata,
    metadata_type: body.metadataType,
    registration_tx_hash: body.registrationTxHash,
    scopes: body.scopes,
    ttl_seconds: body.ttl,
  };
}

/** The inverse of {@link toSignerKeyColumns}. */
export function fromSignerKeyColumns(row: SignerKeyColumns): KeyAddBody {
  return {
    key: row.key,
    keyType: row.key_type,
    custodySignature: row.custody_signature,
    deadline: toFarcasterTime(row.deadline),
    nonce: row.nonce,
    metadata: row.metadata,
    metadataType: row.metadata_type,
    registrationTxHash: row.registration_tx_hash,
    scopes: [...row.scopes],
    ttl: row.ttl_seconds,
  };
}

/** Columns of a KeyRemove. */
export function toSignerKeyRemoveColumns(body: KeyRemoveBody): SignerKeyRemoveColumns {
  return {
    key: body.key,
    key_signature: body.signature,
    signature_type: body.signatureType,
    deadline: fromFarcasterTime(body.deadline),
    nonce: body.nonce,
  };
}

/** The inverse of {@link toSignerKeyRemoveColumns}. */
export function fromSignerKeyRemoveColumns(row: SignerKeyRemoveColumns): KeyRemoveBody {
  return {
    key: row.key,
    signature: row.key_signature,
    signatureType: row.signature_type,
    deadline: toFarcasterTime(row.deadline),
    nonce: row.nonce,
  };
}
