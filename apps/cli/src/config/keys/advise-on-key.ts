// What to do about a key or a variable that is not known: the one that was meant, most likely.
import { closest } from "fastest-levenshtein";
import type { ConfigKey } from "./config-keys.ts";
import { CONFIG_KEYS, listConfigKeys, variableOf } from "./config-keys.ts";

/** Tells what to do about a path in a configuration file that is no key's. */
export function adviseOnKey(path: string): string {
  if (path === "embeddings.api_key") return adviseOnApiKey();
  return `Remove it, or rename it: the nearest known key is \`${nearestKey(path)}\`.`;
}

/** Tells what to do about a variable that is no key's; others than keys have variables, too. */
export function adviseOnVariable(name: string, others: readonly string[]): string {
  if (name === "SNAPRAG_EMBEDDINGS_API_KEY") return adviseOnApiKey();
  const nearest = closest(name, [...listConfigKeys().map(variableOf), ...others]);
  return `Remove it, or rename it: the nearest known one is ${nearest}.`;
}

/** The nearest of all names is that of another value, which would be shown where this must not be. */
function adviseOnApiKey(): string {
  const { default: variable } = CONFIG_KEYS["embeddings.api_key_env"];
  return `Set the provider's key in ${variable}, or in another variable of the environment that \`embeddings.api_key_env\` names, and remove it here.`;
}

/**
 * The key that a person most likely meant by this path: the one of that name in another section,
 * else the one with the fewest letters different.
 */
function nearestKey(path: string): ConfigKey {
  const keys = listConfigKeys();
  const name = lastPart(path);
  const namesake = keys.find((key) => lastPart(key) === name);
  // Safety: closest returns one of the texts it was given.
  return namesake ?? (closest(path, [...keys]) as ConfigKey);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
