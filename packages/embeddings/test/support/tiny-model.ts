// A model small enough to be made by hand: each word has a vector, and that is all it knows. It has
// the files that a model from Hugging Face has, and any runtime for ONNX takes it for one.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "./text-vector.ts";

/** What the model knows. */
export interface TinyModelOptions {
  /** Each is one token; others are the unknown one. */
  readonly words: readonly string[];
  readonly dimension: number;
  /** Starts the chance that its vectors are of. @default 1 */
  readonly seed?: number | undefined;
  /** Longest text that its tokenizer admits, in tokens. @default 64 */
  readonly maxTokens?: number | undefined;
}

/** A model as it was written. */
export interface TinyModel {
  readonly tokens: readonly string[];
  /** The vector of a token; of the unknown one for what is none. */
  vectorOf(token: string): Float32Array;
}

const SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/** Writes a model into a folder, which it makes. */
export async function writeTinyModel(
  folder: string,
  options: TinyModelOptions,
): Promise<TinyModel> {
  const { dimension, seed = 1, maxTokens = 64 } = options;
  const tokens = [...SPECIAL_TOKENS, ...options.words];
  const random = createRandom(seed);
  const table = Float32Array.from({ length: tokens.length * dimension }, () => random() * 2 - 1);
  const files = {
    "config.json": toConfig(tokens.length, dimension),
    "tokenizer.json": toTokenizer(tokens),
    "tokenizer_config.json": {
      tokenizer_class: "BertTokenizer",
      model_max_length: maxTokens,
      pad_token: "[PAD]",
      unk_token: "[UNK]",
      cls_token: "[CLS]",
      sep_token: "[SEP]",
    },
  };
  await mkdir(join(folder, "onnx"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(content));
  }
  await writeFile(join(folder, "onnx", "model.onnx"), toOnnxModel(table, dimension));
  return {
    tokens,
    vectorOf(token) {
      const found = tokens.indexOf(token);
      const row = found === -1 ? tokens.indexOf("[UNK]") : found;
      return table.slice(row * dimension, (row + 1) * dimension);
    },
  };
}

function toConfig(tokenCount: number, dimension: number): object {
  return {
    model_type: "bert",
    architectures: ["BertModel"],
    hidden_size: dimension,
    vocab_size: tokenCount,
  };
}

function toTokenizer(tokens: readonly string[]): object {
  const idOf = (token: string) => tokens.indexOf(token);
  const special = (token: string) => ({ SpecialToken: { id: token, type_id: 0 } });
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: SPECIAL_TOKENS.map((content) => ({
      id: idOf(content),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: {
      type: "TemplateProcessing",
      single: [special("[CLS]"), { Sequence: { id: "A", type_id: 0 } }, special("[SEP]")],
      pair: [],
      special_tokens: Object.fromEntries(
        ["[CLS]", "[SEP]"].map((id) => [id, { id, ids: [idOf(id)], tokens: [id] }]),
      ),
    },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
}

// The protobuf messages of onnx.proto, by field number.
const FLOAT = 1;
const INT64 = 7;
const IR_VERSION = 8;
const OPSET_VERSION = 13;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = value;
  for (; left > 127; left >>>= 7) bytes.push((left & 127) | 128);
  return Buffer.from([...bytes, left]);
}

function int(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([varint((field << 3) | 2), varint(content.length), content]);
}

function text(field: number, value: string): Buffer {
  return bytes(field, Buffer.from(value));
}

/** ValueInfoProto: a name, and a tensor's type and shape, whose sizes may be named. */
function valueInfo(name: string, type: number, sizes: readonly (string | number)[]): Buffer {
  const shape = sizes.map((size) =>
    bytes(1, typeof size === "number" ? int(1, size) : text(2, size)),
  );
  return Buffer.concat([text(1, name), bytes(2, bytes(1, int(1, type), bytes(2, ...shape)))]);
}

/** ModelProto of a graph with one node, which takes the row of each token out of a table. */
function toOnnxModel(table: Float32Array, dimension: number): Buffer {
  const rows = table.length / dimension;
  const node = [text(1, "table"), text(1, "input_ids"), text(2, "last_hidden_state")];
  const tensor = [int(1, rows), int(1, dimension), int(2, FLOAT), text(8, "table")];
  const graph = [
    bytes(1, ...node, text(4, "Gather")),
    text(2, "tiny"),
    bytes(5, ...tensor, bytes(9, Buffer.from(table.buffer))),
    bytes(11, valueInfo("input_ids", INT64, ["batch", "sequence"])),
    // Not computed with, but any model for text has it.
    bytes(11, valueInfo("attention_mask", INT64, ["batch", "sequence"])),
    bytes(12, valueInfo("last_hidden_state", FLOAT, ["batch", "sequence", dimension])),
  ];
  const opset = bytes(8, int(2, OPSET_VERSION));
  return Buffer.concat([int(1, IR_VERSION), bytes(7, ...graph), opset]);
}
