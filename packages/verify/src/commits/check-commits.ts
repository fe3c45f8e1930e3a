// Whether a block is what its validators have committed (docs/protocol.md 4.4). Stricter than a node,
// which compares neither header, hash and value nor the heights.
import type { CommitSignature, Commits, Height } from "@snaprag/proto";
import { isSameBytes, Vote, VoteType } from "@snaprag/proto";
import type { Ed25519 } from "../ed25519/ed25519.ts";
import type { ValidatorSet } from "./validator-sets.ts";
import { findValidatorSet } from "./validator-sets.ts";

/**
 * What is wrong with a block.
 *
 * - `incomplete`: header, height, commits or committed value are missing.
 * - `hash_mismatch`: the hash is not the header's.
 * - `witness_mismatch`, `events_mismatch`: the header is of other witnesses or events than the block's.
 * - `height_mismatch`: what was committed is of another height or shard.
 * - `value_mismatch`: what was committed has another hash.
 * - `unknown_signer`: a signer is none of the validators.
 * - `repeated_signer`: a validator signs twice.
 * - `invalid_signature`: a signature is not the signer's vote for this value.
 * - `no_quorum`: two thirds of the validators or fewer have signed.
 */
export type CommitProblem =
  | "incomplete"
  | "hash_mismatch"
  | "witness_mismatch"
  | "events_mismatch"
  | "height_mismatch"
  | "value_mismatch"
  | "unknown_signer"
  | "repeated_signer"
  | "invalid_signature"
  | "no_quorum";

/**
 * What checking a block's commits found.
 *
 * - `ok`: more than two thirds of its validators have signed this very header.
 * - `not_configured`: the hashes are right, and there are no validators to check signatures against.
 * - `failed`: the block proves nothing; `problem` says why.
 */
export type CommitsCheck =
  | { readonly status: "ok"; readonly signatureCount: number; readonly validatorCount: number }
  | { readonly status: "not_configured" }
  | { readonly status: "failed"; readonly problem: CommitProblem };

/** What commits are checked with. */
export interface CheckCommitsOptions {
  /** Checks the validators' signatures. */
  readonly ed25519: Ed25519;
  /** The network's validators, such as {@link listMainnetValidatorSets}; empty if not known. */
  readonly validatorSets: readonly ValidatorSet[];
}

/** What commits must be of. */
export interface CommittedValue {
  readonly height: Height;
  /** 32 bytes, of the header. */
  readonly hash: Uint8Array;
}

/** Checks that commits are of a value, and signed by a quorum of the validators of its height. */
export function checkCommits(
  commits: Commits,
  { height, hash }: CommittedValue,
  { ed25519, validatorSets }: CheckCommitsOptions,
): CommitsCheck {
  if (commits.height === undefined || commits.value === undefined) return failed("incomplete");
  const isOfHeight =
    commits.height.shardIndex === height.shardIndex &&
    commits.height.blockNumber === height.blockNumber &&
    commits.value.shardIndex === height.shardIndex;
  if (!isOfHeight) return failed("height_mismatch");
  if (!isSameBytes(commits.value.hash, hash)) return failed("value_mismatch");

  const validators = findValidatorSet(validatorSets, height);
  if (validators === undefined) return { status: "not_configured" };
  const problem = findSignatureProblem(commits, validators, ed25519);
  if (problem !== undefined) return failed(problem);
  const signatureCount = commits.signatures.length;
  const validatorCount = validators.publicKeys.length;
  if (signatureCount * 3 <= validatorCount * 2) return failed("no_quorum");
  return { status: "ok", signatureCount, validatorCount };
}

/** A check that has found something wrong. */
export function failed(problem: CommitProblem): CommitsCheck {
  return { status: "failed", problem };
}

function findSignatureProblem(
  commits: Commits,
  { publicKeys }: ValidatorSet,
  ed25519: Ed25519,
): CommitProblem | undefined {
  const signers = new Set<Uint8Array>();
  for (const commitSignature of commits.signatures) {
    const signer = publicKeys.find((key) => isSameBytes(key, commitSignature.signer));
    if (signer === undefined) return "unknown_signer";
    if (signers.has(signer)) return "repeated_signer";
    signers.add(signer);
    if (!isPrecommit(commitSignature, commits, ed25519)) return "invalid_signature";
  }
  return undefined;
}

/** Commits hold the votes without what they have in common: each is put together again. */
function isPrecommit(
  { signer, signature }: CommitSignature,
  { height, round, value }: Commits,
  ed25519: Ed25519,
): boolean {
  const vote = { type: VoteType.PRECOMMIT, height, round, value, voter: signer };
  return ed25519.verify(Vote.encode(vote).finish(), signature, signer);
}
