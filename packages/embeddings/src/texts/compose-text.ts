import type { CastContent, CastContext } from "../embedder/embedding-store.ts";
import { restoreMentions } from "./restore-mentions.ts";

/**
 * What a model is given to read of a cast: its own text with the mentioned names put back, and what
 * is wanted of its context below it, each after an empty line.
 *
 * ```text
 * gm @alice
 *
 * In reply to: who is up?
 *
 * Quoting: the early bird
 * ```
 *
 * Its own text comes first, so that a part that holds only the beginning is still the cast's. White
 * space around each of the texts is dropped, and so are texts of nothing else. A cast without a text
 * of its own gives the empty string, whatever its context.
 */
export function composeText(content: CastContent, context: CastContext): string {
  const own = restoreMentions(content.text, content.mentions).trim();
  if (own === "") return "";
  const parent = context.hasParent ? (content.parentText ?? "").trim() : "";
  const quotes = context.hasQuotes ? content.quotedTexts.map((text) => text.trim()) : [];
  return [
    own,
    ...(parent === "" ? [] : [`In reply to: ${parent}`]),
    ...quotes.filter((text) => text !== "").map((text) => `Quoting: ${text}`),
  ].join("\n\n");
}
