import type { Message, MessageKind, TypedMessageOf } from "@snaprag/proto";
import { FarcasterNetwork, narrowMessage } from "@snaprag/proto";
import type { RowOfKind } from "../../src/index.ts";
import { encodeMessageRow, MESSAGE_MAPPINGS, toMessageRow } from "../../src/index.ts";

/** The row of a message that is of this type, in a mainnet database. */
export function rowOf<Kind extends MessageKind>(kind: Kind, message: Message): RowOfKind<Kind> {
  const typed = narrowMessage(message);
  if (typed.type !== kind) throw new Error(`Expected a ${kind}, got ${typed.type}`);
  return toMessageRow(typed as TypedMessageOf<Kind>, FarcasterNetwork.MAINNET);
}

/** What a mainnet database would say was signed, as hex: far quicker to compare than bytes. */
export function signedHexOf<Kind extends MessageKind>(kind: Kind, row: RowOfKind<Kind>): string {
  const { table } = MESSAGE_MAPPINGS[kind];
  return toHex(encodeMessageRow(table, row, FarcasterNetwork.MAINNET));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
