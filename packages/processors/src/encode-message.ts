// From rows back to the bytes that were signed.
import type { MessageKind, TypedMessage, TypedMessageOf } from "@snaprag/proto";
import {
  HashScheme,
  isSameBytes,
  MESSAGE_WIRE_TYPES,
  Message as MessageCodec,
  MessageData,
  SignatureScheme,
} from "@snaprag/proto";
import type { MessageTableName, MessageTableRows, TableName, TableRows } from "./change.ts";
import { toFarcasterTime } from "./clocks.ts";
import type { MessageMapping, RowOfKind } from "./message-mappings.ts";
import { KIND_OF_TABLE, MESSAGE_MAPPINGS } from "./message-mappings.ts";
import { completeRow } from "./messages/message-row.ts";
import { encodeFnameTransferRow, encodeOnChainEventRow } from "./on-chain/encode-on-chain.ts";
import type { FnameTransferRow, OnChainEventRow } from "./on-chain/on-chain-columns.ts";

function encodeColumns<Kind extends MessageKind>(
  kind: Kind,
  row: RowOfKind<Kind>,
  network: number,
): Uint8Array {
  const { messageType, bodyCase } = MESSAGE_WIRE_TYPES[kind];
  // Safety: MESSAGE_MAPPINGS and MESSAGE_WIRE_TYPES agree on the body of each kind, and an unknown
  // network number is written as it was read.
  return MessageData.encode({
    type: messageType,
    fid: row.fid,
    timestamp: toFarcasterTime(row.timestamp),
    network,
    body: { $case: bodyCase, value: MESSAGE_MAPPINGS[kind].toBody(row) },
  } as MessageData).finish();
}

/**
 * The bytes that a stored message's hash covers, exactly as received.
 *
 * `network` is the `FarcasterNetwork` number of the database's network: a row has no column for it
 * because all but freak messages carry the same, and those keep their bytes.
 */
export function encodeMessageRow<Table extends MessageTableName>(
  table: Table,
  row: MessageTableRows[Table],
  network: number,
): Uint8Array {
  if (row.data_bytes !== null) return row.data_bytes;
  // Safety: KIND_OF_TABLE gives the kind whose rows this table holds.
  return encodeColumns(KIND_OF_TABLE[table], row as RowOfKind<MessageKind>, network);
}

/**
 * The row of a message: its columns, and its bytes when the columns alone would not encode to
 * them, so that {@link encodeMessageRow} always gives back what was signed.
 */
export function toMessageRow<Kind extends MessageKind>(
  message: TypedMessageOf<Kind>,
  network: number,
): RowOfKind<Kind> {
  const { type, body, isCanonical, dataBytes } = message;
  const mapping: MessageMapping<Kind> = MESSAGE_MAPPINGS[type];
  const columns = mapping.toColumns(body);
  // Safety: one member of the union, seen through its type parameter.
  const completed = completeRow(columns, message as TypedMessage);
  // Safety: envelope and columns make up a row by the definition of RowOfKind.
  const row = completed as RowOfKind<Kind>;
  if (isCanonical && message.network === network && mapping.keepsTexts?.(body, columns) === true) {
    return row;
  }
  // What the body does not encode to, columns do not either: they are its values, or differ in texts
  // and then encode to what has other texts.
  if (isCanonical === false || !isSameBytes(encodeColumns(type, row, network), dataBytes)) {
    completed.data_bytes = dataBytes;
  }
  return row;
}

/** A row of any relation as it was on the wire. */
export interface EncodedRow {
  /** Wire type of `raw`: a `Message`, an `OnChainEvent`, or a registry's `UserNameProof`. */
  readonly kind: "message" | "onchain_event" | "fname_proof";
  readonly raw: Uint8Array;
  /** Message hash, transaction hash, or the proof's signature. */
  readonly hash: Uint8Array;
  /** `MessageType` number; null for what is no message. */
  readonly messageType: number | null;
}

/**
 * Encodes a row of any relation, so that processing `raw` again gives the same row.
 *
 * Messages keep the bytes that were signed; see {@link encodeMessageRow} for `network`.
 */
export function encodeRow<Table extends TableName>(
  table: Table,
  row: TableRows[Table],
  network: number,
): EncodedRow {
  if (table === "onchain_events") {
    // Safety: the row of this table.
    const event = row as OnChainEventRow;
    const raw = encodeOnChainEventRow(event);
    return { kind: "onchain_event", raw, hash: event.transaction_hash, messageType: null };
  }
  if (table === "fname_transfers") {
    // Safety: the row of this table.
    const proof = row as FnameTransferRow;
    const raw = encodeFnameTransferRow(proof);
    return { kind: "fname_proof", raw, hash: proof.proof_signature, messageType: null };
  }
  // Safety: every other relation holds messages.
  const messages = table as MessageTableName;
  const message = row as MessageTableRows[MessageTableName];
  const raw = MessageCodec.encode({
    data: encodeMessageRow(messages, message, network),
    hash: message.hash,
    hashScheme: HashScheme.BLAKE3,
    signature: message.signature,
    signatureScheme: SignatureScheme.ED25519,
    signer: message.signer,
  }).finish();
  const { messageType } = MESSAGE_WIRE_TYPES[KIND_OF_TABLE[messages]];
  return { kind: "message", raw, hash: message.hash, messageType };
}
