// Words for casts, profiles and names.
import type { Prng } from "./authoring/prng.ts";

const WORDS = [
  "gm",
  "building",
  "onchain",
  "today",
  "coffee",
  "shipping",
  "weather",
  "frames",
  "music",
  "protocol",
  "decentralized",
  "lunch",
  "reading",
  "tests",
  "friends",
  "sunset",
  "überraschung",
  "naïve",
  "こんにちは",
  "привет",
  "🚀",
  "💜",
  "👨‍👩‍👧‍👦",
  "ship it",
] as const;

const SYLLABLES = ["ka", "lo", "mi", "ra", "ve", "tu", "shi", "no", "pe", "zan"] as const;

/** Some words, of at most so many UTF-8 bytes, never empty. */
export function composeText(prng: Prng, maxBytes: number): string {
  let text: string = prng.pick(WORDS.slice(0, 4));
  const wordCount = 1 + prng.int(12);
  for (let index = 0; index < wordCount; index++) {
    const longer = `${text} ${prng.pick(WORDS)}`;
    if (Buffer.byteLength(longer) > maxBytes) break;
    text = longer;
  }
  return text;
}

/** Text of at least `minBytes` and fewer than `minBytes` plus 64 UTF-8 bytes. */
export function composeLongText(prng: Prng, minBytes: number): string {
  let text = composeText(prng, 64);
  while (Buffer.byteLength(text) < minBytes) text = `${text} ${prng.pick(WORDS)}`;
  return text;
}

/** A name of letters and digits, at most 14 of them, that no other number gives. */
export function composeName(prng: Prng, number: bigint): string {
  return `${prng.pick(SYLLABLES)}${prng.pick(SYLLABLES)}${number.toString(36)}`;
}

/** An address of a page, different each time. */
export function composeUrl(prng: Prng): string {
  return `https://example.com/${prng.pick(SYLLABLES)}/${prng.int(1_000_000_000)}`;
}
