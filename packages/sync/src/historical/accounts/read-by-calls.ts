// The last rung: parts of an account that no snapshot page serves, from the node's reads by fid.
import type { NodeClient, PagedMessagesMethod } from "@snaprag/client";
import type { Message, ShardTrieEntryWithMessage } from "@snaprag/proto";
import { MESSAGE_WIRE_TYPES, narrowMessage, OnChainEventType } from "@snaprag/proto";
import { messageTrieKey, messageTypeByte, onChainEventTrieKey } from "@snaprag/verify";

type Entries = readonly ShardTrieEntryWithMessage[];

/** On-chain events stand under type bytes 1 to 6, beside casts. */
const ON_CHAIN_NIBBLE = 0;

const ON_CHAIN_TYPES: readonly OnChainEventType[] = [
  OnChainEventType.EVENT_TYPE_SIGNER,
  OnChainEventType.EVENT_TYPE_SIGNER_MIGRATED,
  OnChainEventType.EVENT_TYPE_ID_REGISTER,
  OnChainEventType.EVENT_TYPE_STORAGE_RENT,
  OnChainEventType.EVENT_TYPE_TIER_PURCHASE,
  OnChainEventType.EVENT_TYPE_CHANNEL_REGISTER,
];

/**
 * The calls that bring all messages of the types under each nibble. Proofs of names (6) come
 * without their messages, and channel messages (9, 10) by no call (docs/protocol.md 2.5, 8.4).
 */
const CALLS_BY_NIBBLE: ReadonlyMap<number, readonly PagedMessagesMethod[]> = new Map([
  [0, ["getAllCastMessagesByFid"]],
  [1, ["getAllCastMessagesByFid", "getAllReactionMessagesByFid"]],
  [2, ["getAllReactionMessagesByFid", "getAllLinkMessagesByFid"]],
  [3, ["getAllLinkMessagesByFid", "getAllVerificationMessagesByFid"]],
  [4, ["getAllVerificationMessagesByFid"]],
  [5, ["getAllUserDataMessagesByFid"]],
  [7, ["getLinkCompactStateMessageByFid", "getAllLendStorageMessagesByFid"]],
]);

/** One child of an account: the entries whose type bytes begin with a nibble. */
export interface AccountChild {
  readonly fid: bigint;
  readonly nibble: number;
}

/** A message as an entry of the child; none when its type belongs to another child. */
function toEntries(message: Message, { fid, nibble }: AccountChild): Entries {
  const narrowed = narrowMessage(message);
  const messageType =
    narrowed.type === "unreadable"
      ? narrowed.messageType
      : MESSAGE_WIRE_TYPES[narrowed.type].messageType;
  // What cannot be read at all is kept with the first child: quarantine knows each hash once.
  if (messageType !== undefined && messageTypeByte(messageType) >> 4 !== nibble) return [];
  const trieKey = messageTrieKey(fid, messageType ?? 0, message.hash);
  return [{ trieKey, trieMessage: { $case: "userMessage", value: message } }];
}

async function readOnChainEvents(
  client: NodeClient,
  fid: bigint,
  signal: AbortSignal,
): Promise<Entries> {
  const entries: ShardTrieEntryWithMessage[] = [];
  for (const eventType of ON_CHAIN_TYPES) {
    const { events } = await client.hub.getOnChainEvents({ fid, eventType }, { signal });
    for (const event of events) {
      const trieKey = onChainEventTrieKey(event);
      entries.push({ trieKey, trieMessage: { $case: "onChainEvent", value: event } });
    }
  }
  return entries;
}

async function* readCalls(
  client: NodeClient,
  child: AccountChild,
  {
    calls,
    signal,
  }: { readonly calls: readonly PagedMessagesMethod[]; readonly signal: AbortSignal },
): AsyncGenerator<Entries> {
  const { fid, nibble } = child;
  if (nibble === ON_CHAIN_NIBBLE) yield await readOnChainEvents(client, fid, signal);
  for (const call of calls) {
    for await (const messages of client.readMessages(call, { fid }, { signal })) {
      yield messages.flatMap((message) => toEntries(message, child));
    }
  }
}

/**
 * Reads one child of an account by calls, page by page; undefined when no call brings what is in it.
 *
 * What comes is the present state, newer than any snapshot: the events after the snapshot lead to
 * the same rows from there, because each names what it merges and what it ends.
 */
export function readByCalls(
  client: NodeClient,
  child: AccountChild,
  signal: AbortSignal,
): AsyncIterable<Entries> | undefined {
  const calls = CALLS_BY_NIBBLE.get(child.nibble);
  return calls && readCalls(client, child, { calls, signal });
}
