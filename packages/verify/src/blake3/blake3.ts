import { createBLAKE3 } from "hash-wasm";
import { BLOCK_BYTES, CHUNK_BYTES, createChunkModule, OUTPUT_START } from "./chunk-module.ts";

/** BLAKE3 at the two lengths Farcaster uses. Synchronous, and safe to share within one thread. */
export interface Blake3 {
  /** First 20 bytes of BLAKE3: message hashes and trie nodes. */
  hash20(bytes: Uint8Array): Uint8Array;
  /**
   * Writes {@link Blake3.hash20} of the first `length` of the bytes to the start of `target`, which
   * spares an object for each hash. `target` may be among the bytes.
   */
  writeHash20(target: Uint8Array, bytes: Uint8Array, length: number): void;
  /** All 32 bytes of BLAKE3: chunk, block and block event hashes. */
  hash32(bytes: Uint8Array): Uint8Array;
}

type WriteHash = (target: Uint8Array, bytes: Uint8Array, length: number) => void;

/**
 * Loads the WebAssembly BLAKE3, about a millisecond, once per thread.
 *
 * Loading is a call and not a side effect of the import, so that importing this package costs
 * nothing; everything that hashes takes the result as an argument.
 */
export async function loadBlake3(): Promise<Blake3> {
  const [writeShort, long] = await Promise.all([loadChunkHash(), createBLAKE3(256)]);

  function writeHash(target: Uint8Array, bytes: Uint8Array, length: number): void {
    if (writeShort !== undefined && length <= CHUNK_BYTES) {
      writeShort(target, bytes, length);
      return;
    }
    const hash = long.init().update(bytes.subarray(0, length)).digest("binary");
    target.set(hash.subarray(0, target.length));
  }

  const create = (length: number) => (bytes: Uint8Array) => {
    const hash = new Uint8Array(length);
    writeHash(hash, bytes, bytes.length);
    return hash;
  };
  return {
    hash20: create(20),
    hash32: create(32),
    writeHash20(target, bytes, length) {
      writeHash(target.length === 20 ? target : target.subarray(0, 20), bytes, length);
    },
  };
}

/** What is needed of WebAssembly, which no library of types describes that this package builds with. */
interface WebAssemblyLike {
  validate(module: Uint8Array): boolean;
  instantiate(module: Uint8Array): Promise<{ readonly instance: { readonly exports: object } }>;
}

/** Hashes what is one chunk; undefined on the few machines without the instructions it takes. */
async function loadChunkHash(): Promise<WriteHash | undefined> {
  // Safety: part of every JavaScript engine that loads the library for longer inputs.
  const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyLike };
  const module = createChunkModule();
  if (!WebAssembly.validate(module)) return undefined;
  const { instance } = await WebAssembly.instantiate(module);
  // Safety: what the module exports, as its docstring says.
  const { memory, hash } = instance.exports as {
    readonly memory: { readonly buffer: ArrayBuffer };
    readonly hash: (length: number) => void;
  };
  const input = new Uint8Array(memory.buffer, 0, CHUNK_BYTES);
  const output = new Uint8Array(memory.buffer, OUTPUT_START, 32);
  return (target, bytes, length) => {
    input.set(bytes.length === length ? bytes : bytes.subarray(0, length));
    const end = Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES || BLOCK_BYTES;
    for (let index = length; index < end; index++) input[index] = 0;
    hash(length);
    // A loop, because for so few bytes it is faster than `set`.
    for (let index = 0; index < target.length; index++) target[index] = output[index] ?? 0;
  };
}
