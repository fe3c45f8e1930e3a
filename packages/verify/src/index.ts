/**
 * Farcaster proofs as pure functions. No I/O, no clock, no Node built-in.
 *
 * @module @snaprag/verify
 */

export type { Blake3 } from "./blake3.ts";
export { loadBlake3 } from "./blake3.ts";
export {
  hashOfBlockEvent,
  hashOfBlockEvents,
  hashOfBlockHeader,
  hashOfShardHeader,
  hashOfShardWitness,
} from "./commits/block-hash.ts";
export type { CheckBlockOptions } from "./commits/check-block.ts";
export { checkBlock, checkShardChunk } from "./commits/check-block.ts";
export type {
  CheckCommitsOptions,
  CommitProblem,
  CommitsCheck,
  CommittedValue,
} from "./commits/check-commits.ts";
export { checkCommits } from "./commits/check-commits.ts";
export { listMainnetValidatorSets } from "./commits/mainnet-validator-sets.ts";
export type { ValidatorSet } from "./commits/validator-sets.ts";
export { findValidatorSet } from "./commits/validator-sets.ts";
export type { RawVerify } from "./ed25519/create-strict-ed25519.ts";
export { createStrictEd25519 } from "./ed25519/create-strict-ed25519.ts";
export type { Ed25519 } from "./ed25519/ed25519.ts";
export { loadEd25519 } from "./ed25519/load-ed25519.ts";
export type { MessageHashCheck } from "./messages/message-hash.ts";
export { checkMessageHash } from "./messages/message-hash.ts";
export type { MessageSignatureCheck } from "./messages/message-signature.ts";
export { checkMessageSignature } from "./messages/message-signature.ts";
export { trieKeyOfUsernameProof, trieKeysOfMessage } from "./trie/entry-keys.ts";
export type { OpaqueSubtree } from "./trie/hasher/opaque-subtree.ts";
export type { TrieHasher, TrieHasherOptions } from "./trie/hasher/trie-hasher.ts";
export { createTrieHasher, resumeTrieHasher } from "./trie/hasher/trie-hasher.ts";
export type {
  AccountRoot,
  TrieObserver,
  TrieRoot,
  VirtualShardRoot,
} from "./trie/hasher/trie-observer.ts";
export { homeShardOf, virtualShardOf } from "./trie/routing.ts";
export { shardRootOf } from "./trie/shard-root.ts";
export type { TrieKeyHead } from "./trie/trie-key.ts";
export {
  FNAME_TYPE_BYTE,
  fnameTrieKey,
  messageTrieKey,
  messageTypeByte,
  onChainEventTrieKey,
  readTrieKeyHead,
} from "./trie/trie-key.ts";
export { trieNodeHash } from "./trie/trie-node.ts";
export type { VerifyErrorCode } from "./verify-error.ts";
export { VerifyError } from "./verify-error.ts";
