import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { TomlTable, TomlValue } from "smol-toml";
import { parse, TomlError } from "smol-toml";
import { CliError } from "../errors/cli-error.ts";
import { adviseOnKey } from "./keys/advise-on-key.ts";
import type { ConfigKey } from "./keys/config-keys.ts";
import { CONFIG_KEYS, findConfigKey } from "./keys/config-keys.ts";
import type { Layer, Setting } from "./layer.ts";
import { wrongValue } from "./layer.ts";

/** Where to look for a configuration file. */
export interface FileChoice {
  /** As the person wrote it, relative to `folder`. */
  readonly path: string;
  readonly folder: string;
  /** Whether it was asked for by name, so that it must be there. */
  readonly isRequired: boolean;
}

/**
 * Reads a configuration file; an empty layer when an optional one is not there.
 *
 * Throws a {@link CliError} for what is not TOML, for an unknown key, naming the nearest known one,
 * and for a wrong value.
 */
export async function readConfigFile({ path, folder, isRequired }: FileChoice): Promise<Layer> {
  const toml = await readText(resolve(folder, path)).catch((cause: unknown) => {
    throw unreadable(path, cause);
  });
  if (toml !== undefined) return toLayer(parseToml(path, toml), path);
  if (!isRequired) return new Map();
  throw new CliError("configuration", `The configuration file ${path} does not exist.`, {
    advice: "Correct --config or SNAPRAG_CONFIG, or leave it out to use ./snaprag.toml.",
  });
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function unreadable(path: string, cause: unknown): CliError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CliError("configuration", `The configuration file ${path} cannot be read: ${why}.`, {
    advice: "Make it a readable file.",
    cause,
  });
}

function parseToml(path: string, toml: string): TomlTable {
  try {
    return parse(toml, { integersAsBigInt: "asNeeded" });
  } catch (cause) {
    throw cause instanceof TomlError ? notToml(path, cause) : cause;
  }
}

function notToml(path: string, cause: TomlError): CliError {
  // Below the first line, the message draws the place.
  const why = cause.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "");
  const place = `line ${cause.line}, column ${cause.column}`;
  return new CliError("configuration", `${path} is not valid TOML at ${place}: ${why}.`, {
    advice: "Correct the file; https://toml.io shows how values are written.",
    cause,
  });
}

function toLayer(document: TomlTable, path: string): Layer {
  const layer = new Map<ConfigKey, Setting<unknown>>();
  const source = { kind: "file", name: path } as const;
  for (const [keyPath, value] of listValues(document)) {
    const key = findConfigKey(keyPath);
    if (key === undefined) throw unknownKey(keyPath, path);
    const parsed = CONFIG_KEYS[key].type.fromToml(value);
    if (parsed === undefined) throw wrongValue(key, value, source);
    layer.set(key, { value: parsed, source });
  }
  return layer;
}

/** Every value of every section, by its path; a value outside of sections by its name. */
function listValues(document: TomlTable): readonly [string, TomlValue][] {
  return Object.entries(document).flatMap(([section, table]): [string, TomlValue][] => {
    if (!isTable(table)) return [[section, table]];
    return Object.entries(table).map(([key, value]) => [`${section}.${key}`, value]);
  });
}

function isTable(value: TomlValue): value is TomlTable {
  return typeof value === "object" && !Array.isArray(value) && !(value instanceof Date);
}

function unknownKey(keyPath: string, path: string): CliError {
  return new CliError("configuration", `${path} has an unknown key \`${keyPath}\`.`, {
    advice: adviseOnKey(keyPath),
  });
}
