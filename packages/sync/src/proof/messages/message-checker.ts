import type { Message } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { ResolvedSyncerOptions } from "../../options.ts";
import { findInvalidHere } from "../signatures/find-invalid-here.ts";
import type { SignatureChecker } from "../signatures/signature-checker.ts";
import { createSignatureChecker } from "../signatures/signature-checker.ts";
import type { MessageChecks } from "./message-checks.ts";
import { NONE_FORGED } from "./message-checks.ts";

/** Checks what is checked of messages before all else, and says what they are checked with. */
export interface MessageChecker extends AsyncDisposable {
  check(messages: readonly Message[]): Promise<MessageChecks>;
}

/** What finds messages with wrong signatures. */
type SignatureFinder = Pick<SignatureChecker, "findInvalid" | "close">;

async function createSignatureFinder(threadCount: number): Promise<SignatureFinder> {
  if (threadCount > 0) return createSignatureChecker({ threadCount });
  // By the addon where it is installed, which none of the other levels has to load.
  const { loadEd25519 } = await import("@snaprag/verify/node");
  const ed25519 = await loadEd25519();
  return {
    findInvalid: (messages) => findInvalidHere(messages, ed25519),
    close: async () => undefined,
  };
}

/** Creates the checker of a level; with every signature, it may have threads of its own. */
export async function createMessageChecker(
  {
    verification,
    signatureThreads,
  }: Pick<ResolvedSyncerOptions, "verification" | "signatureThreads">,
  blake3: Blake3,
): Promise<MessageChecker> {
  if (verification !== "full") {
    const checks = { blake3: verification === "none" ? undefined : blake3, forged: NONE_FORGED };
    return { check: async () => checks, [Symbol.asyncDispose]: async () => {} };
  }
  const signatures = await createSignatureFinder(signatureThreads);
  return {
    async check(messages) {
      if (messages.length === 0) return { blake3, forged: NONE_FORGED };
      const invalid = await signatures.findInvalid(messages);
      return { blake3, forged: new Set(invalid.flatMap((index) => messages[index] ?? [])) };
    },
    [Symbol.asyncDispose]: () => signatures.close(),
  };
}
