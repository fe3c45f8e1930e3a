/** What a node remembers of gasless keys beside the KeyAdd messages themselves. */
export interface GaslessKeyMemory {
  /** The last nonce that a fid used; 0 before the first. */
  nonceOf(fid: bigint): number;
  setNonce(fid: bigint, nonce: number): void;
  /** Farcaster seconds; a key's time to live counts from here. */
  lastUsedAt(fid: bigint, key: Uint8Array): number | undefined;
  markUsed(fid: bigint, key: Uint8Array, timestamp: number): void;
  forget(fid: bigint, key: Uint8Array): void;
}

/** Creates an empty memory. */
export function createGaslessKeyMemory(): GaslessKeyMemory {
  const nonces = new Map<bigint, number>();
  const uses = new Map<string, number>();

  return {
    nonceOf: (fid) => nonces.get(fid) ?? 0,
    setNonce: (fid, nonce) => void nonces.set(fid, nonce),
    lastUsedAt: (fid, key) => uses.get(useKey(fid, key)),
    markUsed(fid, key, timestamp) {
      const name = useKey(fid, key);
      uses.set(name, Math.max(timestamp, uses.get(name) ?? 0));
    },
    forget: (fid, key) => void uses.delete(useKey(fid, key)),
  };
}

function useKey(fid: bigint, key: Uint8Array): string {
  return `${fid}/${Buffer.from(key).toString("hex")}`;
}
