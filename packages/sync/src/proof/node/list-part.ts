// What a node has of one part of one account, entry by entry, proved against the hash of the part.

import { NodeClientError } from "@snaprag/client";
import { firstPositionOf } from "@snaprag/processors";
import type { HubEvent, Message, ShardTrieEntryWithMessage } from "@snaprag/proto";
import { isSameBytes, MessageType, narrowMessage } from "@snaprag/proto";
import {
  messageTypeByte,
  readTrieKeyHead,
  trieKeyOfUsernameProof,
  trieKeysOfMessage,
  trieNodeHash,
  virtualShardOf,
} from "@snaprag/verify";
import { accountPageToken } from "../../historical/accounts/account-token.ts";
import { fetchNames } from "../../historical/accounts/fetch-names.ts";
import { readByCalls } from "../../historical/accounts/read-by-calls.ts";
import { messagesOf } from "../../run/quarantine/carrier.ts";
import { trieKeysOf } from "../leaves/trie-keys.ts";
import type { NodeReading } from "./node-reading.ts";
import type { TrieNodeSummary } from "./trie-node.ts";

type Entry = ShardTrieEntryWithMessage;

/** A part of an account: the leaves whose type bytes begin with a nibble. */
export interface AccountPart {
  readonly shardId: number;
  readonly fid: bigint;
  readonly nibble: number;
  /** What the live trie has there; undefined when it has nothing. */
  readonly live: TrieNodeSummary | undefined;
  /**
   * Finds a key whose message is of no interest, so that neither it nor a second copy of the key is kept:
   * an account can have more of them than memory is to hold.
   */
  readonly findKnown: (trieKey: Uint8Array) => Uint8Array | undefined;
}

const LOW_32_BITS = 0xffffffffn;
/** Nibbles that lead to a part: virtual shard, fid, and half a type byte. */
export const PART_DEPTH = 11;
/** On-chain events, names and casts begin with the same nibble. */
const NAME_NIBBLE = 0;
const TYPE_BYTE_INDEX = 5;
const COMPACT_STATE_TYPE_BYTE = messageTypeByte(MessageType.LINK_COMPACT_STATE);

/** Each key once, as it was listed last. */
function sortByKey(entries: readonly Entry[]): readonly Entry[] {
  const sorted = [...entries].sort((a, b) => Buffer.compare(a.trieKey, b.trieKey));
  return sorted.filter(({ trieKey }, index) => {
    const next = sorted[index + 1];
    return next === undefined || !isSameBytes(next.trieKey, trieKey);
  });
}

/**
 * An entry without its message if that is known. Names keep theirs: a name with a leaf may have no row.
 * Compact states keep theirs too: one is replaced by another of its link type.
 */
function withoutKnown(entry: Entry, { findKnown }: AccountPart): Entry {
  if (entry.trieMessage?.$case === "fnameTransfer") return entry;
  if (entry.trieKey[TYPE_BYTE_INDEX] === COMPACT_STATE_TYPE_BYTE) return entry;
  const trieKey = findKnown(entry.trieKey);
  return trieKey === undefined ? entry : { trieKey, trieMessage: undefined };
}

function isWhole(
  entries: readonly Entry[],
  { live }: AccountPart,
  { blake3 }: NodeReading,
): boolean {
  const hash = trieNodeHash(trieKeysOf(entries), PART_DEPTH, blake3);
  return live === undefined ? entries.length === 0 : isSameBytes(hash, live.hash);
}

function isOfPart(trieKey: Uint8Array, { fid, nibble }: AccountPart): boolean {
  const head = readTrieKeyHead(trieKey);
  return head.fid === (fid & LOW_32_BITS) && head.typeByte >> 4 === nibble;
}

/** Names as entries under their keys. */
async function readNames({ client, signal }: NodeReading, fid: bigint): Promise<readonly Entry[]> {
  const names = await fetchNames(client, fid, signal);
  return names.flatMap(({ trieMessage }) => {
    const proof = trieMessage?.$case === "fnameTransfer" ? trieMessage.value.proof : undefined;
    const trieKey = proof && proof.name.length <= 20 ? trieKeyOfUsernameProof(proof) : undefined;
    return trieKey ? [{ trieKey, trieMessage }] : [];
  });
}

/** Present state by calls. Names that the trie has lost are found by leaving one out. */
async function listByCalls(
  reading: NodeReading,
  part: AccountPart,
): Promise<readonly Entry[] | undefined> {
  const { client, signal, homeShardOf } = reading;
  const { fid, nibble, shardId } = part;
  const isHome = homeShardOf(fid) === shardId;
  const names = nibble === NAME_NIBBLE ? await readNames(reading, fid) : [];
  const pages = isHome ? readByCalls(client, { fid, nibble }, signal) : [];
  if (pages === undefined) return undefined;
  const listed: Entry[] = [];
  for await (const page of pages) listed.push(...page.map((entry) => withoutKnown(entry, part)));
  const candidates = [names, [], ...names.map((left) => names.filter((name) => name !== left))];
  for (const some of candidates) {
    const entries = sortByKey([...listed, ...some]);
    if (isWhole(entries, part, reading)) return entries;
  }
  return undefined;
}

/** What a snapshot lists of the part; nothing where it has no such part. */
async function listAt(
  { client, signal }: NodeReading,
  part: AccountPart,
  height: bigint,
): Promise<readonly Entry[]> {
  const { shardId, fid, nibble } = part;
  const pageToken = accountPageToken(fid, [nibble]);
  const partition = { shardId, height, virtualShard: virtualShardOf(fid), pageToken };
  const entries: Entry[] = [];
  try {
    for await (const page of client.readSnapshotPages(partition, { signal })) {
      entries.push(...page.entries.map((entry) => withoutKnown(entry, part)));
    }
  } catch (error) {
    const isNone = error instanceof NodeClientError && error.code === "bad_page_token";
    if (!isNone) throw error;
  }
  return sortByKey(entries);
}

/** Ends the compact state that another one replaces, which no event tells (docs/protocol.md 1.2). */
function endCompactState(entries: Map<string, Entry>, linkType: string): void {
  for (const [name, { trieKey, trieMessage }] of entries) {
    if (trieKey[TYPE_BYTE_INDEX] !== COMPACT_STATE_TYPE_BYTE) continue;
    const old = trieMessage?.$case === "userMessage" ? narrowMessage(trieMessage.value) : undefined;
    if (old?.type === "linkCompactState" && old.body.type === linkType) entries.delete(name);
  }
}

function applyMessage(
  entries: Map<string, Entry>,
  part: AccountPart,
  { message, isMerged }: { readonly message: Message; readonly isMerged: boolean },
): void {
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") return;
  for (const trieKey of trieKeysOfMessage(typed)) {
    if (!isOfPart(trieKey, part)) continue;
    if (typed.type === "linkCompactState" && isMerged) endCompactState(entries, typed.body.type);
    const name = Buffer.from(trieKey).toString("hex");
    const trieMessage = { $case: "userMessage" as const, value: message };
    if (isMerged) entries.set(name, withoutKnown({ trieKey, trieMessage }, part));
    else entries.delete(name);
  }
}

/** Makes of a snapshot's entries what an event made of them; links and names come by calls. */
function applyEvent(entries: Map<string, Entry>, part: AccountPart, event: HubEvent): void {
  const merged = mergedBy(event);
  if (merged) applyMessage(entries, part, { message: merged, isMerged: true });
  for (const message of messagesOf({ kind: "event", event })) {
    if (message !== merged) applyMessage(entries, part, { message, isMerged: false });
  }
}

function mergedBy({ body }: HubEvent): Message | undefined {
  if (body?.$case === "mergeMessageBody") return body.value.message;
  return body?.$case === "mergeUsernameProofBody" ? body.value.usernameProofMessage : undefined;
}

/** The snapshot's entries, with every event since: for what no call brings. */
async function listByReplay(
  reading: NodeReading,
  part: AccountPart,
): Promise<readonly Entry[] | undefined> {
  const { client, signal } = reading;
  const { shardId } = part;
  const snapshot = await client.findNewestSnapshot(shardId, { signal });
  if (snapshot === undefined) return undefined;
  const found = await listAt(reading, part, snapshot.height);
  if (isWhole(found, part, reading)) return found;
  const entries = new Map(
    found.map((entry) => [Buffer.from(entry.trieKey).toString("hex"), entry]),
  );
  const startId = firstPositionOf(snapshot.height + 1n);
  for await (const page of client.readEvents({ shardId, startId }, { signal })) {
    for (const event of page) applyEvent(entries, part, event);
  }
  const replayed = sortByKey([...entries.values()]);
  return isWhole(replayed, part, reading) ? replayed : undefined;
}

/** Failures that say only that a way leads nowhere. */
const DEAD_ENDS: ReadonlySet<string> = new Set([
  "unservable_page",
  "bad_page_token",
  "snapshot_unavailable",
  "snapshot_gone",
]);
/** A snapshot that is gone may be followed by another. */
const DEAD_ENDS_AT: ReadonlySet<string> = new Set(["unservable_page"]);

/** The way to what no call brings, and the failures that say that it leads nowhere. */
interface OtherWay {
  readonly list: () => Promise<readonly Entry[] | undefined>;
  readonly deadEnds: ReadonlySet<string>;
}

async function listByCallsOr(
  reading: NodeReading,
  part: AccountPart,
  { list, deadEnds }: OtherWay,
): Promise<readonly Entry[] | undefined> {
  if (part.live === undefined) return [];
  const found = await listByCalls(reading, part);
  if (found) return found;
  try {
    return await list();
  } catch (error) {
    if (error instanceof NodeClientError && deadEnds.has(error.code)) return undefined;
    throw error;
  }
}

/**
 * Lists a part of an account as a node has it now. Undefined when what the node gives in one way or
 * another does not add up to the hash that it tells of the part.
 */
export function listPart(
  reading: NodeReading,
  part: AccountPart,
): Promise<readonly Entry[] | undefined> {
  const list = () => listByReplay(reading, part);
  return listByCallsOr(reading, part, { list, deadEnds: DEAD_ENDS });
}

/**
 * As {@link listPart}, but what no call brings as a snapshot has it: for whoever follows the events since. Nothing
 * is proved of that then. Undefined where the snapshot's page cannot be had.
 */
export function listPartSince(
  reading: NodeReading,
  part: AccountPart,
  height: bigint,
): Promise<readonly Entry[] | undefined> {
  const list = () => listAt(reading, part, height);
  return listByCallsOr(reading, part, { list, deadEnds: DEAD_ENDS_AT });
}
