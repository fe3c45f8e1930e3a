// The README's example; the test of the READMEs runs it and holds the two together.
import { createTrieHasher, loadBlake3, messageTrieKey } from "@snaprag/verify";

const blake3 = await loadBlake3();
const hasher = createTrieHasher({
  blake3,
  onAccountRoot: ({ fid, root, leafCount }) =>
    console.log(`account ${fid}: ${Buffer.from(root).toString("hex")}, ${leafCount} leaves`),
});
const casts = [
  "eb1850b43b2dd25935222c9137f5fa71b02b9689",
  "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd",
];
for (const hash of casts) hasher.add(messageTrieKey(1234n, 1, Buffer.from(hash, "hex")));

console.log(`shard: ${Buffer.from(hasher.finish().root).toString("hex")}`);
