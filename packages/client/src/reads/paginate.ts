import { createTokenGuard } from "./token-guard.ts";

/** One page of a read that a page token continues. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextPageToken?: Uint8Array | undefined;
}

/** Options of {@link paginate}. */
export interface PaginateOptions {
  /** Where to start; from the beginning when left out. */
  readonly pageToken?: Uint8Array | undefined;
  /** Path of the RPC that pages come from, such as `/HubService/GetFids`; for errors. */
  readonly method?: string | undefined;
  /** Address of the node that pages come from; for errors. */
  readonly endpoint?: string | undefined;
}

/**
 * Walks a call to its last page and yields the items of each page that has any.
 *
 * Fetches a page only when it is asked for, so leaving the loop stops the calls.
 *
 * @throws {NodeClientError} `malformed_response` when a page token comes a second time
 */
export async function* paginate<Item>(
  fetchPage: (pageToken: Uint8Array | undefined) => Promise<Page<Item>>,
  { pageToken: startToken, method, endpoint }: PaginateOptions = {},
): AsyncGenerator<readonly Item[], void, undefined> {
  const guard = createTokenGuard({ method, endpoint }, startToken);
  let pageToken = startToken;
  do {
    const page = await fetchPage(pageToken);
    if (page.items.length > 0) yield page.items;
    pageToken = findNextToken(page);
    if (pageToken !== undefined) guard.pass(pageToken);
  } while (pageToken !== undefined);
}

/**
 * The token of the page after this one, if there is one.
 *
 * Calls that ask every shard always send a token: the JSON text of an array with one element for
 * each shard, `null` for a shard that is finished. Sending back all nulls starts over
 * (docs/protocol.md 1.7, 8.4). The tokens of the other calls are binary database keys, never text.
 */
function findNextToken({ nextPageToken }: Page<unknown>): Uint8Array | undefined {
  if (nextPageToken === undefined || nextPageToken.length === 0) return undefined;
  const isFinished = /^\[(null(,null)*)?\]$/.test(Buffer.from(nextPageToken).toString("latin1"));
  return isFinished ? undefined : nextPageToken;
}
