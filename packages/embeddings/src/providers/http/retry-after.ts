/**
 * How long an answer asks to be left alone, in milliseconds: by `retry-after-ms`, or by
 * `retry-after` in seconds or as a date. Undefined when it does not say, or not so that it can be
 * read.
 */
export function parseRetryAfterMs(headers: Headers, now: Date = new Date()): number | undefined {
  // OpenAI's own, finer than whole seconds.
  const milliseconds = parseAmount(headers.get("retry-after-ms"));
  if (milliseconds !== undefined) return milliseconds;
  const value = headers.get("retry-after");
  const seconds = parseAmount(value);
  if (seconds !== undefined) return seconds * 1000;
  const at = Date.parse(value ?? "");
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

function parseAmount(value: string | null): number | undefined {
  return value !== null && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}
