import { createStrictEd25519 } from "./create-strict-ed25519.ts";
import type { Ed25519 } from "./ed25519.ts";

/**
 * Loads libsodium as WebAssembly, some ten milliseconds, once per thread. It runs wherever
 * WebAssembly does; `@snaprag/verify/node` has a faster one for Node.
 *
 * Loading is a call and not a side effect of the import, so that importing this package costs
 * nothing; everything that verifies takes the result as an argument.
 *
 * @throws {VerifyError} `no_ed25519` when it answers a known question wrong
 */
export async function loadEd25519(): Promise<Ed25519> {
  const { default: sodium } = await import("libsodium-wrappers");
  await sodium.ready;
  return createStrictEd25519("libsodium (WebAssembly)", (bytes, signature, publicKey) =>
    sodium.crypto_sign_verify_detached(signature, bytes, publicKey),
  );
}
