import { MESSAGE_WIRE_TYPES } from "@snaprag/proto";
import { FNAME_TYPE_BYTE } from "@snaprag/verify";

/** A leaf as people read it. */
export interface LeafName {
  /** A message kind such as `castAdd`, `fname`, or `onChainEvent`. */
  readonly type: string;
  /** Message hash, transaction hash and log index, as hex; or the name. */
  readonly id: string;
}

const TYPE_BYTE_INDEX = 5;
const HASH_START = 6;

const KIND_OF_TYPE: ReadonlyMap<number, string> = new Map(
  Object.entries(MESSAGE_WIRE_TYPES).map(([kind, { messageType }]) => [messageType, kind]),
);

/** Names the leaf under a key. */
export function nameOfLeaf(trieKey: Uint8Array): LeafName {
  const typeByte = trieKey[TYPE_BYTE_INDEX] ?? 0;
  const rest = Buffer.from(trieKey.subarray(HASH_START));
  if (typeByte === FNAME_TYPE_BYTE) {
    const end = rest.indexOf(0);
    return { type: "fname", id: rest.subarray(0, end < 0 ? undefined : end).toString() };
  }
  if (typeByte < FNAME_TYPE_BYTE) {
    const id = `${rest.subarray(0, -4).toString("hex")}:${rest.readUInt32BE(rest.length - 4)}`;
    return { type: "onChainEvent", id };
  }
  const type = KIND_OF_TYPE.get(typeByte >> 3) ?? `type ${typeByte >> 3}`;
  return { type, id: rest.toString("hex") };
}
