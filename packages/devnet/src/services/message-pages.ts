import type { MessageKind, MessagesResponse, TypedMessage } from "@snaprag/proto";
import type { MessageRow } from "../engine/state/message-row.ts";
import { compareRows, readRow } from "../engine/state/message-row.ts";
import type { MessageStore } from "../engine/state/message-store.ts";
import type { PageRequest, PageSource } from "./paging.ts";
import { cutFanOutPage, cutPage } from "./paging.ts";

const DEFAULT_PAGE_SIZE = 10_000;
const TIMESTAMP_BYTES = 4;

/** Which rows of a fid a call returns. */
export interface RowFilter {
  readonly kinds: ReadonlySet<MessageKind>;
  /** Looked at only for rows of those kinds. */
  readonly matches?: ((message: TypedMessage) => boolean) | undefined;
  /** Farcaster seconds, inclusive. */
  readonly startTimestamp?: bigint | undefined;
  /** Farcaster seconds, inclusive. */
  readonly stopTimestamp?: bigint | undefined;
}

/** A page of one fid's messages, by timestamp and hash. */
export function pageOfFid(
  rows: readonly MessageRow[],
  filter: RowFilter,
  request: PageRequest,
): MessagesResponse {
  const { items, nextPageToken } = cutPage(sourceOf(filterRows(rows, filter)), request);
  return { messages: items.map(({ message }) => message), nextPageToken };
}

/** A page of matching messages from the stores of several shards, each in its own order. */
export function pageOfShards(
  stores: readonly MessageStore[],
  filter: RowFilter,
  request: PageRequest,
): MessagesResponse {
  const sources = stores.map((store) => {
    return sourceOf(filterRows([...store.rows()], filter).sort(compareRows));
  });
  const { items, nextPageToken } = cutFanOutPage(sources, request);
  return { messages: items.map(({ message }) => message), nextPageToken };
}

function filterRows(rows: readonly MessageRow[], filter: RowFilter): MessageRow[] {
  const { kinds, matches, startTimestamp, stopTimestamp } = filter;
  return rows.filter((row) => {
    if (!kinds.has(row.kind)) return false;
    if (startTimestamp !== undefined && BigInt(row.timestamp) < startTimestamp) return false;
    if (stopTimestamp !== undefined && BigInt(row.timestamp) > stopTimestamp) return false;
    return matches === undefined || matches(readRow(row));
  });
}

function sourceOf(items: readonly MessageRow[]): PageSource<MessageRow> {
  return { items, keyOf: positionKey, defaultPageSize: DEFAULT_PAGE_SIZE };
}

/** Timestamp and hash: the order of a store, and unique in it. */
function positionKey({ timestamp, message }: MessageRow): Uint8Array {
  const key = Buffer.alloc(TIMESTAMP_BYTES + message.hash.length);
  key.writeUInt32BE(timestamp);
  key.set(message.hash, TIMESTAMP_BYTES);
  return key;
}
