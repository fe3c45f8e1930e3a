// What is used of the addon `sodium-native`, which brings no types.
declare module "sodium-native" {
  const sodium: {
    crypto_sign_verify_detached(
      signature: Uint8Array,
      bytes: Uint8Array,
      publicKey: Uint8Array,
    ): boolean;
  };
  // The addon is CommonJS: its exports are the default of an import.
  export = sodium;
}
