import type { OnChainEvent } from "@snaprag/proto";
import { isSameBytes, OnChainEvent as OnChainEventCodec } from "@snaprag/proto";
import { fromUnixSeconds } from "../clocks.ts";
import { encodeOnChainEventRow } from "./encode-on-chain.ts";
import type { OnChainEventRow } from "./on-chain-columns.ts";
import { findOnChainColumns, NO_ON_CHAIN_COLUMNS } from "./on-chain-columns.ts";

/** The row of an on-chain event, whatever its type; whole when its columns do not hold all of it. */
export function toOnChainEventRow(event: OnChainEvent): OnChainEventRow {
  const row: OnChainEventRow = {
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
    ...findOnChainColumns(event),
    raw: null,
  };
  const raw = OnChainEventCodec.encode(event).finish();
  return isSameBytes(encodeOnChainEventRow(row), raw) ? row : { ...row, raw };
}
