import type {
  CastAddBody,
  KeyAddBody,
  KeyRemoveBody,
  LendStorageBody,
  LinkBody,
  LinkCompactStateBody,
  ReactionBody,
  UserDataBody,
  VerificationAddAddressBody,
} from "@snaprag/proto";
import { CastType, Protocol, ReactionType, StorageUnitType } from "@snaprag/proto";

export function cast(text: string): CastAddBody {
  return {
    text,
    embedsDeprecated: [],
    mentions: [],
    mentionsPositions: [],
    embeds: [],
    parent: undefined,
    type: CastType.CAST,
  };
}

export function like(url: string): ReactionBody {
  return { type: ReactionType.LIKE, target: { $case: "targetUrl", value: url } };
}

export function link(targetFid: bigint, type = "follow"): LinkBody {
  return { type, displayTimestamp: undefined, target: { $case: "targetFid", value: targetFid } };
}

export function compact(targetFids: bigint[], type = "follow"): LinkCompactStateBody {
  return { type, targetFids };
}

export function userData(type: number, value: string): UserDataBody {
  // Safety: tests pass numbers of the enum.
  return { type: type as UserDataBody["type"], value };
}

export function verification(address: Uint8Array, mark = 0): VerificationAddAddressBody {
  return {
    address,
    claimSignature: new Uint8Array(65),
    blockHash: new Uint8Array(32).fill(mark),
    verificationType: 0,
    chainId: 0,
    protocol: address.length === 32 ? Protocol.SOLANA : Protocol.ETHEREUM,
  };
}

export function lend(toFid: bigint, numUnits: bigint): LendStorageBody {
  return { toFid, numUnits, unitType: StorageUnitType.UNIT_TYPE_2025 };
}

export function keyAdd(key: Uint8Array, nonce: number): KeyAddBody {
  return {
    key,
    keyType: 1,
    custodySignature: new Uint8Array(65),
    deadline: 2 ** 31,
    nonce,
    metadata: new Uint8Array(160),
    metadataType: 1,
    registrationTxHash: new Uint8Array(),
    scopes: [1],
    ttl: 86_400,
  };
}

export function keyRemove(key: Uint8Array, nonce: number): KeyRemoveBody {
  return { key, signature: new Uint8Array(65), signatureType: 1, deadline: 2 ** 31, nonce };
}
