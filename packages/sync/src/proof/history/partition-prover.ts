// The proof of one partition as its pages go by: keys in order, roots as soon as they are complete.
import type { FidAccountRootHash } from "@snaprag/proto";
import type { PartitionProof } from "@snaprag/storage";
import type { AccountRoot, Blake3, OpaqueSubtree, TrieHasher } from "@snaprag/verify";
import { createTrieHasher, readTrieKeyHead, resumeTrieHasher, VerifyError } from "@snaprag/verify";
import { SyncError } from "../../errors.ts";
import type { AccountMismatch } from "./account-claims.ts";
import { compareWithClaim, readClaims } from "./account-claims.ts";
import type { ProverPosition } from "./prover-state.ts";
import { readProverState, writeProverState } from "./prover-state.ts";

/** What is listed of a partition by one page, or by a few accounts one by one. */
export interface ListedPart {
  /** Keys of the leaves and what is known by hash alone, in the order of the trie. */
  readonly leaves: readonly (Uint8Array | OpaqueSubtree)[];
  /** What the node tells of the accounts that occur. */
  readonly accountRoots: readonly FidAccountRootHash[];
  /** Accounts with entries that were set aside, by the low 32 bits of their fids. */
  readonly faultyAccounts: ReadonlySet<bigint>;
}

/** What a step of a proof comes to. */
export interface ProofStep {
  readonly proof: PartitionProof;
  /** Accounts that were complete with this step and do not add up. */
  readonly mismatches: readonly AccountMismatch[];
}

const VIRTUAL_SHARD_BYTES = 1;
const ACCOUNT_BYTES = 5;

/** The low 32 bits of the fid that a leaf or a subtree of an account belongs to. */
function accountOf(leaf: Uint8Array | OpaqueSubtree): bigint {
  if (leaf instanceof Uint8Array) return readTrieKeyHead(leaf).fid;
  const nibbles = leaf.path.subarray(VIRTUAL_SHARD_BYTES * 2, 10);
  return nibbles.reduce((fid, nibble) => fid * 16n + BigInt(nibble), 0n);
}

function begin(proof: PartitionProof | null, blake3: Blake3): ProverPosition {
  if (proof?.state) return readProverState(proof.state);
  const empty = createTrieHasher({ blake3, scope: "virtualShard" }).exportState();
  return {
    unprovenAccountCount: 0,
    beforeAccount: empty,
    now: empty,
    lastFid: undefined,
    isLastUnproven: false,
    claim: undefined,
  };
}

function add(hasher: TrieHasher, leaf: Uint8Array | OpaqueSubtree): void {
  if (leaf instanceof Uint8Array) hasher.add(leaf);
  else hasher.addSubtree(leaf);
}

function malformedSnapshot(cause: VerifyError): SyncError {
  const message = "The node lists leaves of a snapshot twice, out of order or in a wrong partition";
  return new SyncError("malformed_snapshot", message, { cause });
}

/** Whether two keys begin with the same virtual shard and fid. */
function isSameAccount(a: Uint8Array, b: Uint8Array): boolean {
  for (let index = 0; index < ACCOUNT_BYTES; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Where an account begins among leaves; -1 when it began before them. */
function startOfLastAccount(leaves: ListedPart["leaves"], previous: bigint | undefined): number {
  const last = leaves.at(-1);
  if (last === undefined) return -1;
  const fid = accountOf(last);
  let start = leaves.length - 1;
  for (; start > 0; start--) {
    const leaf = leaves[start - 1];
    // Accounts with thousands of leaves fill page after page, so that keys are compared as they are.
    const isSame =
      leaf instanceof Uint8Array && last instanceof Uint8Array && leaf.length >= ACCOUNT_BYTES
        ? isSameAccount(leaf, last)
        : leaf !== undefined && accountOf(leaf) === fid;
    if (!isSame) return start;
  }
  return previous === fid ? -1 : 0;
}

/** Adds what a node lists. Where the last account begins among it, the state before that. */
function addListed(
  hasher: TrieHasher,
  leaves: ListedPart["leaves"],
  previous: bigint | undefined,
): Uint8Array | undefined {
  let beforeLast: Uint8Array | undefined;
  try {
    const start = startOfLastAccount(leaves, previous);
    for (let index = 0; index < leaves.length; index++) {
      if (index === start) beforeLast = hasher.exportState();
      const leaf = leaves[index];
      if (leaf !== undefined) add(hasher, leaf);
    }
  } catch (error) {
    throw error instanceof VerifyError ? malformedSnapshot(error) : error;
  }
  return beforeLast;
}

/** Hashes what is listed, from where a proof stands. */
function hashPart(
  position: ProverPosition,
  { leaves, isLast }: Pick<ListedPart, "leaves"> & { readonly isLast: boolean },
  blake3: Blake3,
) {
  const roots: AccountRoot[] = [];
  const hasher = resumeTrieHasher(position.now, {
    blake3,
    onAccountRoot: (root) => roots.push(root),
  });
  const beforeAccount = addListed(hasher, leaves, position.lastFid) ?? position.beforeAccount;
  const now = hasher.exportState();
  const root = isLast ? hasher.finish().root : null;
  return { roots, beforeAccount, now, root };
}

/**
 * Adds what is listed to the proof of a partition; null begins one. Pure: a step that is taken again
 * from the same proof comes to the same.
 *
 * @throws {SyncError} `malformed_snapshot` when leaves do not ascend or are not of the partition
 * @throws {VerifyError} `malformed_state` when the stored proof is of another version
 */
export function proveStep(
  proof: PartitionProof | null,
  part: ListedPart & { readonly isLast: boolean },
  blake3: Blake3,
): ProofStep {
  const position = begin(proof, blake3);
  const { roots, beforeAccount, now, root } = hashPart(position, part, blake3);
  const claims = readClaims(part.accountRoots);
  const claimOf = (fid: bigint) =>
    claims.get(fid) ?? (fid === position.lastFid ? position.claim : undefined);
  const mismatches = roots.flatMap((computed) => {
    const { fid } = computed;
    // The one before an account that was taken out is complete a second time.
    if (position.lastFid !== undefined && fid < position.lastFid) return [];
    return compareWithClaim(computed, claimOf(fid)) ?? [];
  });
  const unproven = new Set([...part.faultyAccounts, ...mismatches.map(({ fid }) => fid)]);
  if (position.lastFid !== undefined && position.isLastUnproven) unproven.add(position.lastFid);
  const unprovenAccountCount = position.unprovenAccountCount + unproven.size;
  const counts = { ...countLeaves(proof, part.leaves), unprovenAccountCount };
  if (root !== null) return { proof: { state: null, root, ...counts }, mismatches };

  const last = part.leaves.at(-1);
  const lastFid = last === undefined ? position.lastFid : accountOf(last);
  const isLastUnproven = lastFid !== undefined && unproven.has(lastFid);
  const state = writeProverState({
    unprovenAccountCount: unprovenAccountCount - (isLastUnproven ? 1 : 0),
    beforeAccount,
    now,
    lastFid,
    isLastUnproven,
    claim: lastFid === undefined ? undefined : claimOf(lastFid),
  });
  return { proof: { state, root: null, ...counts }, mismatches };
}

function countLeaves(
  proof: PartitionProof | null,
  leaves: ListedPart["leaves"],
): Pick<PartitionProof, "leafCount" | "opaqueLeafCount"> {
  let leafCount = proof?.leafCount ?? 0;
  let opaqueLeafCount = proof?.opaqueLeafCount ?? 0;
  for (const leaf of leaves) {
    const count = leaf instanceof Uint8Array ? 1 : leaf.leafCount;
    leafCount += count;
    if (!(leaf instanceof Uint8Array)) opaqueLeafCount += count;
  }
  return { leafCount, opaqueLeafCount };
}

/** Whether a stored proof can be gone on with: one that another version has begun may not be read. */
export function isResumable({ state }: PartitionProof, blake3: Blake3): boolean {
  if (state === null) return true;
  try {
    const { beforeAccount, now } = readProverState(state);
    for (const each of [beforeAccount, now]) resumeTrieHasher(each, { blake3 });
    return true;
  } catch (error) {
    if (error instanceof VerifyError) return false;
    throw error;
  }
}

/** A proof as it stood before the account that came last, which is listed by itself then. */
export function withoutLastAccount(proof: PartitionProof, blake3: Blake3): PartitionProof {
  if (proof.state === null) return proof;
  const position = readProverState(proof.state);
  const { beforeAccount, unprovenAccountCount } = position;
  const { leafCount, opaqueLeafCount } = resumeTrieHasher(beforeAccount, { blake3 }).finish();
  const state = writeProverState({
    ...position,
    now: beforeAccount,
    isLastUnproven: false,
    claim: undefined,
  });
  return { ...proof, state, leafCount, opaqueLeafCount, unprovenAccountCount };
}
