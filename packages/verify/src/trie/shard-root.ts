import type { Blake3 } from "../blake3.ts";
import { VerifyError } from "../verify-error.ts";
import { appendChild, createOpenNodes, HASH_BYTES, takeHash } from "./hasher/open-nodes.ts";
import type { TrieRoot } from "./hasher/trie-observer.ts";
import { VIRTUAL_SHARD_DEPTH } from "./nibbles.ts";

/**
 * The shard's root above the roots of its virtual shards (0 to 255; absent or empty ones have no
 * keys), with the sum of their leaves.
 *
 * Equals what a {@link createTrieHasher} that saw all their keys finishes with.
 *
 * @throws {VerifyError} `wrong_virtual_shard` for a number above 255
 */
export function shardRootOf(roots: ReadonlyMap<number, TrieRoot>, blake3: Blake3): TrieRoot {
  const open = createOpenNodes(blake3);
  const hash = new Uint8Array(HASH_BYTES);
  let leafCount = 0;
  let opaqueLeafCount = 0;
  for (const virtualShard of roots.keys()) {
    if (Number.isInteger(virtualShard) && virtualShard >= 0 && virtualShard <= 0xff) continue;
    throw new VerifyError("wrong_virtual_shard", `There is no virtual shard ${virtualShard}.`);
  }
  for (let virtualShard = 0; virtualShard <= 0xff; virtualShard++) {
    const part = roots.get(virtualShard);
    if (part !== undefined && part.root.length > 0) {
      appendChild(open, VIRTUAL_SHARD_DEPTH - 1, part.root);
      leafCount += part.leafCount;
      opaqueLeafCount += part.opaqueLeafCount;
    }
    const isLastOfNibble = (virtualShard & 0x0f) === 0x0f;
    if (isLastOfNibble && takeHash(open, VIRTUAL_SHARD_DEPTH - 1, hash)) appendChild(open, 0, hash);
  }
  const root = takeHash(open, 0, hash) ? hash : new Uint8Array();
  return { root, leafCount, opaqueLeafCount };
}
