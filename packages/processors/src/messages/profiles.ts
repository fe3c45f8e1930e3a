// What makes up a profile: user data, addresses and names.
import type {
  UserDataBody,
  UserNameProof,
  VerificationAddAddressBody,
  VerificationRemoveBody,
} from "@snaprag/proto";
import { fromUnixSeconds, toUnixSeconds } from "../clocks.ts";
import type { MessageRow } from "./message-row.ts";
import { indexableText, storableText } from "./text.ts";

/** What a UserDataAdd says: one profile field. Clearing a field is an empty value. */
export interface UserDataColumns {
  /** `UserDataType` number: 1 pfp, 2 display, 3 bio, 5 url, 6 username, up to 14. */
  readonly user_data_type: number;
  readonly value: string;
}

/** A row of `user_data_changes`. */
export interface UserDataRow extends MessageRow, UserDataColumns {}

/** What a VerificationAdd says: the author holds an address. */
export interface VerificationColumns {
  /** 20 bytes for Ethereum, 32 for Solana. */
  readonly address: Uint8Array;
  /** `Protocol` number: 0 Ethereum, 1 Solana. */
  readonly protocol: number;
  readonly claim_signature: Uint8Array;
  readonly block_hash: Uint8Array;
  /** 0 for a key's own account, 1 for a contract. */
  readonly verification_type: number;
  readonly chain_id: number;
}

/** A row of `verifications`. */
export interface VerificationRow extends MessageRow, VerificationColumns {}

/** What a VerificationRemove says. */
export interface VerificationRemoveColumns {
  readonly address: Uint8Array;
  readonly protocol: number;
}

/** A row of `verification_removes`. */
export interface VerificationRemoveRow extends MessageRow, VerificationRemoveColumns {}

/** What a proof of a name says, in a message or from the registry. */
export interface UsernameProofColumns {
  readonly name: string;
  /** `UserNameType` number: 1 fname, 2 ENS, 3 basename. */
  readonly name_type: number;
  /** 20-byte Ethereum address. */
  readonly owner: Uint8Array;
  /** The time within the proof: the registry's clock, or whatever the author chose. */
  readonly proof_timestamp: Date;
  readonly proof_signature: Uint8Array;
  /** The holder of the name; differs from the author only in proofs that no node accepts. */
  readonly proof_fid: bigint;
}

/** A row of `username_proofs`: ENS names and basenames, which come as messages. */
export interface UsernameProofRow extends MessageRow, UsernameProofColumns {}

// A leading U+FEFF is part of the name, as it is part of any protobuf string.
const utf8Decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Columns of a UserDataAdd. */
export function toUserDataColumns({ type, value }: UserDataBody): UserDataColumns {
  return { user_data_type: type, value: storableText(value) };
}

/** The inverse of {@link toUserDataColumns}. */
export function fromUserDataColumns(row: UserDataColumns): UserDataBody {
  // Safety: enum columns hold the number that was on the wire, known to this version or not.
  return { type: row.user_data_type as UserDataBody["type"], value: row.value };
}

/** Columns of a VerificationAdd. */
export function toVerificationColumns(body: VerificationAddAddressBody): VerificationColumns {
  return {
    address: body.address,
    protocol: body.protocol,
    claim_signature: body.claimSignature,
    block_hash: body.blockHash,
    verification_type: body.verificationType,
    chain_id: body.chainId,
  };
}

/** The inverse of {@link toVerificationColumns}. */
export function fromVerificationColumns(row: VerificationColumns): VerificationAddAddressBody {
  return {
    address: row.address,
    claimSignature: row.claim_signature,
    blockHash: row.block_hash,
    verificationType: row.verification_type,
    chainId: row.chain_id,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    protocol: row.protocol as VerificationAddAddressBody["protocol"],
  };
}

/** Columns of a VerificationRemove. */
export function toVerificationRemoveColumns(
  body: VerificationRemoveBody,
): VerificationRemoveColumns {
  return { address: body.address, protocol: body.protocol };
}

/** The inverse of {@link toVerificationRemoveColumns}. */
export function fromVerificationRemoveColumns(
  row: VerificationRemoveColumns,
): VerificationRemoveBody {
  // Safety: enum columns hold the number that was on the wire, known to this version or not.
  return { address: row.address, protocol: row.protocol as VerificationRemoveBody["protocol"] };
}

/** Columns of a name's proof. */
export function toUsernameProofColumns(proof: UserNameProof): UsernameProofColumns {
  return {
    name: indexableText(utf8Decoder.decode(proof.name)),
    name_type: proof.type,
    owner: proof.owner,
    proof_timestamp: fromUnixSeconds(proof.timestamp),
    proof_signature: proof.signature,
    proof_fid: proof.fid,
  };
}

/** The inverse of {@link toUsernameProofColumns}. */
export function fromUsernameProofColumns(row: UsernameProofColumns): UserNameProof {
  return {
    timestamp: toUnixSeconds(row.proof_timestamp),
    name: utf8Encoder.encode(row.name),
    owner: row.owner,
    signature: row.proof_signature,
    fid: row.proof_fid,
    // Safety: enum columns hold the number that was on the wire, known to this version or not.
    type: row.name_type as UserNameProof["type"],
  };
}
