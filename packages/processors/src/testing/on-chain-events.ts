// Builders of what comes from contracts and the username registry.
import type {
  ChannelRegisterBody,
  IdRegisterEventBody,
  OnChainEvent,
  SignerEventBody,
  SignerMigratedEventBody,
  StorageRentEventBody,
  TierPurchaseBody,
  UserNameProof,
} from "@snaprag/proto";
import {
  ChannelRegisterEventType,
  IdRegisterEventType,
  OnChainEventType,
  SignerEventType,
  TierType,
  UserNameType,
} from "@snaprag/proto";
import { seededBytes } from "./seeded-bytes.ts";

type OnChainBody = NonNullable<OnChainEvent["body"]>;

/** Unix seconds, 2024-03-03T09:46:40Z. */
const DEFAULT_UNIX_SECONDS = 1_709_459_200n;

/** Where on the chain a built event is and whom it is about. */
export interface OnChainOptions {
  /** A whole number that varies whatever is not given. @default 0 */
  readonly seed?: number | undefined;
  /** @default 1n, and 0n for signer migrations and channel registrations */
  readonly fid?: bigint | undefined;
  /** @default 120_000_000 */
  readonly blockNumber?: number | undefined;
  /** Unix seconds. @default 1_709_459_200n (2024-03-03T09:46:40Z) */
  readonly blockTimestamp?: bigint | undefined;
  /** Place within the block. @default the seed */
  readonly logIndex?: number | undefined;
}

function anOnChainEvent(
  type: OnChainEventType,
  body: OnChainBody,
  options: OnChainOptions,
): OnChainEvent {
  const { seed = 0, fid = 1n, blockNumber = 120_000_000 } = options;
  const { blockTimestamp = DEFAULT_UNIX_SECONDS, logIndex = seed } = options;
  return {
    type,
    chainId: 10,
    blockNumber,
    blockHash: seededBytes(`block ${blockNumber}`, 32),
    blockTimestamp,
    transactionHash: seededBytes(`transaction ${type} ${fid} ${seed}`, 32),
    logIndex,
    fid,
    body,
    txIndex: 0,
    version: 0,
  };
}

/** A signer key added, unless `eventType` says otherwise. */
export function aSignerEvent(
  body: Partial<SignerEventBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { seed = 0 } = options;
  const value = {
    key: seededBytes(`key ${seed}`, 32),
    keyType: 1,
    eventType: SignerEventType.ADD,
    metadata: seededBytes(`metadata ${seed}`, 64),
    metadataType: 1,
    ...body,
  };
  const { EVENT_TYPE_SIGNER } = OnChainEventType;
  return anOnChainEvent(EVENT_TYPE_SIGNER, { $case: "signerEventBody", value }, options);
}

/** The migration of all signers to the key registry. */
export function aSignerMigratedEvent(
  body: Partial<SignerMigratedEventBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { fid = 0n } = options;
  return anOnChainEvent(
    OnChainEventType.EVENT_TYPE_SIGNER_MIGRATED,
    { $case: "signerMigratedEventBody", value: { migratedAt: 1_700_000_000, ...body } },
    { ...options, fid },
  );
}

/** A fid registered, unless `eventType` says otherwise. */
export function anIdRegisterEvent(
  body: Partial<IdRegisterEventBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { seed = 0 } = options;
  const value = {
    to: seededBytes(`custody ${seed}`, 20),
    eventType: IdRegisterEventType.REGISTER,
    from: new Uint8Array(),
    recoveryAddress: seededBytes(`recovery ${seed}`, 20),
    ...body,
  };
  const { EVENT_TYPE_ID_REGISTER } = OnChainEventType;
  return anOnChainEvent(EVENT_TYPE_ID_REGISTER, { $case: "idRegisterEventBody", value }, options);
}

/** One storage unit rented. */
export function aStorageRentEvent(
  body: Partial<StorageRentEventBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { seed = 0 } = options;
  const payer = seededBytes(`payer ${seed}`, 20);
  const value = { payer, units: 1, expiry: 1_740_995_200, ...body };
  const { EVENT_TYPE_STORAGE_RENT } = OnChainEventType;
  return anOnChainEvent(EVENT_TYPE_STORAGE_RENT, { $case: "storageRentEventBody", value }, options);
}

/** Thirty days of the pro tier. */
export function aTierPurchaseEvent(
  body: Partial<TierPurchaseBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { seed = 0 } = options;
  const payer = seededBytes(`payer ${seed}`, 20);
  const value = { tierType: TierType.Pro, forDays: 30n, payer, ...body };
  const { EVENT_TYPE_TIER_PURCHASE } = OnChainEventType;
  const tier: OnChainBody = { $case: "tierPurchaseEventBody", value };
  return anOnChainEvent(EVENT_TYPE_TIER_PURCHASE, tier, options);
}

/** A channel registered, unless `eventType` says otherwise; its label fits the channel messages. */
export function aChannelRegisterEvent(
  body: Partial<ChannelRegisterBody> = {},
  options: OnChainOptions = {},
): OnChainEvent {
  const { seed = 0, fid = 0n } = options;
  const value = {
    channelKey: `channel-${seed}`,
    expiry: 1_800_000_000n,
    ownerAddress: seededBytes(`address ${seed}`, 20),
    eventType: ChannelRegisterEventType.REGISTER,
    label: seededBytes(`channel ${seed}`, 32),
    ...body,
  };
  return anOnChainEvent(
    OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER,
    { $case: "channelRegisterEventBody", value },
    { ...options, fid },
  );
}

/** What a built registry proof says. */
export interface FnameProofOptions {
  /** @default `alice` */
  readonly name?: string | undefined;
  /** The holder, 0n for a name unregistered. @default 1n */
  readonly fid?: bigint | undefined;
  /** Unix seconds. @default 1_709_459_200n (2024-03-03T09:46:40Z) */
  readonly timestamp?: bigint | undefined;
  /** @default 65 bytes made from the rest */
  readonly signature?: Uint8Array | undefined;
}

/** A proof of the username registry. */
export function anFnameProof(options: FnameProofOptions = {}): UserNameProof {
  const { name = "alice", fid = 1n, timestamp = DEFAULT_UNIX_SECONDS } = options;
  const { signature = seededBytes(`fname ${name} ${fid} ${timestamp}`, 65) } = options;
  return {
    timestamp,
    name: new TextEncoder().encode(name),
    owner: seededBytes(`owner ${fid}`, 20),
    signature,
    fid,
    type: UserNameType.USERNAME_TYPE_FNAME,
  };
}
