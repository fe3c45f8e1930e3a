// The README's example; the test of the READMEs runs it and holds the two together.
import { createTrieHasher, loadBlake3, messageTrieKey, resumeTrieHasher } from "@snaprag/verify";

const blake3 = await loadBlake3();
const observer = {
  blake3,
  onAccountRoot: ({ fid, root, leafCount }: { fid: bigint; root: Uint8Array; leafCount: number }) =>
    console.log(`account ${fid}: ${Buffer.from(root).toString("hex")}, ${leafCount} leaves`),
};
const casts = [
  "eb1850b43b2dd25935222c9137f5fa71b02b9689",
  "ee0fcb6344d22ea2af4f97859108eb5a3c6650fd",
].map((hash) => messageTrieKey(1234n, 1, Buffer.from(hash, "hex")));

const [first, second] = casts as [Uint8Array, Uint8Array];
const hasher = createTrieHasher(observer);
hasher.add(first);
const state = hasher.exportState(); // for a database; the process may end here

const resumed = resumeTrieHasher(state, observer);
resumed.add(second);
console.log(`shard: ${Buffer.from(resumed.finish().root).toString("hex")}`);
