import type { FrameActionBody } from "@snaprag/proto";
import type { MessageRow } from "./message-row.ts";

/**
 * What a FrameAction says: a button pressed in a frame.
 *
 * Nodes validate these and never store them, so rows come only from what an application receives
 * itself and hands to the processor.
 */
export interface FrameActionColumns {
  readonly url: Uint8Array;
  readonly button_index: number;
  readonly cast_fid: bigint | null;
  readonly cast_hash: Uint8Array | null;
  readonly input_text: Uint8Array;
  readonly state: Uint8Array;
  readonly transaction_id: Uint8Array;
  readonly address: Uint8Array;
}

/** A row of `frame_actions`. */
export interface FrameActionRow extends MessageRow, FrameActionColumns {}

/** Columns of a FrameAction. */
export function toFrameActionColumns(body: FrameActionBody): FrameActionColumns {
  return {
    url: body.url,
    button_index: body.buttonIndex,
    cast_fid: body.castId?.fid ?? null,
    cast_hash: body.castId?.hash ?? null,
    input_text: body.inputText,
    state: body.state,
    transaction_id: body.transactionId,
    address: body.address,
  };
}

/** The inverse of {@link toFrameActionColumns}. */
export function fromFrameActionColumns(row: FrameActionColumns): FrameActionBody {
  const { cast_fid: fid, cast_hash: hash } = row;
  return {
    url: row.url,
    buttonIndex: row.button_index,
    castId: fid === null || hash === null ? undefined : { fid, hash },
    inputText: row.input_text,
    state: row.state,
    transactionId: row.transaction_id,
    address: row.address,
  };
}
