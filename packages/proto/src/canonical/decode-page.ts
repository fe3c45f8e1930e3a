// Pages of a snapshot are nearly all that a first sync decodes, and nearly all of their entries are
// messages in the one form in which a node writes them. These are read here; every other entry, and
// a page with anything else in it, goes to the generated decoder.
import { BinaryReader } from "@bufbuild/protobuf/wire";
import type { Message } from "../gen/message.ts";
import type { FidAccountRootHash } from "../gen/replication.ts";
import {
  FidAccountRootHash as AccountRootCodec,
  ReplicationServiceDefinition as Generated,
  GetShardTransactionsResponse,
  ShardTrieEntryWithMessage,
} from "../gen/replication.ts";
import type { CanonicalCursor } from "./canonical-cursor.ts";
import {
  createCanonicalCursor,
  readBytes,
  readEnd,
  readEnum,
  readText,
  takeTag,
} from "./canonical-cursor.ts";

const NO_BYTES = new Uint8Array(0);

function readOptionalBytes(cursor: CanonicalCursor, tag: number): Uint8Array {
  return takeTag(cursor, tag) ? readBytes(cursor) : NO_BYTES;
}

/** A message in the form in which nodes write it. */
export function readMessage(cursor: CanonicalCursor): Message {
  const end = readEnd(cursor);
  const data = readOptionalBytes(cursor, 10);
  const hash = readOptionalBytes(cursor, 18);
  const hashScheme = takeTag(cursor, 24) ? readEnum(cursor) : 0;
  const signature = readOptionalBytes(cursor, 34);
  const signatureScheme = takeTag(cursor, 40) ? readEnum(cursor) : 0;
  const signer = readOptionalBytes(cursor, 50);
  const dataBytes = takeTag(cursor, 58) ? readBytes(cursor) : undefined;
  if (cursor.at !== end) cursor.isCanonical = false;
  return {
    data,
    hash,
    // Safety: an enum holds the number that was on the wire, known to this version or not.
    hashScheme: hashScheme as Message["hashScheme"],
    signature,
    // Safety: as above.
    signatureScheme: signatureScheme as Message["signatureScheme"],
    signer,
    dataBytes,
  };
}

/** An entry with a message; anything else is not read to its end. */
function readMessageEntry(cursor: CanonicalCursor, end: number): ShardTrieEntryWithMessage {
  const trieKey = readOptionalBytes(cursor, 10);
  const value = takeTag(cursor, 18) ? readMessage(cursor) : undefined;
  if (value === undefined || cursor.at !== end) cursor.isCanonical = false;
  return { trieKey, trieMessage: value && { $case: "userMessage", value } };
}

/** What the generated decoder makes of a part; it has to be used up, or the rest is not what it seems. */
export function decodePart<Part>(
  cursor: CanonicalCursor,
  bytes: Uint8Array,
  codec: { decode(reader: BinaryReader, length: number): Part },
): Part {
  const reader = new BinaryReader(bytes);
  const part = codec.decode(reader, bytes.length);
  if (reader.pos !== bytes.length) cursor.isCanonical = false;
  return part;
}

function readEntry(cursor: CanonicalCursor): ShardTrieEntryWithMessage {
  const end = readEnd(cursor);
  if (!cursor.isCanonical) return { trieKey: NO_BYTES, trieMessage: undefined };
  const start = cursor.at;
  const entry = readMessageEntry(cursor, end);
  if (cursor.isCanonical) return entry;
  cursor.at = end;
  cursor.isCanonical = true;
  return decodePart(cursor, cursor.bytes.subarray(start, end), ShardTrieEntryWithMessage);
}

/** A page as nodes write them; undefined when it is of any other form. */
function readPage(bytes: Uint8Array): GetShardTransactionsResponse | undefined {
  const cursor = createCanonicalCursor(bytes);
  const trieMessages: ShardTrieEntryWithMessage[] = [];
  const fidAccountRoots: FidAccountRootHash[] = [];
  while (takeTag(cursor, 10) && cursor.isCanonical) trieMessages.push(readEntry(cursor));
  while (takeTag(cursor, 18) && cursor.isCanonical) {
    fidAccountRoots.push(decodePart(cursor, readBytes(cursor), AccountRootCodec));
  }
  const nextPageToken = takeTag(cursor, 26) ? readText(cursor) : undefined;
  const isWhole = cursor.isCanonical && cursor.at === bytes.length;
  return isWhole ? { trieMessages, fidAccountRoots, nextPageToken } : undefined;
}

function decodePage(bytes: Uint8Array): GetShardTransactionsResponse {
  try {
    const page = readPage(bytes);
    if (page) return page;
  } catch {
    // A part by itself may be refused where the whole is not: what is wrong is for one to say.
  }
  return GetShardTransactionsResponse.decode(bytes);
}

/** The replication service, with the decoder of pages in place of the generated one. */
export const ReplicationServiceDefinition: typeof Generated = {
  ...Generated,
  methods: {
    ...Generated.methods,
    getShardTransactions: {
      ...Generated.methods.getShardTransactions,
      responseType: {
        ...GetShardTransactionsResponse,
        decode: (input, length) =>
          input instanceof Uint8Array && length === undefined
            ? decodePage(input)
            : GetShardTransactionsResponse.decode(input, length),
      },
    },
  },
};
