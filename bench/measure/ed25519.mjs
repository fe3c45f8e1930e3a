// What the arithmetic of signatures takes by itself.
import { generateKeyPairSync, sign } from "node:crypto";
import { loadEd25519 } from "@snaprag/verify/node";

const SECONDS = 2;

/** Signatures that one core verifies in a second, by the implementation that the sync uses. */
export async function measureEd25519() {
  const ed25519 = await loadEd25519();
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const hash = Buffer.alloc(20, 7);
  const signature = sign(null, hash, privateKey);
  const startedAt = process.hrtime.bigint();
  const elapsed = () => Number(process.hrtime.bigint() - startedAt) / 1e9;
  let count = 0;
  while (elapsed() < SECONDS) {
    for (let index = 0; index < 100; index++) ed25519.verify(hash, signature, key);
    count += 100;
  }
  return { name: ed25519.name, perSecond: Math.round(count / elapsed()) };
}
