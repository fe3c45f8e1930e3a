import { momentInTime } from "../../config/keys/value-types.ts";

const MS_OF_UNIT: Readonly<Record<string, number>> = {
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A day, a time with its zone, or so many minutes, hours, days or weeks ago; undefined otherwise. */
export function parseSince(text: string, now: Date): Date | undefined {
  const [, count, unit = ""] = /^(\d{1,6})([mhdw])$/.exec(text) ?? [];
  const unitMs = MS_OF_UNIT[unit];
  if (count === undefined || unitMs === undefined) return momentInTime.fromText(text);
  return new Date(now.getTime() - Number(count) * unitMs);
}
