import type { OnChainEvent } from "@snaprag/proto";
import { IdRegisterEventType, OnChainEventType, SignerEventType, TierType } from "@snaprag/proto";
import { compareBytes } from "./message-row.ts";

const ED25519_KEY_TYPE = 1;
const SECONDS_PER_DAY = 86_400n;

/** An on-chain event as a shard's trie keeps it. */
export interface OnChainRow {
  readonly entry: "onChainEvent";
  readonly event: OnChainEvent;
}

/** On-chain events of one shard, and what follows from them (docs/protocol.md 6.10). */
export interface OnChainStore {
  /** Keeps an event; one that is there already changes nothing. */
  merge(event: OnChainEvent): void;
  /** Events of one type, as merged. */
  listMerged(fid: bigint, type: OnChainEventType): readonly OnChainEvent[];
  /** Events of one type, by block number and log index. */
  list(fid: bigint, type: OnChainEventType): readonly OnChainEvent[];
  /** Registered fids, ascending. */
  registeredFids(): readonly bigint[];
  /** The event that says who holds the fid: REGISTER or TRANSFER of the highest block. */
  findCustody(fid: bigint): OnChainEvent | undefined;
  /** The fid that an address holds, by its custody event. */
  findCustodyByAddress(address: Uint8Array): OnChainEvent | undefined;
  /** The ADD event of a key that may sign for the fid now. */
  findSigner(fid: bigint, key: Uint8Array): OnChainEvent | undefined;
  /** The ADD events of all keys that may sign for the fid now. */
  listSigners(fid: bigint): readonly OnChainEvent[];
  /** Unix seconds until which the fid is a pro user; 0 when it never was. */
  proExpiry(fid: bigint): bigint;
}

/** Creates an empty store. */
export function createOnChainStore(): OnChainStore {
  const byFid = new Map<bigint, Map<OnChainEventType, OnChainEvent[]>>();

  function listMerged(fid: bigint, type: OnChainEventType): readonly OnChainEvent[] {
    return byFid.get(fid)?.get(type) ?? [];
  }

  function list(fid: bigint, type: OnChainEventType): readonly OnChainEvent[] {
    return [...listMerged(fid, type)].sort(compareChainPosition);
  }

  function registeredFids(): bigint[] {
    const fids = [...byFid.keys()].filter((fid) => findCustody(fid) !== undefined);
    return fids.sort((a, b) => Number(a - b));
  }

  function findCustody(fid: bigint): OnChainEvent | undefined {
    const changes = listMerged(fid, OnChainEventType.EVENT_TYPE_ID_REGISTER).filter(isOwnerChange);
    return lastOf(changes);
  }

  function findSigner(fid: bigint, key: Uint8Array): OnChainEvent | undefined {
    const events = listMerged(fid, OnChainEventType.EVENT_TYPE_SIGNER);
    return activeAdd(events.filter((event) => compareBytes(signerKey(event), key) === 0));
  }

  return {
    merge(event) {
      let byType = byFid.get(event.fid);
      if (byType === undefined) {
        byType = new Map();
        byFid.set(event.fid, byType);
      }
      const events = byType.get(event.type);
      if (events === undefined) byType.set(event.type, [event]);
      else if (!events.some((known) => isSameEvent(known, event))) events.push(event);
    },
    listMerged,
    list,
    registeredFids,
    findCustody,
    findCustodyByAddress(address) {
      for (const fid of registeredFids()) {
        const custody = findCustody(fid);
        if (custody !== undefined && compareBytes(custodyAddress(custody), address) === 0) {
          return custody;
        }
      }
      return undefined;
    },
    findSigner,
    listSigners(fid) {
      const keys = new Map<string, Uint8Array>();
      for (const event of listMerged(fid, OnChainEventType.EVENT_TYPE_SIGNER)) {
        const key = signerKey(event);
        keys.set(Buffer.from(key).toString("hex"), key);
      }
      return [...keys.values()].flatMap((key) => findSigner(fid, key) ?? []);
    },
    proExpiry(fid) {
      let expiry = 0n;
      for (const { body, blockTimestamp } of list(fid, OnChainEventType.EVENT_TYPE_TIER_PURCHASE)) {
        if (body?.$case !== "tierPurchaseEventBody" || body.value.tierType !== TierType.Pro)
          continue;
        const start = blockTimestamp > expiry ? blockTimestamp : expiry;
        expiry = start + body.value.forDays * SECONDS_PER_DAY;
      }
      return expiry;
    },
  };
}

/** Orders events as the chain does: block number, then log index. */
export function compareChainPosition(a: OnChainEvent, b: OnChainEvent): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
}

/** The address that a REGISTER or TRANSFER gives the fid to; empty for other events. */
export function custodyAddress(event: OnChainEvent): Uint8Array {
  return event.body?.$case === "idRegisterEventBody" ? event.body.value.to : new Uint8Array();
}

/** The key that a signer event is about; empty for other events. */
export function signerKey(event: OnChainEvent): Uint8Array {
  return event.body?.$case === "signerEventBody" ? event.body.value.key : new Uint8Array();
}

function isSameEvent(a: OnChainEvent, b: OnChainEvent): boolean {
  return a.logIndex === b.logIndex && compareBytes(a.transactionHash, b.transactionHash) === 0;
}

function isOwnerChange({ body }: OnChainEvent): boolean {
  return (
    body?.$case === "idRegisterEventBody" &&
    (body.value.eventType === IdRegisterEventType.REGISTER ||
      body.value.eventType === IdRegisterEventType.TRANSFER)
  );
}

/** The event of the highest block; within one block, the one merged later. */
function lastOf(events: readonly OnChainEvent[]): OnChainEvent | undefined {
  let last: OnChainEvent | undefined;
  for (const event of events) {
    if (last === undefined || event.blockNumber >= last.blockNumber) last = event;
  }
  return last;
}

/** Events of one key. An admin reset points back to the first ADD, so the key is active again. */
function activeAdd(events: readonly OnChainEvent[]): OnChainEvent | undefined {
  const last = lastOf(events);
  const current =
    last !== undefined && signerEventType(last) === SignerEventType.ADMIN_RESET
      ? events.find((event) => signerEventType(event) === SignerEventType.ADD)
      : last;
  if (current?.body?.$case !== "signerEventBody") return undefined;
  const { eventType, keyType } = current.body.value;
  return eventType === SignerEventType.ADD && keyType === ED25519_KEY_TYPE ? current : undefined;
}

function signerEventType({ body }: OnChainEvent): SignerEventType {
  return body?.$case === "signerEventBody" ? body.value.eventType : SignerEventType.NONE;
}
