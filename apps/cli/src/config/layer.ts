// One place that configuration comes from, as a map from keys to what it says of them.
import { CliError } from "../errors/cli-error.ts";
import { toJson } from "../output.ts";
import type { ConfigKey } from "./keys/config-keys.ts";
import { CONFIG_KEYS } from "./keys/config-keys.ts";
import { maskPassword } from "./mask-password.ts";

/** Where a value was set. */
export interface Source {
  readonly kind: "flag" | "variable" | "file" | "default";
  /** Name of the flag or variable, or path of the file; empty for a default. */
  readonly name: string;
}

/** A value, and where it was set. */
export interface Setting<Value> {
  readonly value: Value;
  readonly source: Source;
}

/** What one flag set, one environment or one file says. Values are of their key's own type. */
export type Layer = ReadonlyMap<ConfigKey, Setting<unknown>>;

/** Reads a value given as text. Throws a {@link CliError} when it is not of the key's type. */
export function settingOfText(key: ConfigKey, text: string, source: Source): Setting<unknown> {
  const value = CONFIG_KEYS[key].type.fromText(text);
  if (value === undefined) throw wrongValue(key, text, source);
  return { value, source };
}

/** What is said of a value that is not of its key's type. Never shows a password. */
export function wrongValue(key: ConfigKey, value: unknown, source: Source): CliError {
  const { type, mask = maskPassword } = CONFIG_KEYS[key];
  const shown = typeof value === "string" ? toJson(mask(value)) : mask(toJson(value));
  return new CliError(
    source.kind === "flag" ? "usage" : "configuration",
    `Expected ${placeOf(key, source)} to be ${type.expected}, got ${shown}.`,
    { advice: `Correct it: ${CONFIG_KEYS[key].description}.` },
  );
}

function placeOf(key: ConfigKey, { kind, name }: Source): string {
  return kind === "file" ? `\`${key}\` in ${name}` : name;
}
