// From rows back to the bytes that were signed.
import type { MessageKind, TypedMessage, TypedMessageOf } from "@snaprag/proto";
import { isSameBytes, MESSAGE_WIRE_TYPES, MessageData } from "@snaprag/proto";
import type { MessageTableName, MessageTableRows } from "./change.ts";
import { toFarcasterTime } from "./clocks.ts";
import type { MessageMapping, RowOfKind } from "./message-mappings.ts";
import { KIND_OF_TABLE, MESSAGE_MAPPINGS } from "./message-mappings.ts";
import { envelopeColumns } from "./messages/message-row.ts";

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
  const mapping: MessageMapping<Kind> = MESSAGE_MAPPINGS[message.type];
  // Safety: envelope and columns make up a row by the definition of RowOfKind.
  const row = {
    // Safety: one member of the union, seen through its type parameter.
    ...envelopeColumns(message as TypedMessage),
    ...mapping.toColumns(message.body),
  } as RowOfKind<Kind>;
  const encoded = encodeColumns(message.type, row, network);
  return isSameBytes(encoded, message.dataBytes) ? row : { ...row, data_bytes: message.dataBytes };
}
