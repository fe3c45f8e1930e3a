import type { OnChainEvent } from "@snaprag/proto";
import { OnChainEvent as OnChainEventCodec } from "@snaprag/proto";
import { fromUnixSeconds } from "../clocks.ts";
import type { OnChainColumns } from "./on-chain-columns.ts";
import { findOnChainColumns, NO_ON_CHAIN_COLUMNS } from "./on-chain-columns.ts";

/**
 * A row of `onchain_events`; `(fid, type, transaction_hash, log_index)` is its key, as in the trie.
 *
 * One wide relation for all types: columns of other types are null. On-chain events are never
 * removed.
 */
export interface OnChainEventRow extends OnChainColumns {
  /** 0 for signer migrations and channel registrations. */
  readonly fid: bigint;
  /** `OnChainEventType` number, 1 to 6. */
  readonly type: number;
  /** 32 bytes. */
  readonly transaction_hash: Uint8Array;
  readonly log_index: number;
  /** 10 = OP mainnet, 8453 = Base. */
  readonly chain_id: number;
  readonly block_number: number;
  readonly block_hash: Uint8Array;
  readonly block_timestamp: Date;
  readonly tx_index: number;
  readonly version: number;
  /** The encoded event, kept when its type is newer than this version or its body is another's. */
  readonly raw: Uint8Array | null;
}

/** The row of an on-chain event, whatever its type. */
export function toOnChainEventRow(event: OnChainEvent): OnChainEventRow {
  const columns = findOnChainColumns(event);
  return {
    fid: event.fid,
    type: event.type,
    transaction_hash: event.transactionHash,
    log_index: event.logIndex,
    chain_id: event.chainId,
    block_number: event.blockNumber,
    block_hash: event.blockHash,
    block_timestamp: fromUnixSeconds(event.blockTimestamp),
    tx_index: event.txIndex,
    version: event.version,
    ...NO_ON_CHAIN_COLUMNS,
    ...columns,
    raw: columns === undefined ? OnChainEventCodec.encode(event).finish() : null,
  };
}
