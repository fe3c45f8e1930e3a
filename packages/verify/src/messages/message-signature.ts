import type { Message } from "@snaprag/proto";
import { SignatureScheme } from "@snaprag/proto";
import type { Ed25519 } from "../ed25519/ed25519.ts";

/**
 * What checking a message's signature found.
 *
 * - `valid`: the signer has signed the hash that the message carries.
 * - `invalid`: it has not, or signature or signer are not of the form that a node accepts.
 * - `unsupported_scheme`: a scheme other than Ed25519, which no node accepts; nothing was verified.
 */
export type MessageSignatureCheck = "valid" | "invalid" | "unsupported_scheme";

/**
 * Checks a message's signature, strictly, as a node does (docs/protocol.md 4.1).
 *
 * What is signed is the hash, so this says something about the data only together with
 * {@link checkMessageHash}. Whether the signer was the fid's at the time is another question.
 */
export function checkMessageSignature(message: Message, ed25519: Ed25519): MessageSignatureCheck {
  if (message.signatureScheme !== SignatureScheme.ED25519) return "unsupported_scheme";
  const { hash, signature, signer } = message;
  return ed25519.verify(hash, signature, signer) ? "valid" : "invalid";
}
