// Gasless keys of accounts that tests put on a devnet's chain.
import type { Submission } from "@snaprag/devnet";
import { buildMessage, createSigner } from "@snaprag/devnet";
import type { Message } from "@snaprag/proto";

/** Which key, and the place of the message in the order of the account's nonces. */
interface KeyChange {
  readonly fid: bigint;
  readonly name: string;
  readonly nonce: number;
}

const DEADLINE = 0xffffffff;
const DAY_SECONDS = 86_400;

/** A message that adds a key. */
export function addKey({ fid, name, nonce }: KeyChange): Message {
  const signer = createSigner(name);
  const body = {
    ...{ key: signer.publicKey, keyType: 1, nonce, deadline: DEADLINE, ttl: DAY_SECONDS },
    ...{ custodySignature: new Uint8Array(65), metadata: new Uint8Array(), metadataType: 1 },
    ...{ registrationTxHash: new Uint8Array(), scopes: [] },
  };
  return buildMessage({ type: "keyAdd", fid, timestamp: 1, body, signer });
}

/** A message that removes a key, by the key itself. */
export function removeKey({ fid, name, nonce }: KeyChange): Message {
  const signer = createSigner(name);
  const signature = new Uint8Array(65);
  const body = { key: signer.publicKey, signature, signatureType: 2, deadline: DEADLINE, nonce };
  return buildMessage({ type: "keyRemove", fid, timestamp: 1, body, signer });
}

/** Messages for the next block. */
export function submissionsOf(...messages: readonly Message[]): readonly Submission[] {
  return messages.map((message) => ({ kind: "message", message }));
}
