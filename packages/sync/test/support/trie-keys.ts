// Keys of the trie as hex, read from docs/protocol.md 3.1 alone: no code of @snaprag/verify.
import { createHash } from "node:crypto";
import type { Message, OnChainEvent, UserNameProof } from "@snaprag/proto";
import { MessageData, MessageType, UserNameType } from "@snaprag/proto";

const FNAME_TYPE_BYTE = 7;
const NAME_BYTES = 20;

/** A key in parts: virtual shard and fid, type byte, and what is after it. */
export function keyText(fid: bigint, typeByte: number, tail: Uint8Array): string {
  const account = Buffer.alloc(4);
  account.writeUInt32BE(Number(fid & 0xffffffffn));
  const virtualShard = createHash("sha256").update(account).digest().subarray(3, 4);
  return Buffer.concat([virtualShard, account, Buffer.of(typeByte), tail]).toString("hex");
}

/** Keys of a message: a lend's are the lender's and then the borrower's. */
export function keyTextsOfMessage({ data, dataBytes, hash }: Message): readonly string[] {
  const { type, fid, body } = MessageData.decode(dataBytes ?? data);
  if (type === MessageType.FRAME_ACTION) return [];
  const fids = body?.$case === "lendStorageBody" ? [fid, body.value.toFid] : [fid];
  return [...new Set(fids.map((each) => keyText(each, type << 3, hash)))];
}

/** Key of a registry name; none of other names, of a name given up, and of one that is too long. */
export function keyTextsOfProof(proof: UserNameProof | undefined): readonly string[] {
  if (proof?.type !== UserNameType.USERNAME_TYPE_FNAME || proof.fid === 0n) return [];
  if (proof.name.length > NAME_BYTES) return [];
  const padded = Buffer.alloc(NAME_BYTES);
  padded.set(proof.name);
  return [keyText(proof.fid, FNAME_TYPE_BYTE, padded)];
}

/** Key of an on-chain event. */
export function keyTextOfEvent({ fid, type, transactionHash, logIndex }: OnChainEvent): string {
  const index = Buffer.alloc(4);
  index.writeUInt32BE(logIndex);
  return keyText(fid, type, Buffer.concat([transactionHash, index]));
}
