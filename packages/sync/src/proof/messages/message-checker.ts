import type { Message } from "@snaprag/proto";
import type { Blake3 } from "@snaprag/verify";
import type { SignatureChecker } from "../signatures/signature-checker.ts";
import { createSignatureChecker } from "../signatures/signature-checker.ts";
import type { MessageChecks, VerificationLevel } from "./message-checks.ts";
import { NONE_FORGED } from "./message-checks.ts";

/** Checks what is checked of messages beside the main thread, and says what they are checked with. */
export interface MessageChecker extends AsyncDisposable {
  check(messages: readonly Message[]): Promise<MessageChecks>;
}

/** Creates the checker of a level; with every signature, it has threads of its own. */
export async function createMessageChecker(
  level: VerificationLevel,
  blake3: Blake3,
): Promise<MessageChecker> {
  if (level !== "full") {
    const checks = { blake3: level === "none" ? undefined : blake3, forged: NONE_FORGED };
    return { check: async () => checks, [Symbol.asyncDispose]: async () => {} };
  }
  const signatures: SignatureChecker = await createSignatureChecker();
  return {
    async check(messages) {
      if (messages.length === 0) return { blake3, forged: NONE_FORGED };
      const invalid = await signatures.findInvalid(messages);
      return { blake3, forged: new Set(invalid.flatMap((index) => messages[index] ?? [])) };
    },
    [Symbol.asyncDispose]: () => signatures.close(),
  };
}
