import { EmbeddingError } from "../../errors.ts";
import type { EmbeddingProvider } from "../../provider.ts";
import { expectBatch } from "../expect-option.ts";
import { countWithPrefix, recipeOfPrefixes, withPrefix } from "../role-prefixes.ts";
import type { LoadedModel } from "./load-model.ts";
import { loadModel } from "./load-model.ts";
import type {
  LocalProviderOptions,
  ResolvedLocalProviderOptions,
} from "./local-provider-options.ts";
import { resolveLocalProviderOptions } from "./local-provider-options.ts";
import { countModelTokens, limitTokens, runModel } from "./run-model.ts";

/** Any word does: what is asked is how long its vector is. */
const PROBE = "hello";

/**
 * Opens a model that runs inside this process, on its processor, by the package
 * `@huggingface/transformers`, which must be installed besides this one.
 *
 * Vectors have unit length. Tokens are counted exactly. A call cannot be interrupted once the model
 * computes; when its signal aborts meanwhile, it throws the signal's reason at the end. Disposing
 * waits for running calls, and frees the model.
 *
 * @throws {TypeError} when an option has a value that no model could honour
 * @throws {EmbeddingError} `package_missing`, `model_unavailable`, or `wrong_dimension` when the
 * model has another one than was told
 * @example
 * await using provider = await openLocalProvider({ model: "Xenova/all-MiniLM-L6-v2" });
 * const { vectors } = await provider.embed(["gm"]);
 */
export async function openLocalProvider(options: LocalProviderOptions): Promise<EmbeddingProvider> {
  const resolved = resolveLocalProviderOptions(options);
  const model = await loadModel(resolved);
  try {
    return await toProvider(model, resolved);
  } catch (error) {
    await model.pipeline.dispose();
    throw error;
  }
}

async function toProvider(
  model: LoadedModel,
  options: ResolvedLocalProviderOptions,
): Promise<EmbeddingProvider> {
  const { pipeline } = model;
  const { pooling, maxBatchTexts, prefixes } = options;
  const maxTokens = limitTokens(pipeline, options.maxTokens);
  const running = new Set<Promise<unknown>>();
  let closing: Promise<void> | undefined;

  async function close(): Promise<void> {
    // What frees a model that is computing ends the process.
    await Promise.allSettled(running);
    await pipeline.dispose();
  }

  return {
    model: options.model,
    dimension: await learnDimension(model, options),
    recipe: recipeOf(options),
    maxTokens,
    maxBatchTexts,
    countTokens: (text) =>
      countWithPrefix(text, prefixes, (prefixed) => countModelTokens(pipeline, prefixed)),
    async embed(texts, { role, signal } = {}) {
      signal?.throwIfAborted();
      if (closing !== undefined) throw new Error("This provider is disposed");
      if (expectBatch(texts, maxBatchTexts).length === 0) return { vectors: [], tokenCount: 0 };
      const call = runModel(model, withPrefix(texts, role, prefixes), { pooling, maxTokens });
      running.add(call);
      try {
        const embedded = await call;
        signal?.throwIfAborted();
        return embedded;
      } finally {
        running.delete(call);
      }
    },
    [Symbol.asyncDispose]() {
      closing ??= close();
      return closing;
    },
  };
}

/** All that decides vectors besides the files of the model. */
function recipeOf({ pooling, dtype, prefixes }: ResolvedLocalProviderOptions): string {
  return [`${pooling} of ${dtype}`, recipeOfPrefixes(prefixes)].filter(Boolean).join(", ");
}

async function learnDimension(
  model: LoadedModel,
  { pooling, dimension: told }: ResolvedLocalProviderOptions,
): Promise<number> {
  // Short as it is, a lower limit is for texts and not for this one.
  const maxTokens = Number.POSITIVE_INFINITY;
  const { vectors } = await runModel(model, [PROBE], { pooling, maxTokens });
  const dimension = vectors[0]?.length ?? 0;
  if (told === undefined || told === dimension) return dimension;
  throw new EmbeddingError(
    "wrong_dimension",
    `the model in ${model.path} has vectors of ${dimension} numbers, and \`dimension\` is ${told}. Leave it out, or use another model.`,
  );
}
