// A mirror as small as can be: it applies events as docs/protocol.md 3.2, 6.2 and 6.5 say, to trie
// keys alone, and downloads snapshots page by page.
import type {
  GetShardTransactionsResponse,
  HubEvent,
  MergeMessageBody,
  MergeUserNameProofBody,
  Message,
  ShardTrieEntryWithMessage,
  UserNameProof,
} from "@snaprag/proto";
import { HubEventType, MESSAGE_WIRE_TYPES, narrowMessage, UserNameType } from "@snaprag/proto";
import { fnameTrieKey, messageTrieKey, onChainEventTrieKey } from "@snaprag/verify";
import type { LiveEntry } from "../../src/index.ts";
import { toHex } from "./bytes.ts";
import type { RpcClient } from "./rpc-client.ts";

/** The trie keys of one shard, as a client knows them. */
export interface Mirror {
  /** Keys in hex. */
  readonly keys: Map<string, Uint8Array>;
  applyBlock(events: readonly HubEvent[]): void;
}

/** Creates an empty mirror of a shard. */
export function createMirror(): Mirror {
  const keys = new Map<string, Uint8Array>();
  const links = new Map<string, Message>();

  const insert = (key: Uint8Array) => void keys.set(toHex(key), key);
  const remove = (key: Uint8Array) => void keys.delete(toHex(key));

  function insertMessage(message: Message): void {
    for (const key of keysOf(message)) insert(key);
    const { type } = narrowMessage(message);
    if (type === "linkAdd" || type === "linkRemove" || type === "linkCompactState") {
      links.set(toHex(message.hash), message);
    }
  }

  function removeMessage(message: Message): void {
    for (const key of keysOf(message)) remove(key);
    links.delete(toHex(message.hash));
  }

  function applyUsernameProof(merge: MergeUserNameProofBody): void {
    const { usernameProof, deletedUsernameProof } = merge;
    if (merge.usernameProofMessage) insertMessage(merge.usernameProofMessage);
    if (merge.deletedUsernameProofMessage) removeMessage(merge.deletedUsernameProofMessage);
    for (const key of fnameKeysOf(usernameProof)) insert(key);
    for (const key of fnameKeysOf(deletedUsernameProof)) remove(key);
  }

  function applyMerge(
    { message, deletedMessages }: MergeMessageBody,
    before: readonly Message[],
  ): void {
    insertMessage(message!);
    const swept = before.filter((candidate) => isSwept(candidate, message!));
    for (const deleted of [...deletedMessages, ...swept]) removeMessage(deleted);
  }

  function apply({ body }: HubEvent, linksBefore: readonly Message[]): void {
    switch (body?.$case) {
      case "mergeMessageBody":
        applyMerge(body.value, linksBefore);
        return;
      case "pruneMessageBody":
      case "revokeMessageBody":
        removeMessage(body.value.message!);
        return;
      case "mergeOnChainEventBody":
        insert(onChainEventTrieKey(body.value.onChainEvent!));
        return;
      case "mergeUsernameProofBody":
        applyUsernameProof(body.value);
        return;
      default:
        return;
    }
  }

  return {
    keys,
    applyBlock(events) {
      const linksBefore = [...links.values()];
      for (const event of events) apply(event, linksBefore);
    },
  };
}

/** Whether a compaction deletes a link or compact state of the state before its block. */
function isSwept(candidate: Message, state: Message): boolean {
  const compact = narrowMessage(state);
  const link = narrowMessage(candidate);
  if (compact.type !== "linkCompactState" || link.type === "unreadable") return false;
  if (link.fid !== compact.fid) return false;
  switch (link.type) {
    case "linkCompactState":
      return link.body.type === compact.body.type && !sameHash(candidate, state);
    case "linkAdd":
    case "linkRemove": {
      const { type, target } = link.body;
      if (type !== compact.body.type || link.timestamp > compact.timestamp) return false;
      const isListed = target !== undefined && compact.body.targetFids.includes(target.value);
      return link.type === "linkRemove" || !isListed;
    }
    default:
      return false;
  }
}

function keysOf(message: Message): readonly Uint8Array[] {
  const typed = narrowMessage(message);
  if (typed.type === "unreadable") throw new Error("Expected readable messages");
  const { messageType } = MESSAGE_WIRE_TYPES[typed.type];
  const fids = typed.type === "lendStorage" ? [typed.fid, typed.body.toFid] : [typed.fid];
  return fids.map((fid) => messageTrieKey(fid, messageType, message.hash));
}

function fnameKeysOf(proof: UserNameProof | undefined): readonly Uint8Array[] {
  if (proof?.type !== UserNameType.USERNAME_TYPE_FNAME || proof.fid === 0n) return [];
  return [fnameTrieKey(proof.fid, proof.name)];
}

function sameHash(a: Message, b: Message): boolean {
  return Buffer.from(a.hash).equals(b.hash);
}

/** The events of a log, block by block; checks that each has as many as it claims. */
export function blocksOf(events: readonly HubEvent[]): readonly (readonly HubEvent[])[] {
  const blocks: HubEvent[][] = [];
  for (const event of events) {
    if (event.type === HubEventType.BLOCK_CONFIRMED) blocks.push([]);
    blocks.at(-1)?.push(event);
  }
  return blocks;
}

/** Reads a shard's whole event log, page by page. */
export async function readAllEvents(client: RpcClient, shardIndex: number): Promise<HubEvent[]> {
  const all: HubEvent[] = [];
  let startId = 1n << 14n;
  for (;;) {
    const { events } = await client.hub.getEvents({ startId, shardIndex, pageSize: 5000 });
    all.push(...events);
    if (events.length < 5000) return all;
    startId = all.at(-1)!.id + 1n;
  }
}

/** What a download of one virtual shard gave, and the text of the failure that ended it. */
export interface Download {
  readonly entries: readonly ShardTrieEntryWithMessage[];
  readonly pages: readonly GetShardTransactionsResponse[];
  readonly failure: string | undefined;
}

/** Downloads a virtual shard to its end, or to the page that cannot be served. */
export async function downloadVirtualShard(
  client: RpcClient,
  request: { readonly shardId: number; readonly height: bigint; readonly trieVirtualShard: number },
): Promise<Download> {
  const pages: GetShardTransactionsResponse[] = [];
  let pageToken: string | undefined;
  let failure: string | undefined;
  do {
    try {
      const page = await client.replication.getShardTransactions({ ...request, pageToken });
      pages.push(page);
      pageToken = page.nextPageToken;
    } catch (error) {
      failure = (error as { details: string }).details;
      break;
    }
  } while (pageToken !== undefined);
  return { entries: pages.flatMap(({ trieMessages }) => trieMessages), pages, failure };
}

/** Trie keys, in hex, of what lives on a shard as its home. */
export function homeKeysOf(entries: Iterable<LiveEntry>, shardId: number): Set<string> {
  const keys = new Set<string>();
  for (const entry of entries) {
    if (entry.homeShardId !== shardId) continue;
    if (entry.kind === "message") {
      keys.add(toHex(messageTrieKey(entry.fid, entry.messageType, entry.hash)));
    }
    if (entry.kind === "onChainEvent") keys.add(toHex(onChainEventTrieKey(entry.event)));
    if (entry.kind === "fname") keys.add(toHex(fnameTrieKey(entry.proof.fid, entry.proof.name)));
  }
  return keys;
}
