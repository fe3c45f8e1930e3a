// One pure function for each on-chain event type (docs/protocol.md 6.10).
import type {
  ChannelRegisterBody,
  IdRegisterEventBody,
  OnChainEvent,
  SignerEventBody,
  SignerMigratedEventBody,
  StorageRentEventBody,
  TierPurchaseBody,
} from "@snaprag/proto";
import { OnChainEventType } from "@snaprag/proto";
import { fromUnixSeconds } from "../clocks.ts";
import type { UsernameProofColumns } from "../messages/profiles.ts";
import { storableText } from "../messages/text.ts";

/** The columns that belong to one or another type of on-chain event; null in rows of other types. */
export interface OnChainColumns {
  /** Signer, id register or channel register event type, by the event's own type. */
  readonly event_type: number | null;
  /** Signer: the Ed25519 public key, 32 bytes. */
  readonly signer_key: Uint8Array | null;
  readonly signer_key_type: number | null;
  readonly metadata: Uint8Array | null;
  readonly metadata_type: number | null;
  /** Signer migration. */
  readonly migrated_at: Date | null;
  /** Id register: the new custody address. */
  readonly to_address: Uint8Array | null;
  readonly from_address: Uint8Array | null;
  readonly recovery_address: Uint8Array | null;
  /** Storage rent and tier purchase. */
  readonly payer: Uint8Array | null;
  /** Storage rent. */
  readonly units: number | null;
  /** Storage rent and channel register, as the event says; rent is valid by its own rule. */
  readonly expires_at: Date | null;
  /** Tier purchase: `TierType` number, 1 pro. */
  readonly tier_type: number | null;
  readonly for_days: bigint | null;
  /** Channel register. */
  readonly channel_key: string | null;
  /** keccak256 of the channel's name: the `channel_id` of channel messages. */
  readonly channel_label: Uint8Array | null;
  readonly owner_address: Uint8Array | null;
}

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
  /**
   * The encoded event, kept when encoding the columns would not give it back: a type or a field
   * newer than this version, a body of another type, text or a time that no column holds.
   */
  readonly raw: Uint8Array | null;
}

/**
 * A row of `fname_transfers`: one proof of the username registry.
 *
 * `(fid, name, proof_timestamp, proof_signature)` is its key. A proof for fid 0 says that the name
 * was unregistered. The holder of a name is the live row with the greatest timestamp, then the
 * greatest signature (docs/protocol.md 6.6).
 */
export interface FnameTransferRow extends Omit<UsernameProofColumns, "proof_fid"> {
  readonly fid: bigint;
  /**
   * The encoded proof, kept when encoding the columns would not give it back: a field newer than
   * this version, a name or a time that no column holds.
   */
  readonly raw: Uint8Array | null;
}

/** The columns of no type at all. */
export const NO_ON_CHAIN_COLUMNS: OnChainColumns = {
  event_type: null,
  signer_key: null,
  signer_key_type: null,
  metadata: null,
  metadata_type: null,
  migrated_at: null,
  to_address: null,
  from_address: null,
  recovery_address: null,
  payer: null,
  units: null,
  expires_at: null,
  tier_type: null,
  for_days: null,
  channel_key: null,
  channel_label: null,
  owner_address: null,
};

function processSigner(body: SignerEventBody): Partial<OnChainColumns> {
  return {
    event_type: body.eventType,
    signer_key: body.key,
    signer_key_type: body.keyType,
    metadata: body.metadata,
    metadata_type: body.metadataType,
  };
}

function processSignerMigrated(body: SignerMigratedEventBody): Partial<OnChainColumns> {
  return { migrated_at: fromUnixSeconds(body.migratedAt) };
}

function processIdRegister(body: IdRegisterEventBody): Partial<OnChainColumns> {
  return {
    event_type: body.eventType,
    to_address: body.to,
    from_address: body.from,
    recovery_address: body.recoveryAddress,
  };
}

function processStorageRent(body: StorageRentEventBody): Partial<OnChainColumns> {
  return { payer: body.payer, units: body.units, expires_at: fromUnixSeconds(body.expiry) };
}

function processTierPurchase(body: TierPurchaseBody): Partial<OnChainColumns> {
  return { tier_type: body.tierType, for_days: body.forDays, payer: body.payer };
}

function processChannelRegister(body: ChannelRegisterBody): Partial<OnChainColumns> {
  return {
    event_type: body.eventType,
    channel_key: storableText(body.channelKey),
    channel_label: body.label,
    owner_address: body.ownerAddress,
    expires_at: fromUnixSeconds(body.expiry),
  };
}

type OnChainBody = NonNullable<OnChainEvent["body"]>;
type OnChainBodies = { readonly [Body in OnChainBody as Body["$case"]]: Body["value"] };

interface OnChainType<Body> {
  readonly type: OnChainEventType;
  readonly toColumns: (body: Body) => Partial<OnChainColumns>;
}

/** Every on-chain event body with the type it belongs to; a missing one does not compile. */
const ON_CHAIN_TYPES: {
  readonly [Case in keyof OnChainBodies]: OnChainType<OnChainBodies[Case]>;
} = {
  signerEventBody: { type: OnChainEventType.EVENT_TYPE_SIGNER, toColumns: processSigner },
  signerMigratedEventBody: {
    type: OnChainEventType.EVENT_TYPE_SIGNER_MIGRATED,
    toColumns: processSignerMigrated,
  },
  idRegisterEventBody: {
    type: OnChainEventType.EVENT_TYPE_ID_REGISTER,
    toColumns: processIdRegister,
  },
  storageRentEventBody: {
    type: OnChainEventType.EVENT_TYPE_STORAGE_RENT,
    toColumns: processStorageRent,
  },
  tierPurchaseEventBody: {
    type: OnChainEventType.EVENT_TYPE_TIER_PURCHASE,
    toColumns: processTierPurchase,
  },
  channelRegisterEventBody: {
    type: OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER,
    toColumns: processChannelRegister,
  },
};

/**
 * The columns of an on-chain event's body; undefined when the type is newer than this version or
 * the body belongs to another type.
 */
export function findOnChainColumns({
  type,
  body,
}: OnChainEvent): Partial<OnChainColumns> | undefined {
  if (body === undefined) return undefined;
  // Safety: the entry under `$case` is declared for exactly that member of the union.
  const entry = ON_CHAIN_TYPES[body.$case] as OnChainType<OnChainBody["value"]>;
  return entry.type === type ? entry.toColumns(body.value) : undefined;
}
