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

/** As {@link expectDurationMs}, where leaving the value out means no limit. */
export function expectOptionalDurationMs(
  name: string,
  value: number | undefined,
): number | undefined {
  return value === undefined ? undefined : expectDurationMs(name, value);
}

/** The range that {@link expectInteger} allows, both ends included. */
export interface IntegerRange {
  readonly min: number;
  readonly max?: number;
}

/** A whole number within a range. */
export function expectInteger(name: string, value: number, range: IntegerRange): number {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new TypeError(`Expected \`${name}\` to be an integer from ${min} to ${max}, got ${value}`);
}
