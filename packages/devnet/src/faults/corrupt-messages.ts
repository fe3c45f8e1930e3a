import type { Message } from "@snaprag/proto";
import { hashedBytes } from "@snaprag/proto";
import type { Prng } from "../traffic/authoring/prng.ts";
import type { Faults } from "./create-faults.ts";

/** What turns right bytes into wrong ones on their way to the client. */
export interface Corruption {
  /** The response, or a copy of it in which messages are wrong. The original stays as it is. */
  apply(response: unknown): unknown;
  /** Hashes of the messages served with an error that stays, in hex, ascending. */
  listCorrupted(): readonly string[];
}

/** Creates the corruption of a node's answers. */
export function createCorruption(faults: Faults): Corruption {
  const corrupted = new Set<string>();

  function corruptStored(message: Message): Message {
    if (faults.findStanding("corruptMessages", message.hash) === undefined) return message;
    const prng = faults.prngOf("corruptMessages", message.hash);
    // The first number decided that the message is struck.
    prng.next();
    faults.count("corruptMessages");
    corrupted.add(Buffer.from(message.hash).toString("hex"));
    return flipBit(message, prng);
  }

  /** One message of the response, if it has any. */
  function corruptOnce(response: unknown): unknown {
    let count = 0;
    mapMessages(response, (message) => {
      count++;
      return message;
    });
    if (count === 0 || faults.strike("corrupt") === undefined) return response;
    const prng = faults.prng("corrupt");
    let rest = prng.int(count);
    return mapMessages(response, (message) => (rest-- === 0 ? flipBit(message, prng) : message));
  }

  return {
    apply(response) {
      const stored = faults.isPlanned("corruptMessages")
        ? mapMessages(response, corruptStored)
        : response;
      return faults.isPlanned("corrupt") ? corruptOnce(stored) : stored;
    },
    listCorrupted: () => [...corrupted].sort(),
  };
}

/** A message with one wrong bit in the bytes that its hash covers, and in what they decode to. */
function flipBit(message: Message, prng: Prng): Message {
  const { length } = hashedBytes(message);
  if (length === 0) return message;
  const index = prng.int(length);
  const mask = 1 << prng.int(8);
  const flip = (bytes: Uint8Array) =>
    Uint8Array.from(bytes, (byte, at) => (at === index ? byte ^ mask : byte));
  const { data, dataBytes } = message;
  return { ...message, data: flip(data), dataBytes: dataBytes && flip(dataBytes) };
}

/** A response with each message in it replaced; the same object where nothing is. */
export function mapMessages(value: unknown, change: (message: Message) => Message): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (isMessage(value)) return change(value);
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value.map((item: unknown) => mapMessages(item, change));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const fields = Object.entries(value).map(
    ([name, field]) => [name, mapMessages(field, change), field] as const,
  );
  if (fields.every(([, mapped, field]) => mapped === field)) return value;
  return Object.fromEntries(fields.map(([name, mapped]) => [name, mapped]));
}

/** Of all that nodes answer, messages alone have both a signer and a scheme of their hash. */
function isMessage(value: object): value is Message {
  return "signer" in value && "hashScheme" in value && "data" in value;
}
