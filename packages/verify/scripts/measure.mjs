// Measures what README.md says of speed, on the build in dist. Rates are per second of processor
// time, so that other work on the machine counts less; each is the median of
// rounds in which everything takes its turn.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify as verifySync,
} from "node:crypto";
import { ed25519 as noble } from "@noble/curves/ed25519.js";
import { createStrictEd25519, createTrieHasher, loadBlake3, loadEd25519 } from "../dist/index.js";
import { loadEd25519 as loadNodeEd25519 } from "../dist/node/index.js";

const ROUNDS = 9;
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

const rates = new Map();

function measure(name, count, run) {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  const rate = (count * 1e6) / (user + system);
  rates.set(name, [...(rates.get(name) ?? []), rate]);
}

const signers = Array.from({ length: 20 }, (_, index) => {
  const der = Buffer.concat([PKCS8_PREFIX, new Uint8Array(32).fill(index + 1)]);
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const { x } = createPublicKey(privateKey).export({ format: "jwk" });
  return { privateKey, publicKey: Uint8Array.from(Buffer.from(x, "base64url")) };
});
const signed = Array.from({ length: 2_000 }, (_, index) => {
  const { privateKey, publicKey } = signers[index % signers.length];
  const hash = Uint8Array.from(createHash("sha1").update(`${index}`).digest());
  return { hash, publicKey, signature: Uint8Array.from(sign(null, hash, privateKey)) };
});

const keyObjects = new Map();
const verifyByOpenSsl = (bytes, signature, publicKey) => {
  const x = Buffer.from(publicKey).toString("base64url");
  let key = keyObjects.get(x);
  if (key === undefined) {
    key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
    keyObjects.set(x, key);
  }
  return verifySync(null, bytes, key, signature);
};
const candidates = [
  await loadNodeEd25519(),
  await loadEd25519(),
  createStrictEd25519("node:crypto, a key object per signer", verifyByOpenSsl),
  { name: "@noble/curves", verify: (bytes, signature, key) => noble.verify(signature, bytes, key) },
];
const keys = Array.from({ length: 100_000 }, (_, index) => {
  const key = new Uint8Array(26).fill(7);
  new DataView(key.buffer).setUint32(1, Math.floor(index / 250));
  key[5] = [8, 0x18, 0x28][index % 3];
  key.set(createHash("sha1").update(`${index}`).digest(), 6);
  return key;
}).sort(Buffer.compare);
const blake3 = await loadBlake3();

for (let round = 0; round < ROUNDS; round++) {
  for (const { name, verify } of candidates) {
    const part = name.startsWith("@noble") ? signed.slice(0, 200) : signed;
    measure(`verifications/s, ${name}`, part.length, () => {
      for (const { hash, signature, publicKey } of part) {
        if (!verify(hash, signature, publicKey)) throw new Error("does not verify");
      }
    });
  }
  measure("leaves/s, createTrieHasher", keys.length, () => {
    const hasher = createTrieHasher({ blake3, scope: "virtualShard" });
    for (const key of keys) hasher.add(key);
    hasher.finish();
  });
}
for (const [name, all] of rates) {
  const median = all.sort((a, b) => a - b)[(ROUNDS - 1) / 2];
  console.log(name.padEnd(56), Math.round(median));
}
