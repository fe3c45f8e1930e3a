import { EmbeddingError } from "../../errors.ts";
import type { EmbeddedTexts, EmbeddingProvider } from "../../provider.ts";
import { expectBatch } from "../expect-option.ts";
import { countWithPrefix, recipeOfPrefixes, withPrefix } from "../role-prefixes.ts";
import { estimateTokens } from "./estimate-tokens.ts";
import type { HttpProviderOptions, ResolvedHttpProviderOptions } from "./http-provider-options.ts";
import { resolveHttpProviderOptions } from "./http-provider-options.ts";
import { retry } from "./retry.ts";
import type { TextBatch } from "./send-texts.ts";
import { sendTexts } from "./send-texts.ts";

/** Any word does: what is asked is how long its vector is. */
const PROBE = "hello";

/**
 * Opens a provider that speaks the OpenAI embeddings API: OpenAI itself, Ollama, vLLM, Text
 * Embeddings Inference and many more.
 *
 * Embeds one text to learn the dimension, which also shows a wrong key, model or address at once.
 * What may pass is tried again, as `retryMs` says, and longer where the provider asks for it: too
 * many calls, failures of the provider, of the network, and answers that are cut off or are those
 * of a proxy. Redirects are not followed. Tokens are estimated, rather too many than too few: see
 * `maxTokens`. There is nothing to close.
 *
 * @throws {TypeError} when an option has a value that no provider could honour
 * @throws {EmbeddingError} when the provider does not embed
 * @example
 * const provider = await openHttpProvider({
 *   endpoint: "http://localhost:11434/v1",
 *   model: "nomic-embed-text",
 * });
 * const { vectors } = await provider.embed(["gm"]);
 */
export async function openHttpProvider(options: HttpProviderOptions): Promise<EmbeddingProvider> {
  const resolved = resolveHttpProviderOptions(options);
  const { model, maxTokens, maxBatchTexts, prefixes } = resolved;
  expectKey(resolved);
  const { vectors } = await send(resolved, {
    texts: withPrefix([PROBE], "document", prefixes),
    dimension: resolved.dimension,
    signal: resolved.signal,
  });
  const dimension = vectors[0]?.length ?? 0;
  return {
    model,
    dimension,
    recipe: recipeOfPrefixes(prefixes),
    maxTokens,
    maxBatchTexts,
    countTokens: (text) => countWithPrefix(text, prefixes, estimateTokens),
    async embed(texts, { role, signal } = {}) {
      signal?.throwIfAborted();
      if (expectBatch(texts, maxBatchTexts).length === 0) return { vectors: [], tokenCount: 0 };
      return await send(resolved, { texts: withPrefix(texts, role, prefixes), dimension, signal });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function send(options: ResolvedHttpProviderOptions, batch: TextBatch): Promise<EmbeddedTexts> {
  return retry(() => sendTexts(batch, options), options, batch.signal);
}

/** Spares a call whose end is known. */
function expectKey({ url, shownUrl, hasKey }: ResolvedHttpProviderOptions): void {
  if (hasKey || url.hostname !== "api.openai.com") return;
  throw new EmbeddingError("key_missing", `${shownUrl} wants a key. Set \`apiKey\`.`);
}
