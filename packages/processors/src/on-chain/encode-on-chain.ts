// From rows of on-chain events and registry proofs back to what they were on the wire.
import type { OnChainEvent } from "@snaprag/proto";
import {
  OnChainEvent as OnChainEventCodec,
  OnChainEventType,
  UserNameProof as UserNameProofCodec,
} from "@snaprag/proto";
import { toUnixSeconds } from "../clocks.ts";
import { fromUsernameProofColumns } from "../messages/profiles.ts";
import type { FnameTransferRow, OnChainEventRow } from "./on-chain-columns.ts";

const NO_BYTES: Uint8Array = new Uint8Array();

function secondsOf(at: Date | null): number {
  return at === null ? 0 : Number(toUnixSeconds(at));
}

type ToBody = (row: OnChainEventRow) => OnChainEvent["body"];

/** The body of each type from its columns; the inverse of the processors in `on-chain-columns`. */
const TO_BODY: ReadonlyMap<number, ToBody> = new Map<number, ToBody>([
  [
    OnChainEventType.EVENT_TYPE_SIGNER,
    (row) => ({
      $case: "signerEventBody",
      value: {
        key: row.signer_key ?? NO_BYTES,
        keyType: row.signer_key_type ?? 0,
        // Safety: enum columns hold the number that was on the wire, known to this version or not.
        eventType: (row.event_type ?? 0) as 0,
        metadata: row.metadata ?? NO_BYTES,
        metadataType: row.metadata_type ?? 0,
      },
    }),
  ],
  [
    OnChainEventType.EVENT_TYPE_SIGNER_MIGRATED,
    (row) => ({
      $case: "signerMigratedEventBody",
      value: { migratedAt: secondsOf(row.migrated_at) },
    }),
  ],
  [
    OnChainEventType.EVENT_TYPE_ID_REGISTER,
    (row) => ({
      $case: "idRegisterEventBody",
      value: {
        to: row.to_address ?? NO_BYTES,
        // Safety: as above.
        eventType: (row.event_type ?? 0) as 0,
        from: row.from_address ?? NO_BYTES,
        recoveryAddress: row.recovery_address ?? NO_BYTES,
      },
    }),
  ],
  [
    OnChainEventType.EVENT_TYPE_STORAGE_RENT,
    (row) => ({
      $case: "storageRentEventBody",
      value: {
        payer: row.payer ?? NO_BYTES,
        units: row.units ?? 0,
        expiry: secondsOf(row.expires_at),
      },
    }),
  ],
  [
    OnChainEventType.EVENT_TYPE_TIER_PURCHASE,
    (row) => ({
      $case: "tierPurchaseEventBody",
      value: {
        // Safety: as above.
        tierType: (row.tier_type ?? 0) as 0,
        forDays: row.for_days ?? 0n,
        payer: row.payer ?? NO_BYTES,
      },
    }),
  ],
  [
    OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER,
    (row) => ({
      $case: "channelRegisterEventBody",
      value: {
        channelKey: row.channel_key ?? "",
        label: row.channel_label ?? NO_BYTES,
        ownerAddress: row.owner_address ?? NO_BYTES,
        expiry: BigInt(secondsOf(row.expires_at)),
        // Safety: as above.
        eventType: (row.event_type ?? 0) as 0,
      },
    }),
  ],
]);

/**
 * An on-chain event from its row as nodes encode it, with fields newer than this version.
 *
 * On-chain events are not signed, and their keys cover type, transaction and log index alone
 * (docs/protocol.md 3.1): this is the event's content in the canonical encoding.
 */
export function encodeOnChainEventRow(row: OnChainEventRow): Uint8Array {
  if (row.raw !== null) return row.raw;
  return OnChainEventCodec.encode({
    ...OnChainEventCodec.decode(NO_BYTES),
    // Safety: as above.
    type: row.type as OnChainEvent["type"],
    chainId: row.chain_id,
    blockNumber: row.block_number,
    blockHash: row.block_hash,
    blockTimestamp: toUnixSeconds(row.block_timestamp),
    transactionHash: row.transaction_hash,
    logIndex: row.log_index,
    fid: row.fid,
    txIndex: row.tx_index,
    version: row.version,
    body: TO_BODY.get(row.type)?.(row),
  }).finish();
}

/** A registry proof from its row, as {@link encodeOnChainEventRow}. */
export function encodeFnameTransferRow({ fid, raw, ...columns }: FnameTransferRow): Uint8Array {
  if (raw !== null) return raw;
  return UserNameProofCodec.encode(
    fromUsernameProofColumns({ ...columns, proof_fid: fid }),
  ).finish();
}
