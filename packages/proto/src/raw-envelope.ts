import type { Message } from "./gen/message.ts";

/**
 * The bytes that a message's hash covers: `data_bytes` when present, else field 1 as received.
 *
 * Both are the bytes of an encoded `MessageData`. Never the result of encoding again: encoders
 * differ in empty and packed fields, so that would change the hash (docs/protocol.md 4.1). A
 * present but empty `data_bytes` is returned as it is; such a message is invalid.
 */
export function hashedBytes(message: Message): Uint8Array {
  return message.dataBytes ?? message.data;
}
