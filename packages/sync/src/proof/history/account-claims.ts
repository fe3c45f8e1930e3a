// What a node tells of whole accounts beside the entries it lists (docs/protocol.md 2.3).
import type { FidAccountRootHash } from "@snaprag/proto";
import { isSameBytes } from "@snaprag/proto";
import type { AccountRoot } from "@snaprag/verify";

const LOW_32_BITS = 0xffffffffn;

/** Root and leaves of an account, as a node tells them. */
export interface AccountClaim {
  /** 20 bytes. */
  readonly root: Uint8Array;
  readonly leafCount: number;
}

/** An account whose entries do not add up to what the node tells of it. */
export interface AccountMismatch {
  /** The low 32 bits of the fid. */
  readonly fid: bigint;
  readonly computed: AccountRoot;
  /** Undefined when the node told nothing. */
  readonly claimed: AccountClaim | undefined;
}

/** Claims by the low 32 bits of the fid. */
export function readClaims(
  accountRoots: readonly FidAccountRootHash[],
): ReadonlyMap<bigint, AccountClaim> {
  const claims = new Map<bigint, AccountClaim>();
  for (const { fid, accountRootHash, numMessages } of accountRoots) {
    claims.set(fid & LOW_32_BITS, { root: accountRootHash, leafCount: Number(numMessages) });
  }
  return claims;
}

/** Compares what was computed with what was told; undefined when they agree. */
export function compareWithClaim(
  computed: AccountRoot,
  claimed: AccountClaim | undefined,
): AccountMismatch | undefined {
  const isSame =
    claimed !== undefined &&
    claimed.leafCount === computed.leafCount &&
    isSameBytes(claimed.root, computed.root);
  return isSame ? undefined : { fid: computed.fid, computed, claimed };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** A mismatch in words. */
export function describeMismatch({ fid, computed, claimed }: AccountMismatch): string {
  const listed = `the node lists ${computed.leafCount} leaves of fid ${fid} with root ${hex(computed.root)}`;
  if (claimed === undefined) return `${listed}, and tells no root of the account`;
  return `${listed}, and tells of ${claimed.leafCount} leaves with root ${hex(claimed.root)}`;
}
