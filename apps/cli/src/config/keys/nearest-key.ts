import { closest } from "fastest-levenshtein";
import type { ConfigKey } from "./config-keys.ts";
import { listConfigKeys, variableOf } from "./config-keys.ts";

/**
 * The key that a person most likely meant by this path: the one of that name in another section,
 * else the one with the fewest letters different.
 */
export function nearestKey(path: string): ConfigKey {
  const keys = listConfigKeys();
  const name = lastPart(path);
  const namesake = keys.find((key) => lastPart(key) === name);
  // Safety: closest returns one of the texts it was given.
  return namesake ?? (closest(path, [...keys]) as ConfigKey);
}

/** The variable that a person most likely meant by this name. */
export function nearestVariable(name: string, others: readonly string[]): string {
  return closest(name, [...listConfigKeys().map(variableOf), ...others]);
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf(".") + 1);
}
