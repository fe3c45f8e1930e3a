import { expectCount, expectOneOf, expectOptionalCount, expectText } from "../expect-option.ts";
import type { RolePrefixes } from "../role-prefixes.ts";

/**
 * How the vectors of a text's tokens become one.
 *
 * - `mean`: their mean, as with MiniLM, E5, GTE and most others.
 * - `cls`: that of the first, as with BGE and Arctic.
 * - `last_token`: that of the last, as with Qwen3 and other models that write.
 */
export type Pooling = "mean" | "cls" | "last_token";

/** How a model's numbers are stored: what is smaller is faster, and less exact. */
export type ModelDtype = "fp32" | "fp16" | "q8" | "int8" | "uint8" | "q4" | "q4f16" | "bnb4";

/** Options of {@link openLocalProvider}. */
export interface LocalProviderOptions {
  /** The model, such as `Xenova/all-MiniLM-L6-v2`, or the name of its folder. */
  readonly model: string;
  /**
   * Where models are, and where they are downloaded to: each in a folder of its name with
   * `config.json`, `tokenizer.json`, `tokenizer_config.json` and `onnx/model.onnx` in it.
   *
   * @default the cache of @huggingface/transformers, which is inside that package
   */
  readonly folder?: string | undefined;
  /**
   * Whether a model that is not there may be downloaded from Hugging Face. One that is there is
   * never looked for in the network.
   *
   * @default true
   */
  readonly isDownloadAllowed?: boolean | undefined;
  /** @default "mean" */
  readonly pooling?: Pooling | undefined;
  /** @default "fp32" */
  readonly dtype?: ModelDtype | undefined;
  /**
   * Longest text, in tokens. Never more than the model's tokenizer says.
   *
   * @default as the tokenizer says, or 512 when that is no length that a model has
   */
  readonly maxTokens?: number | undefined;
  /**
   * Most texts of one call. They are padded to the longest of them, in memory.
   *
   * @default 16
   */
  readonly maxBatchTexts?: number | undefined;
  /**
   * Put before each text that can be found, such as `passage: ` for the E5 models.
   *
   * @default ""
   */
  readonly documentPrefix?: string | undefined;
  /**
   * Put before each text that is searched for, such as `query: ` for the E5 models.
   *
   * @default ""
   */
  readonly queryPrefix?: string | undefined;
  /**
   * Numbers in a vector, which the model must have.
   *
   * @default as the model has it
   */
  readonly dimension?: number | undefined;
  /**
   * Threads that compute.
   *
   * @default one for each core
   */
  readonly threads?: number | undefined;
}

/** {@link LocalProviderOptions} with every default applied that does not depend on the model. */
export interface ResolvedLocalProviderOptions {
  readonly model: string;
  readonly folder: string | undefined;
  readonly isDownloadAllowed: boolean;
  readonly pooling: Pooling;
  readonly dtype: ModelDtype;
  readonly maxTokens: number | undefined;
  readonly maxBatchTexts: number;
  readonly prefixes: RolePrefixes;
  readonly dimension: number | undefined;
  readonly threads: number | undefined;
}

const POOLINGS: readonly Pooling[] = ["mean", "cls", "last_token"];

/** File of a model, by how its numbers are stored; as Hugging Face names them. */
export const MODEL_FILES: Readonly<Record<ModelDtype, string>> = {
  fp32: "onnx/model.onnx",
  fp16: "onnx/model_fp16.onnx",
  q8: "onnx/model_quantized.onnx",
  int8: "onnx/model_int8.onnx",
  uint8: "onnx/model_uint8.onnx",
  q4: "onnx/model_q4.onnx",
  q4f16: "onnx/model_q4f16.onnx",
  bnb4: "onnx/model_bnb4.onnx",
};

/** Safety: the keys of a literal are those of its type. */
const DTYPES = Object.keys(MODEL_FILES) as ModelDtype[];

/** A batch of long texts takes as much memory again as a small model. */
const DEFAULT_MAX_BATCH_TEXTS = 16;

/** Applies defaults and rejects values that no model could honour. */
export function resolveLocalProviderOptions(
  options: LocalProviderOptions,
): ResolvedLocalProviderOptions {
  const {
    folder,
    isDownloadAllowed = true,
    pooling = "mean",
    dtype = "fp32",
    maxBatchTexts = DEFAULT_MAX_BATCH_TEXTS,
    documentPrefix = "",
    queryPrefix = "",
  } = options;
  return {
    model: expectText("model", options.model),
    folder: folder === undefined ? undefined : expectText("folder", folder),
    isDownloadAllowed,
    pooling: expectOneOf("pooling", pooling, POOLINGS),
    dtype: expectOneOf("dtype", dtype, DTYPES),
    maxTokens: expectOptionalCount("maxTokens", options.maxTokens),
    maxBatchTexts: expectCount("maxBatchTexts", maxBatchTexts),
    prefixes: { document: documentPrefix, query: queryPrefix },
    dimension: expectOptionalCount("dimension", options.dimension),
    threads: expectOptionalCount("threads", options.threads),
  };
}
