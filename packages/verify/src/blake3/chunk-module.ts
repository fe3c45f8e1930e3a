// BLAKE3 of up to 1,024 bytes, which is one chunk and so needs no tree, as a WebAssembly module.
// What Farcaster hashes by the million is far shorter, and there a library spends three quarters of
// its time on the way in and out; here the caller writes into the memory itself.
//
// The module is put together by the few lines below and not kept as bytes, so that it can be read.

/** The longest input, at the start of the memory. Zeros must follow it to the end of its block. */
export const CHUNK_BYTES = 1024;
export const BLOCK_BYTES = 64;
/** Where the 32 bytes of the hash are, behind the input. */
export const OUTPUT_START = 1024;

const ROUNDS = 7;
const INITIAL_LOW = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a] as const;
const INITIAL_HIGH = [0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19] as const;
/** Where each word of a block is taken from in the next round. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
const CHUNK_START = 1;
const CHUNK_END_AND_ROOT = 2 | 8;

/** Locals of the function: its parameter, then what it declares. */
const LENGTH = 0;
const AT = 1;
const FLAGS = 2;
/** The state, a row of four words each. */
const A = 3;
const B = 4;
const C = 5;
const D = 6;

/** Instructions that leave one value, or none. */
type Code = readonly number[];

function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

const get = (local: number): Code => [0x20, local];
const set = (local: number, value: Code): Code => [...value, 0x21, local];
const constant = (value: number): Code => [0x41, ...signed(value)];
const choose = (condition: Code, yes: Code, no: Code): Code => [...yes, ...no, ...condition, 0x1b];

function binary(...operation: number[]): (left: Code, right: Code) => Code {
  return (left, right) => [...left, ...right, ...operation];
}
const add = binary(0x6a);
const subtract = binary(0x6b);
const or = binary(0x72);
const isLess = binary(0x49);
const isGreater = binary(0x4b);
const addRows = binary(0xfd, 0xae, 1);
const orRows = binary(0xfd, 0x50);
const xorRows = binary(0xfd, 0x51);
const shiftLeft = binary(0xfd, 0xab, 1);
const shiftRight = binary(0xfd, 0xad, 1);

function constantRow(words: readonly number[]): Code {
  const bytes = words.flatMap((word) => [0, 8, 16, 24].map((bit) => (word >>> bit) & 0xff));
  return [0xfd, 0x0c, ...bytes];
}

/** A row with another word in one of its places. */
function replaceWord(row: Code, place: number, word: Code): Code {
  return [...row, ...word, 0xfd, 0x1c, place];
}

/** Four words of the block that is read, as a row. */
function loadRow([first = 0, second = 0, third = 0, fourth = 0]: readonly number[]): Code {
  // The first is loaded with zeros behind it, the others into their places.
  const place = (word: number, at: number): Code => [0xfd, 0x56, 2, word * 4, at];
  return [
    ...[...get(AT), ...get(AT), ...get(AT)],
    ...[...get(AT), 0xfd, 0x5c, 2, first * 4],
    ...[...place(second, 1), ...place(third, 2), ...place(fourth, 3)],
  ];
}

/** Puts the bytes of a row in other places. */
function shuffle(row: number, from: (at: number) => number): Code {
  const places = Array.from({ length: 16 }, (_, at) => from(at));
  return set(row, [...get(row), ...get(row), 0xfd, 0x0d, ...places]);
}

/** Moves the words of a row by so many places. */
function moveWords(row: number, places: number): Code {
  return shuffle(row, (at) => (at + places * 4) % 16);
}

/** Rotates every word of a row to the right; by whole bytes, these change their places. */
function rotateRight(row: number, bits: number): Code {
  if (bits % 8 === 0) return shuffle(row, (at) => (at & ~3) | ((at + bits / 8) & 3));
  const right = shiftRight(get(row), constant(bits));
  return set(row, orRows(right, shiftLeft(get(row), constant(32 - bits))));
}

/** Mixes half of a block's words into the four columns of the state at once. */
function mixColumns(words: readonly number[]): Code {
  const mix = (word: number, first: number, second: number) => [
    ...set(A, addRows(addRows(get(A), get(B)), loadRow(words.filter((_, at) => at % 2 === word)))),
    ...set(D, xorRows(get(D), get(A))),
    ...rotateRight(D, first),
    ...set(C, addRows(get(C), get(D))),
    ...set(B, xorRows(get(B), get(C))),
    ...rotateRight(B, second),
  ];
  return [...mix(0, 16, 12), ...mix(1, 8, 7)];
}

/** Turns the diagonals of the state into columns, and back when it is the other way round. */
function turnDiagonals(way: 1 | 3): Code {
  return [...moveWords(B, way), ...moveWords(C, 2), ...moveWords(D, 4 - way)];
}

function rounds(): Code {
  const code: number[] = [];
  let words = PERMUTATION.map((_, word) => word);
  for (let round = 0; round < ROUNDS; round++) {
    code.push(...mixColumns(words.slice(0, 8)), ...turnDiagonals(1));
    code.push(...mixColumns(words.slice(8)), ...turnDiagonals(3));
    words = PERMUTATION.map((from) => words[from] ?? 0);
  }
  return code;
}

/** Hashes as many bytes as its parameter says, block by block. */
function hashBody(): Code {
  const left = subtract(get(LENGTH), get(AT));
  const isMore = isGreater(left, constant(BLOCK_BYTES));
  const blockLength = choose(isMore, constant(BLOCK_BYTES), left);
  const flags = choose(isMore, get(FLAGS), or(get(FLAGS), constant(CHUNK_END_AND_ROOT)));
  const store = (address: number, row: number) => [
    ...[...constant(0), ...get(row)],
    ...[0xfd, 0x0b, 4, ...unsigned(address)],
  ];
  return [
    ...set(A, constantRow(INITIAL_LOW)),
    ...set(B, constantRow(INITIAL_HIGH)),
    ...set(FLAGS, constant(CHUNK_START)),
    ...[0x03, 0x40],
    ...set(C, constantRow(INITIAL_LOW)),
    ...set(D, replaceWord(replaceWord(constantRow([0, 0, 0, 0]), 2, blockLength), 3, flags)),
    ...rounds(),
    ...set(A, xorRows(get(A), get(C))),
    ...set(B, xorRows(get(B), get(D))),
    ...set(FLAGS, constant(0)),
    ...set(AT, add(get(AT), constant(BLOCK_BYTES))),
    ...[...isLess(get(AT), get(LENGTH)), 0x0d, 0, 0x0b],
    ...store(OUTPUT_START, A),
    ...store(OUTPUT_START + 16, B),
  ];
}

function sized(code: Code): Code {
  return [...unsigned(code.length), ...code];
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function exported(name: string, kind: number): Code {
  return [...sized([...name].map((letter) => letter.charCodeAt(0))), kind, 0];
}

/** The module: a `memory`, and `hash(length)` from its start to {@link OUTPUT_START}. */
export function createChunkModule(): Uint8Array<ArrayBuffer> {
  const int32 = 0x7f;
  const row = 0x7b;
  const locals = [2, 2, int32, 4, row];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, int32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...exported("memory", 2), ...exported("hash", 0)]),
    ...section(10, [1, ...sized([...locals, ...hashBody(), 0x0b])]),
  ]);
}
