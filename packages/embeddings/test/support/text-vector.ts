// Vectors that mean something without a model: texts that share words are near each other.

/** Numbers from 0 to 1 that look like chance and are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** FNV-1a of the text's UTF-16 units. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

function listWords(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  // Without a word, such as for an emoji, the text is one.
  return words ?? [text];
}

/**
 * The vector of a text: the sum of a vector of chance for each of its words, of unit length. Equal
 * texts have equal vectors, and so have texts that differ in case or signs only.
 */
export function textVector(text: string, dimension: number): Float32Array {
  const total = new Float64Array(dimension);
  for (const word of listWords(text)) {
    const random = createRandom(hashText(word));
    for (let place = 0; place < dimension; place++) total[place]! += random() * 2 - 1;
  }
  const length = Math.hypot(...total);
  return Float32Array.from(total, (value) => value / length);
}

/** Cosine of the angle between two vectors of unit length. */
export function similarity(one: Float32Array, other: Float32Array): number {
  return one.reduce((total, value, place) => total + value * other[place]!, 0);
}
