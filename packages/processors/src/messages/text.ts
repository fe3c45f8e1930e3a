/** What no column holds: NUL, and half of a surrogate pair without the other. */
const UNSTORABLE = /[\0\p{Surrogate}]/gu;

/**
 * Text as every database can hold it: NUL characters and lone surrogates become U+FFFD.
 *
 * PostgreSQL refuses NUL in `text` and `jsonb`, and lone surrogates in `jsonb`; these no UTF-8
 * holds, so that only an application can bring them. A row whose text was changed no longer encodes
 * to the bytes that were signed, so it also keeps those bytes and nothing is lost.
 */
export function storableText(text: string): string {
  return text.replace(UNSTORABLE, "\uFFFD");
}

/** Far beyond the protocol's limits, and well within what an entry of a database index may be. */
const INDEXED_LENGTH = 640;

/**
 * Text that databases index, as {@link storableText}: what is longer than any index takes is cut.
 *
 * PostgreSQL refuses a row whose index entry is larger than a third of a page. A cut row keeps its
 * bytes, as one whose text was changed.
 */
export function indexableText(text: string): string {
  return storableText(text.slice(0, INDEXED_LENGTH));
}
