// Messages of the builders under the hash that their data have, so that rows of them are proved.
import type { MessageOptions } from "@snaprag/processors/testing";
import { aMessage } from "@snaprag/processors/testing";
import type { Message, MessageKind } from "@snaprag/proto";
import { hashedBytes, MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import { loadBlake3 } from "@snaprag/verify";

const blake3 = await loadBlake3();

/** All 19 message types. */
export const KINDS = Object.keys(MESSAGE_WIRE_TYPES) as MessageKind[];

/** A message under the hash of its bytes. */
export function withOwnHash(message: Message): Message {
  return { ...message, hash: blake3.hash20(hashedBytes(message)) };
}

/** A message of a type under its own hash. */
export function aHashedMessage<Kind extends MessageKind>(
  kind: Kind,
  options: MessageOptions<Kind> = {},
): Message {
  return withOwnHash(aMessage(kind, options));
}
