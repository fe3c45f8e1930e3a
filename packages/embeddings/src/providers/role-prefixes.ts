import type { TextRole } from "../provider.ts";

/** What a model wants before each text, by what the text is to it. */
export type RolePrefixes = Readonly<Record<TextRole, string>>;

/** The texts as the model is to see them. */
export function withPrefix(
  texts: readonly string[],
  role: TextRole | undefined,
  prefixes: RolePrefixes,
): readonly string[] {
  const prefix = prefixes[role ?? "document"];
  return prefix === "" ? texts : texts.map((text) => prefix + text);
}

/** Tokens of a text whatever its role: those with the prefix that makes more of them. */
export function countWithPrefix(
  text: string,
  prefixes: RolePrefixes,
  count: (text: string) => number,
): number {
  const { document, query } = prefixes;
  const asDocument = count(document + text);
  return document === query ? asDocument : Math.max(asDocument, count(query + text));
}

/** What of the prefixes decides the vectors of documents, in words; undefined when nothing does. */
export function recipeOfPrefixes({ document }: RolePrefixes): string | undefined {
  return document === "" ? undefined : `prefix ${JSON.stringify(document)}`;
}
