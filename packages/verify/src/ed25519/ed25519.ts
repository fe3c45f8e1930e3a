/** Verifies Ed25519 signatures as strictly as a node does. Safe to share within one thread. */
export interface Ed25519 {
  /** Which implementation does the arithmetic, for logs and measurements. */
  readonly name: string;
  /**
   * Whether a signature (64 bytes) of some bytes was made with the secret of a public key
   * (32 bytes). Never throws: what is malformed is false.
   */
  verify(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}
