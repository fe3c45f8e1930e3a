import { EmbeddingError } from "../../errors.ts";
import type { EmbeddedTexts } from "../../provider.ts";
import type { ResolvedHttpProviderOptions } from "./http-provider-options.ts";
import { quote } from "./secrets.ts";

/** What an answer must hold, and who gave it. */
export interface AnswerScope extends Pick<ResolvedHttpProviderOptions, "shownUrl" | "secrets"> {
  readonly textCount: number;
  /** Undefined when it is yet to be learned. */
  readonly dimension: number | undefined;
}

/** A JSON object whose fields are yet unknown. */
export type Fields = Readonly<Record<string, unknown>>;

const FLOAT_BYTES = 4;

/**
 * Reads the vectors of an answer, in the order of the texts.
 *
 * @throws {EmbeddingError} `malformed_answer` unless there is one for each text, all of finite
 * numbers; `wrong_dimension` unless all are of the same and of the told length
 */
export function readAnswer(body: string, scope: AnswerScope): EmbeddedTexts {
  const { vectors, tokenCount } = readVectors(body, scope);
  const dimension = scope.dimension ?? vectors[0]?.length;
  const other = vectors.find((vector) => vector.length !== dimension);
  if (other === undefined) return { vectors, tokenCount };
  throw new EmbeddingError(
    "wrong_dimension",
    `${scope.shownUrl} answers with a vector of ${other.length} numbers where ${dimension} were expected. Check \`dimension\`, and that every server behind \`endpoint\` has the same model.`,
  );
}

function readVectors(body: string, scope: AnswerScope): EmbeddedTexts {
  try {
    const answer = parseFields(body);
    if (answer === undefined) throw new SyntaxError("it is no JSON object, or cut off");
    const { data, usage } = answer;
    if (!Array.isArray(data)) throw new SyntaxError("it has no `data`");
    if (data.length !== scope.textCount) {
      throw new SyntaxError(`it has ${data.length} vectors for ${scope.textCount} texts`);
    }
    const vectors = sortByIndex(data).map(readVector);
    return { vectors, tokenCount: readTokenCount(usage) };
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw malformed(cause, body, scope);
  }
}

function malformed(cause: SyntaxError, body: string, scope: AnswerScope): EmbeddingError {
  const start = JSON.stringify(quote(body, scope.secrets));
  return new EmbeddingError(
    "malformed_answer",
    `${scope.shownUrl} answers with no list of vectors: ${cause.message}. It begins with ${start}. Check that \`endpoint\` speaks the OpenAI embeddings API.`,
    { cause },
  );
}

/** The fields of a JSON object; undefined when the text is none, or cut off. */
export function parseFields(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) ? value : undefined;
  } catch {
    // The error quotes the text, which may repeat the key: the callers quote it with care.
    return undefined;
  }
}

/** Where an item says no place, the order of the answer is taken for that of the texts. */
function sortByIndex(data: readonly unknown[]): readonly unknown[] {
  const embeddings = new Map<number, unknown>();
  for (const [position, item] of data.entries()) {
    if (!isFields(item)) throw new SyntaxError(`item ${position} is no object`);
    const index = item.index ?? position;
    const isPlace = typeof index === "number" && index in data && !embeddings.has(index);
    if (!isPlace) throw new SyntaxError(`the place of item ${position} is taken, or none`);
    embeddings.set(index, item.embedding);
  }
  return data.map((_, index) => embeddings.get(index));
}

function readVector(embedding: unknown, index: number): Float32Array {
  const vector = typeof embedding === "string" ? fromBase64(embedding) : fromNumbers(embedding);
  if (vector !== undefined && vector.length > 0 && vector.every(Number.isFinite)) return vector;
  throw new SyntaxError(`what stands for text ${index} is no vector of finite numbers`);
}

function fromNumbers(embedding: unknown): Float32Array | undefined {
  const isVector = Array.isArray(embedding) && embedding.every((part) => typeof part === "number");
  return isVector ? Float32Array.from(embedding) : undefined;
}

/** Some answer so even when asked for numbers: little-endian floats of 4 bytes. */
function fromBase64(embedding: string): Float32Array | undefined {
  const bytes = Buffer.from(embedding, "base64");
  if (bytes.length % FLOAT_BYTES !== 0) return undefined;
  return Float32Array.from({ length: bytes.length / FLOAT_BYTES }, (_, index) =>
    bytes.readFloatLE(index * FLOAT_BYTES),
  );
}

function readTokenCount(usage: unknown): number | undefined {
  if (!isFields(usage)) return undefined;
  const count = usage.prompt_tokens ?? usage.total_tokens;
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : undefined;
}

/** Whether a value of JSON has fields. What is in them is yet unknown. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}
