import type { FeatureExtractionPipeline } from "@huggingface/transformers";
import { EmbeddingError } from "../../errors.ts";
import type { EmbeddedTexts } from "../../provider.ts";
import { toReason } from "./import-transformers.ts";
import type { LoadedModel } from "./load-model.ts";
import type { Pooling } from "./local-provider-options.ts";
import type { TokenVectors } from "./pool-tokens.ts";
import { poolTokens } from "./pool-tokens.ts";

/** How a model's answer becomes vectors. */
export interface RunOptions {
  readonly pooling: Pooling;
  readonly maxTokens: number;
}

/** Where a tokenizer knows no longest text, it says 10^30, or nothing. */
const MAX_PLAUSIBLE_TOKENS = 1_000_000;
/** What most sentence models take. */
const DEFAULT_MAX_TOKENS = 512;

/** The longest text of a model: as it says itself, or less when that is wanted. */
export function limitTokens(
  { tokenizer }: FeatureExtractionPipeline,
  wanted: number | undefined,
): number {
  const own = tokenizer.model_max_length;
  if (own > MAX_PLAUSIBLE_TOKENS) return wanted ?? DEFAULT_MAX_TOKENS;
  return Math.min(own, wanted ?? own);
}

/** Tokens of a text as the model sees it, those that frame it included. */
export function countModelTokens(pipeline: FeatureExtractionPipeline, text: string): number {
  return pipeline.tokenizer(text, { return_tensor: false }).input_ids.length;
}

/**
 * Embeds texts that need no prefix any more.
 *
 * @throws {EmbeddingError} `text_refused` when one is too long, `provider_failed` when the model
 * fails, `model_unavailable` when it is none that can be pooled
 */
export async function runModel(
  model: LoadedModel,
  texts: readonly string[],
  { pooling, maxTokens }: RunOptions,
): Promise<EmbeddedTexts> {
  const tokenCounts = texts.map((text) => countModelTokens(model.pipeline, text));
  const maxCount = Math.max(...tokenCounts);
  if (maxCount > maxTokens) {
    // The package would cut it off without a word.
    throw new EmbeddingError(
      "text_refused",
      `a text has ${maxCount} tokens, and the model in ${model.path} takes ${maxTokens}. Embed it in parts.`,
      { isTooLong: true },
    );
  }
  const tokens = await computeTokens(model, texts);
  if (tokens.paddedCount !== maxCount) throw notPoolable(model.path);
  const vectors = poolTokens(tokens, tokenCounts, pooling);
  return { vectors, tokenCount: tokenCounts.reduce((total, count) => total + count, 0) };
}

async function computeTokens(
  { path, pipeline }: LoadedModel,
  texts: readonly string[],
): Promise<TokenVectors> {
  const output = await callPipeline(pipeline, texts, path);
  const [, paddedCount, dimension] = output.dims;
  const { data } = output;
  if (paddedCount === undefined || dimension === undefined || !(data instanceof Float32Array)) {
    throw notPoolable(path);
  }
  return { data, paddedCount, dimension, paddingSide: toSide(pipeline.tokenizer.padding_side) };
}

async function callPipeline(
  pipeline: FeatureExtractionPipeline,
  texts: readonly string[],
  path: string,
): Promise<Awaited<ReturnType<FeatureExtractionPipeline["_call"]>>> {
  try {
    return await pipeline([...texts], { pooling: "none" });
  } catch (cause) {
    throw failedModel(path, cause);
  }
}

function toSide(side: string): "left" | "right" {
  return side === "left" ? "left" : "right";
}

function notPoolable(path: string): EmbeddingError {
  return new EmbeddingError(
    "model_unavailable",
    `the model in ${path} gives no vector of floats for each token. Use one that was exported for feature extraction.`,
  );
}

function failedModel(path: string, cause: unknown): EmbeddingError {
  return new EmbeddingError(
    "provider_failed",
    `the model in ${path} fails: ${toReason(cause)}. Lower \`maxBatchTexts\` if memory runs out.`,
    { cause },
  );
}
