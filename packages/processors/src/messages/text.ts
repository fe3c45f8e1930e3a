/**
 * Text as every database can hold it: NUL characters become U+FFFD.
 *
 * PostgreSQL refuses NUL in `text` and `jsonb`. The row then no longer encodes to the bytes that
 * were signed, so it also keeps those bytes (`data_bytes`) and nothing is lost.
 */
export function storableText(text: string): string {
  return text.includes("\0") ? text.replaceAll("\0", "\uFFFD") : text;
}
