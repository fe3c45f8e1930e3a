// Checks of option values. Each returns the value it was given, or throws a TypeError that quotes it.

/** A longer delay makes Node's timers fire at once. */
const MAX_DURATION_MS = 2_147_483_647;

/** A duration in milliseconds, above 0 and no longer than a timer can wait (24 days). */
export function expectDurationMs(name: string, value: number): number {
  if (Number.isFinite(value) && value > 0 && value <= MAX_DURATION_MS) return value;
  throw new TypeError(
    `Expected \`${name}\` to be a positive number of at most ${MAX_DURATION_MS}, got ${value}`,
  );
}

/** As {@link expectDurationMs}, where 0 means not at all. */
export function expectDurationOrNoneMs(name: string, value: number): number {
  return value === 0 ? 0 : expectDurationMs(name, value);
}

/** A whole number of at least 1. */
export function expectCount(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new TypeError(`Expected \`${name}\` to be an integer of at least 1, got ${value}`);
}

/** As {@link expectCount}, where leaving the value out leaves it to the provider. */
export function expectOptionalCount(name: string, value: number | undefined): number | undefined {
  return value === undefined ? undefined : expectCount(name, value);
}

/** A text with something in it. */
export function expectText(name: string, value: string): string {
  if (typeof value === "string" && value.trim() !== "") return value;
  throw new TypeError(`Expected \`${name}\` to be a text, got ${JSON.stringify(value)}`);
}

/** One of a few words. */
export function expectOneOf<Word extends string>(
  name: string,
  value: Word,
  words: readonly Word[],
): Word {
  if (words.includes(value)) return value;
  throw new TypeError(
    `Expected \`${name}\` to be one of ${words.join(", ")}, got ${JSON.stringify(value)}`,
  );
}

/** The texts of one call, no more than a provider takes. */
export function expectBatch(texts: readonly string[], maxBatchTexts: number): readonly string[] {
  if (texts.length <= maxBatchTexts) return texts;
  throw new TypeError(
    `Expected at most ${maxBatchTexts} texts (\`maxBatchTexts\`) in a call, got ${texts.length}`,
  );
}
