/** Letters, digits, white space or a single other sign of ASCII, or a run beyond it. */
const RUNS = /[A-Za-z]+|[0-9]+|[\t\n\v\f\r ]+|[^\p{ASCII}]+|[\p{ASCII}]/gu;

/** Models put a token before and one after each text. */
const SPECIAL_TOKENS = 2;

const LETTERS_PER_TOKEN = 4;
const DIGITS_PER_TOKEN = 2;
const BYTES_PER_TOKEN = 2;

/**
 * Tokens that a text has at about most, for models whose tokenizer is not at hand.
 *
 * Each word counts one for every 4 letters begun (English has more letters to a token), each number
 * one for every 2 digits, each other sign of ASCII one, and everything else one for every 2 bytes
 * of UTF-8: a Cyrillic letter one, a Chinese character one and a half, an emoji two. White space
 * counts only where there is more of it than one. Two more are for the tokens that frame a text.
 *
 * Ordinary text has some 30 % fewer. Strings of chance, such as keys and hashes, and rare scripts
 * may have more: what a provider then finds too long, it refuses with `text_refused`.
 */
export function estimateTokens(text: string): number {
  let count = SPECIAL_TOKENS;
  for (const [run] of text.matchAll(RUNS)) count += countOfRun(run);
  return count;
}

function countOfRun(run: string): number {
  if (/^[A-Za-z]/.test(run)) return Math.ceil(run.length / LETTERS_PER_TOKEN);
  if (/^[0-9]/.test(run)) return Math.ceil(run.length / DIGITS_PER_TOKEN);
  if (/^[\t\n\v\f\r ]/.test(run)) return Math.ceil((run.length - 1) / LETTERS_PER_TOKEN);
  if (/^\p{ASCII}/u.test(run)) return 1;
  return Math.ceil(Buffer.byteLength(run) / BYTES_PER_TOKEN);
}
