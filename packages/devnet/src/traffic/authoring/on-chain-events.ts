import { createHash } from "node:crypto";
import type { OnChainEvent } from "@snaprag/proto";
import { IdRegisterEventType, OnChainEventType, SignerEventType } from "@snaprag/proto";
import { encodeSignedKeyRequest } from "../../engine/signed-key-request.ts";

/** What an on-chain event says. */
export interface OnChainDraft {
  readonly fid: bigint;
  readonly body: NonNullable<OnChainEvent["body"]>;
  /** Block of the chain; with `logIndex` it decides the order of events. */
  readonly blockNumber: number;
  /** Unix seconds. */
  readonly blockTimestamp: bigint;
  /**
   * Place within the transaction.
   *
   * @default 0
   */
  readonly logIndex?: number | undefined;
}

/** What a fid needs before it may publish. */
export interface RegistrationDraft {
  readonly fid: bigint;
  /** Public key that will sign for the fid, 32 bytes. */
  readonly signer: Uint8Array;
  /** Address that holds the fid, 20 bytes. */
  readonly custody: Uint8Array;
  /** Storage units to rent. */
  readonly units: number;
  /** Block of the chain. */
  readonly blockNumber: number;
  /** Unix seconds. Decides which kind of units are rented and how long they last. */
  readonly blockTimestamp: bigint;
}

type BodyCase = OnChainDraft["body"]["$case"];

/** OP Mainnet, where fids, signers and storage live. */
const OP_CHAIN_ID = 10;
/** Base, where channels and pro subscriptions live. */
const BASE_CHAIN_ID = 8453;
const SECONDS_PER_YEAR = 365n * 86_400n;

const TYPE_AND_CHAIN: {
  readonly [Case in BodyCase]: readonly [OnChainEventType, chainId: number];
} = {
  signerEventBody: [OnChainEventType.EVENT_TYPE_SIGNER, OP_CHAIN_ID],
  signerMigratedEventBody: [OnChainEventType.EVENT_TYPE_SIGNER_MIGRATED, OP_CHAIN_ID],
  idRegisterEventBody: [OnChainEventType.EVENT_TYPE_ID_REGISTER, OP_CHAIN_ID],
  storageRentEventBody: [OnChainEventType.EVENT_TYPE_STORAGE_RENT, OP_CHAIN_ID],
  tierPurchaseEventBody: [OnChainEventType.EVENT_TYPE_TIER_PURCHASE, BASE_CHAIN_ID],
  channelRegisterEventBody: [OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER, BASE_CHAIN_ID],
};

/** Builds an on-chain event; hashes follow from what it says, so equal drafts are one event. */
export function buildOnChainEvent(draft: OnChainDraft): OnChainEvent {
  const { fid, body, blockNumber, blockTimestamp, logIndex = 0 } = draft;
  const [type, chainId] = TYPE_AND_CHAIN[body.$case];
  return {
    type,
    chainId,
    blockNumber,
    blockHash: sha256(`block ${chainId} ${blockNumber}`),
    blockTimestamp,
    transactionHash: sha256(`transaction ${chainId} ${blockNumber} ${fid} ${type}`),
    logIndex,
    fid,
    body,
    txIndex: 0,
    version: 2,
  };
}

/** Registers a fid: its custody address, one signer and its storage. */
export function buildRegistration(draft: RegistrationDraft): readonly OnChainEvent[] {
  const { fid, custody, units, blockNumber, blockTimestamp } = draft;
  const bodies: OnChainDraft["body"][] = [
    {
      $case: "idRegisterEventBody",
      value: {
        to: custody,
        eventType: IdRegisterEventType.REGISTER,
        from: new Uint8Array(),
        recoveryAddress: custody,
      },
    },
    signerBody(draft.signer, SignerEventType.ADD),
    {
      $case: "storageRentEventBody",
      value: { payer: custody, units, expiry: Number(blockTimestamp + SECONDS_PER_YEAR) },
    },
  ];
  return bodies.map((body, logIndex) =>
    buildOnChainEvent({ fid, body, blockNumber, blockTimestamp, logIndex }),
  );
}

/** A signer event of an Ed25519 key, with the metadata of a key request. */
export function signerBody(key: Uint8Array, eventType: SignerEventType): OnChainDraft["body"] {
  const metadata = encodeSignedKeyRequest({
    requestFid: 1n,
    requestSigner: key.subarray(0, 20),
    signature: Buffer.concat([key, key, Uint8Array.of(27)]),
    deadline: 0n,
  });
  return {
    $case: "signerEventBody",
    value: { key, keyType: 1, eventType, metadata, metadataType: 1 },
  };
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
