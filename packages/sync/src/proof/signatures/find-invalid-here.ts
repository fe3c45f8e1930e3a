import { setImmediate as othersHadTheirTurn } from "node:timers/promises";
import type { Message } from "@snaprag/proto";
import type { Ed25519 } from "@snaprag/verify";
import { canBeValid } from "./pack-signatures.ts";

/** Signatures verified before others have their turn: some 10 ms of work. */
const SLICE_SIZE = 256;

/**
 * As `SignatureChecker.findInvalid`, in the thread that calls: nothing is copied or waited for, so
 * that it costs least where every core has a thread of its own already.
 */
export async function findInvalidHere(
  messages: readonly Message[],
  ed25519: Ed25519,
): Promise<readonly number[]> {
  const invalid: number[] = [];
  for (let index = 0; index < messages.length; index++) {
    if (index % SLICE_SIZE === SLICE_SIZE - 1) await othersHadTheirTurn();
    const message = messages[index];
    if (message === undefined) break;
    const { hash, signature, signer } = message;
    const isValid = canBeValid(message) && ed25519.verify(hash, signature, signer);
    if (!isValid) invalid.push(index);
  }
  return invalid;
}
