// Rows of every kind of message, with every column set in one or another of them.
import type { MessageTableName, MessageTableRows } from "@snaprag/processors";
import { MESSAGE_MAPPINGS, toMessageRow } from "@snaprag/processors";
import type { Message, MessageBodies, MessageKind, TypedMessageOf } from "@snaprag/proto";
import { FarcasterNetwork, narrowMessage } from "@snaprag/proto";
import type { RowOfTable } from "../../src/proof/rows/row-leaf.ts";
import { aHashedMessage } from "./hashed-messages.ts";

/** The network of the builders, and of the rows. */
export const NETWORK: number = FarcasterNetwork.MAINNET;

type Bodies = { readonly [Kind in MessageKind]?: readonly Partial<MessageBodies[Kind]>[] };

const castId = { fid: 7n, hash: new Uint8Array(20).fill(7) };
const byCast = { target: { $case: "targetCastId", value: castId } } as const;
const byUrl = { target: { $case: "targetUrl", value: "https://a" } } as const;
const byNul = { target: { $case: "targetUrl", value: "https://\0" } } as const;
const link = [{ displayTimestamp: 5 }, { target: undefined }, { type: "a\0b" }];

/** Bodies besides the builders' own: what is optional, what excludes each other, and text with NUL. */
const BODIES: Bodies = {
  castAdd: [
    {
      parent: { $case: "parentCastId", value: castId },
      mentions: [1n, 2n],
      mentionsPositions: [0, 1],
      embeds: [
        { embed: { $case: "url", value: "https://a" } },
        { embed: { $case: "castId", value: castId } },
      ],
      embedsDeprecated: ["https://b"],
      type: 1,
    },
    { parent: { $case: "parentUrl", value: "https://a" }, embeds: [{ embed: undefined }] },
    { text: "g\0m", embeds: [{ embed: { $case: "castId", value: castId } }] },
    { parent: { $case: "parentUrl", value: `https://${"a".repeat(700)}` } },
  ],
  reactionAdd: [byCast, byUrl, byNul, { target: undefined }],
  reactionRemove: [byCast, byUrl, byNul, { target: undefined }],
  linkAdd: link,
  linkRemove: link,
  linkCompactState: [{ targetFids: [] }, { targetFids: [5n, 6n] }, { type: "a\0b" }],
  userDataAdd: [{ type: 2, value: "" }, { value: "g\0m" }],
  usernameProof: [{ name: Uint8Array.of(0xff) }, { timestamp: 9_000_000_000_000n }],
  keyAdd: [{ scopes: [1, 2], registrationTxHash: new Uint8Array(32).fill(1) }],
  channelUpdate: [
    { name: "", description: "a", imageUrl: "b", header: "c", rules: "d" },
    { name: undefined, castingMode: undefined, membershipMode: undefined },
    { rules: "g\0m" },
  ],
};

/** A row with the message that it is of. */
export interface MessageRowCase {
  readonly message: Message;
  readonly source: RowOfTable & { readonly row: MessageTableRows[MessageTableName] };
}

/** The row of a message. */
export function rowOf(message: Message): MessageRowCase {
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") throw new Error(typed.reason);
  const { table } = MESSAGE_MAPPINGS[typed.type];
  const row = toMessageRow(typed as TypedMessageOf<MessageKind>, NETWORK);
  // Safety: table and row follow from the same kind.
  return { message, source: { table, row } as MessageRowCase["source"] };
}

/** Rows of a kind of message; the columns of some say all, and others keep the bytes. */
export function listRowsOf(kind: MessageKind): readonly MessageRowCase[] {
  const newer = { _unknownFields: { [100 << 3]: [Uint8Array.of(5)] } };
  const messages = [
    aHashedMessage(kind),
    aHashedMessage(kind, { seed: 1, fid: 2n, timestamp: 100_000_001 }),
    aHashedMessage(kind, { body: newer }),
    aHashedMessage(kind, { network: FarcasterNetwork.TESTNET }),
    ...(BODIES[kind] ?? []).map((body) => aHashedMessage(kind, { body })),
  ];
  return messages.map(rowOf);
}
