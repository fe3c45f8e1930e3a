import { createBLAKE3 } from "hash-wasm";

/** BLAKE3 at the two lengths Farcaster uses. Synchronous, and safe to share within one thread. */
export interface Blake3 {
  /** First 20 bytes of BLAKE3: message hashes and trie nodes. */
  hash20(bytes: Uint8Array): Uint8Array;
  /**
   * Writes {@link Blake3.hash20} of the first `length` of the bytes to the start of `target`, which
   * spares whoever hashes a buffer again and again an object for each hash. `target` may be among the
   * bytes.
   */
  writeHash20(target: Uint8Array, bytes: Uint8Array, length: number): void;
  /** All 32 bytes of BLAKE3: chunk, block and block event hashes. */
  hash32(bytes: Uint8Array): Uint8Array;
}

/**
 * Loads the WebAssembly BLAKE3, about a millisecond, once per thread.
 *
 * Loading is a call and not a side effect of the import, so that importing this package costs
 * nothing; everything that hashes takes the result as an argument.
 */
export async function loadBlake3(): Promise<Blake3> {
  const [short, long] = await Promise.all([createBLAKE3(160), createBLAKE3(256)]);
  const hash20 = (bytes: Uint8Array) => short.init().update(bytes).digest("binary");
  return {
    hash20,
    writeHash20: (target, bytes, length) => target.set(hash20(bytes.subarray(0, length))),
    hash32: (bytes) => long.init().update(bytes).digest("binary"),
  };
}
