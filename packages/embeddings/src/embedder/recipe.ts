import type { ResolvedEmbedderOptions } from "./options.ts";

/** Goes up whenever a cast becomes other texts than before: `composeText` and `chunkText`. */
const TEXTS_VERSION = 1;

/** Everything that decides how a cast becomes texts, and they vectors, besides the model. */
export function recipeOf({ provider, context, overlapTokens }: ResolvedEmbedderOptions): string {
  const words = [
    `texts v${TEXTS_VERSION}`,
    `parts of ${provider.maxTokens} tokens that share ${overlapTokens}`,
  ];
  if (context.hasParent) words.push("with parent");
  if (context.hasQuotes) words.push("with quotes");
  if (provider.recipe) words.push(`by ${provider.recipe}`);
  return words.join(", ");
}
