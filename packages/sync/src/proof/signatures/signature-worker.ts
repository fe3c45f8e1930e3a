// What each thread of a signature checker runs. Says which implementation it has loaded, then
// answers every buffer of packed signatures, in the order they come, with a bitmap.
import { parentPort } from "node:worker_threads";
import { loadEd25519 } from "@snaprag/verify/node";
import { checkPacked } from "./check-packed.ts";

const ed25519 = await loadEd25519();

parentPort?.on("message", (packed: Uint8Array) => {
  const invalid = checkPacked(packed, ed25519);
  parentPort?.postMessage(invalid, [invalid.buffer]);
});
parentPort?.postMessage(ed25519.name);
