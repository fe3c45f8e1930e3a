// @snaprag/verify: Farcaster proofs as pure functions. No I/O, no clock, no Node built-in.
export type { Blake3 } from "./blake3.ts";
export { loadBlake3 } from "./blake3.ts";
export type { MessageHashCheck } from "./message-hash.ts";
export { checkMessageHash } from "./message-hash.ts";
export { homeShardOf, virtualShardOf } from "./routing.ts";
export type { AccountRoot, TrieHasher, TrieHasherOptions, TrieRoot } from "./trie-hasher.ts";
export { createTrieHasher, shardRootOf } from "./trie-hasher.ts";
export type { TrieKeyHead } from "./trie-key.ts";
export {
  FNAME_TYPE_BYTE,
  fnameTrieKey,
  messageTrieKey,
  messageTypeByte,
  onChainEventTrieKey,
  readTrieKeyHead,
} from "./trie-key.ts";
