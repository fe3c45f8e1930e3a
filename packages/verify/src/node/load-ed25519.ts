/// <reference path="./sodium-native.d.ts" />
import { createStrictEd25519 } from "../ed25519/create-strict-ed25519.ts";
import type { Ed25519 } from "../ed25519/ed25519.ts";
import { loadEd25519 as loadWebAssembly } from "../ed25519/load-ed25519.ts";

/**
 * Loads the addon `sodium-native`, twice as fast as WebAssembly, where it is installed and has a
 * binary for the platform; else the WebAssembly one. Both are equally strict. `name` of the result
 * says which it is.
 *
 * Node's own crypto is not among them: it measured within a sixth of the WebAssembly.
 *
 * @throws {VerifyError} `no_ed25519` when the WebAssembly answers a known question wrong
 */
export async function loadEd25519(): Promise<Ed25519> {
  try {
    const { default: sodium } = await import("sodium-native");
    return createStrictEd25519("sodium-native", (bytes, signature, publicKey) =>
      sodium.crypto_sign_verify_detached(signature, bytes, publicKey),
    );
  } catch {
    // Not installed, no binary for this platform, or not strict: the other answers the same.
    return loadWebAssembly();
  }
}
