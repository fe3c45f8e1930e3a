// Pages and their tokens (docs/protocol.md 8.4).
import { compareBytes } from "../engine/state/message-row.ts";
import { invalidArgument } from "./rpc-error.ts";

/** What a request says about pages. */
export interface PageRequest {
  readonly pageSize?: number | undefined;
  readonly pageToken?: Uint8Array | undefined;
  readonly reverse?: boolean | undefined;
}

/** A page, and where the next one starts. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Absent at the end; present after a full page, even when nothing follows. */
  readonly nextPageToken?: Uint8Array | undefined;
}

/** What pages are cut from. */
export interface PageSource<Item> {
  /** By key ascending. */
  readonly items: readonly Item[];
  /** What tells items apart, and is their page token. */
  readonly keyOf: (item: Item) => Uint8Array;
  readonly defaultPageSize: number;
}

/** Cuts a page: the items after the token, in either direction. */
export function cutPage<Item>(source: PageSource<Item>, request: PageRequest): Page<Item> {
  const { items, keyOf, defaultPageSize } = source;
  const { pageSize = defaultPageSize, pageToken, reverse = false } = request;
  const ordered = reverse ? items.toReversed() : items;
  const rest = hasToken(pageToken)
    ? ordered.filter((item) => isAfter(compareBytes(keyOf(item), pageToken), reverse))
    : ordered;
  const page = rest.slice(0, pageSize);
  const last = page.at(-1);
  if (last === undefined || page.length < pageSize) return { items: page };
  return { items: page, nextPageToken: keyOf(last) };
}

/** The last part of a call that asks every shard: one token for each, as JSON, always present. */
export interface FanOutPage<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken: Uint8Array;
}

/** Asks each source for a page of its own. A token of null starts a source from its beginning. */
export function cutFanOutPage<Item>(
  sources: readonly PageSource<Item>[],
  request: PageRequest,
): FanOutPage<Item> {
  const tokens = decodeFanOutToken(request.pageToken, sources.length);
  const pages = sources.map((source, index) =>
    cutPage(source, { ...request, pageToken: tokens[index] }),
  );
  return {
    items: pages.flatMap(({ items }) => items),
    nextPageToken: encodeFanOutToken(pages.map(({ nextPageToken }) => nextPageToken)),
  };
}

/** One element for each shard: null, or the bytes of its token. */
export function encodeFanOutToken(tokens: readonly (Uint8Array | undefined)[]): Uint8Array {
  return Buffer.from(
    JSON.stringify(tokens.map((token) => (token === undefined ? null : [...token]))),
  );
}

/** Reads what {@link encodeFanOutToken} wrote; without a token every shard starts at the front. */
export function decodeFanOutToken(
  token: Uint8Array | undefined,
  shardCount: number,
): readonly (Uint8Array | undefined)[] {
  if (token === undefined) return new Array<undefined>(shardCount).fill(undefined);
  const elements = parseJson(token);
  if (!Array.isArray(elements)) throw invalidArgument("Invalid page token: expected an array");
  if (elements.length !== shardCount) {
    throw invalidArgument("Page token does not match number of shards");
  }
  return elements.map((element: unknown) => {
    if (element === null) return undefined;
    if (!isByteArray(element)) throw invalidArgument("Invalid page token: expected bytes");
    return Uint8Array.from(element);
  });
}

function parseJson(token: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(token).toString("utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(invalidArgument(`Invalid page token: ${reason}`), { cause });
  }
}

function isByteArray(value: unknown): value is readonly number[] {
  return (
    Array.isArray(value) &&
    value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  );
}

function hasToken(token: Uint8Array | undefined): token is Uint8Array {
  return token !== undefined && token.length > 0;
}

function isAfter(order: number, isReverse: boolean): boolean {
  return isReverse ? order < 0 : order > 0;
}
