import type {
  FidAddressTypeRequest,
  FidAddressTypeResponse,
  StorageLimit,
  StorageUnitDetails,
} from "@snaprag/proto";
import {
  isSameBytes,
  OnChainEventType,
  SignerEventType,
  StorageUnitType,
  StoreType,
  TierType,
} from "@snaprag/proto";
import { hex } from "../../../engine/rules/verdict.ts";
import { custodyAddress } from "../../../engine/state/on-chain-store.ts";
import type { ShardState } from "../../../engine/state/shard-state.ts";
import type { LimitedStore } from "../../../engine/state/storage/storage-units.ts";
import { limitOf, validUnits } from "../../../engine/state/storage/storage-units.ts";
import type { NodeContext } from "../../node-context.ts";
import { homeShard } from "../../node-context.ts";
import type { HubHandlers } from "../hub-methods.ts";

type StorageMethod = "getCurrentStorageLimitsByFid" | "getFidAddressType";

/** `SignerEventBody.key_type` of an address that may log in for the fid. */
const AUTH_KEY_TYPE = 2;

const STORE_TYPES: { readonly [Store in LimitedStore]: StoreType } = {
  casts: StoreType.CASTS,
  links: StoreType.LINKS,
  reactions: StoreType.REACTIONS,
  userData: StoreType.USER_DATA,
  verifications: StoreType.VERIFICATIONS,
  usernameProofs: StoreType.USERNAME_PROOFS,
};

const UNIT_TYPES = [
  StorageUnitType.UNIT_TYPE_LEGACY,
  StorageUnitType.UNIT_TYPE_2024,
  StorageUnitType.UNIT_TYPE_2025,
] as const;

/** Creates the handlers. */
export function createStorageHandlers(context: NodeContext): Pick<HubHandlers, StorageMethod> {
  return {
    getCurrentStorageLimitsByFid({ fid }) {
      const { state } = homeShard(context, fid);
      const now = context.nowSeconds();
      const usable = state.usableUnits(fid, now);
      const expiresAt = state.onChain.proExpiry(fid);
      return {
        limits: listLimits(fid, state, now),
        units: usable.reduce((sum, units) => sum + units, 0),
        unitDetails: listUnits(fid, state, now),
        tierSubscriptions: expiresAt > now ? [{ tierType: TierType.Pro, expiresAt }] : [],
      };
    },
    getFidAddressType: (request) => describeAddress(request, homeShard(context, request.fid).state),
  };
}

function listLimits(fid: bigint, state: ShardState, nowSeconds: bigint): StorageLimit[] {
  const units = state.usableUnits(fid, nowSeconds);
  // Safety: Object.keys returns exactly the keys of the mapped type.
  const stores = Object.keys(STORE_TYPES) as LimitedStore[];
  return stores.map((store) => {
    const earliest = state.stores[store].list(fid)[0];
    return {
      storeType: STORE_TYPES[store],
      name: Object.entries(StoreType).find(([, type]) => type === STORE_TYPES[store])?.[0] ?? "",
      limit: BigInt(limitOf(store, units)),
      used: BigInt(state.stores[store].count(fid)),
      earliestTimestamp: BigInt(earliest?.timestamp ?? 0),
      earliestHash: earliest?.message.hash ?? new Uint8Array(),
    };
  });
}

function listUnits(fid: bigint, state: ShardState, nowSeconds: bigint): StorageUnitDetails[] {
  const rents = state.onChain.listMerged(fid, OnChainEventType.EVENT_TYPE_STORAGE_RENT);
  const purchased = validUnits(rents, nowSeconds);
  const usable = state.usableUnits(fid, nowSeconds);
  return UNIT_TYPES.map((unitType) => ({
    unitType,
    unitSize: usable[unitType],
    purchasedUnitSize: purchased[unitType],
    lentUnitSize: state.lends.lentBy(fid)[unitType],
    borrowedUnitSize: state.lends.borrowedBy(fid)[unitType],
  }));
}

function describeAddress(
  { fid, address }: FidAddressTypeRequest,
  { onChain, stores }: ShardState,
): FidAddressTypeResponse {
  const custody = onChain.findCustody(fid);
  const signers = onChain.listMerged(fid, OnChainEventType.EVENT_TYPE_SIGNER);
  return {
    isCustody: custody !== undefined && isSameBytes(custodyAddress(custody), address),
    isAuth: signers.some(
      ({ body }) =>
        body?.$case === "signerEventBody" &&
        body.value.keyType === AUTH_KEY_TYPE &&
        body.value.eventType === SignerEventType.ADD &&
        isSameBytes(body.value.key, address),
    ),
    isVerified: stores.verifications.find(fid, hex(address))?.kind === "verificationAdd",
  };
}
