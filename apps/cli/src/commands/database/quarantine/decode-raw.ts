import {
  HubEvent,
  hashedBytes,
  Message,
  MessageData,
  OnChainEvent,
  ShardTrieEntryWithMessage,
  UserNameProof,
} from "@snaprag/proto";
import type { QuarantineRecord, RawKind } from "@snaprag/storage";
import { toHex } from "../../../output.ts";

const DECODERS: { readonly [Kind in RawKind]: (raw: Uint8Array) => object } = {
  event: (raw) => HubEvent.decode(raw),
  entry: (raw) => ShardTrieEntryWithMessage.decode(raw),
  message: (raw) => Message.decode(raw),
  onchain_event: (raw) => OnChainEvent.decode(raw),
  fname_proof: (raw) => UserNameProof.decode(raw),
};

/** The result of a decoder; undefined where it throws, as for truncated or malformed input. */
function findDecoded<Decoded>(decode: () => Decoded): Decoded | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function isMessage(value: object): value is Message {
  return "hashScheme" in value && "signatureScheme" in value && "data" in value;
}

/** The same with bytes as hexadecimal, and a message's data decoded where it can be. */
function toReadable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(toReadable);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  const readable = Object.fromEntries(members.map(([key, member]) => [key, toReadable(member)]));
  if (!isMessage(value)) return readable;
  const data = findDecoded(() => MessageData.decode(hashedBytes(value)));
  return data === undefined ? readable : { ...readable, data: toReadable(data) };
}

/** What can be read of a message's bytes, ready for JSON; null where nothing can. */
export function decodeRaw({ rawKind, raw }: QuarantineRecord): unknown {
  const decoded = findDecoded(() => DECODERS[rawKind](raw));
  return decoded === undefined ? null : toReadable(decoded);
}
