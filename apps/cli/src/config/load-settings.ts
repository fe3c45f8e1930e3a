import type { Environment } from "../env.ts";
import type { ConfigKey, ConfigValues } from "./keys/config-keys.ts";
import { CONFIG_KEYS, listConfigKeys } from "./keys/config-keys.ts";
import type { Layer, Setting } from "./layer.ts";
import { settingOfText } from "./layer.ts";
import type { FileChoice } from "./read-file.ts";
import { readConfigFile } from "./read-file.ts";
import { CONFIG_FILE_VARIABLE, readVariables } from "./read-variables.ts";

/** The effective value of every key, and where it was set. */
export type Settings = { readonly [Key in ConfigKey]: Setting<ConfigValues[Key]> };

/** A key set on the command line. */
export interface FlagValue {
  /** The flag as written, such as `--shard-ids`. */
  readonly flag: string;
  readonly text: string;
}

/** What settings are made from. */
export interface SettingsSources {
  readonly flags: ReadonlyMap<ConfigKey, FlagValue>;
  /** Path given with `--config`. */
  readonly configPath: string | undefined;
  readonly environment: Environment;
  /** Folder that paths are relative to. */
  readonly folder: string;
}

/** Used when no file is named, if it is there. */
const DEFAULT_CONFIG_PATH = "./snaprag.toml";

/**
 * Loads the configuration: flags over environment over file over defaults.
 *
 * Throws a {@link CliError}: `usage` for the value of a flag, `configuration` for everything else.
 */
export async function loadSettings(sources: SettingsSources): Promise<Settings> {
  const layers = [
    readFlags(sources.flags),
    readVariables(sources.environment),
    await readConfigFile(chooseFile(sources)),
  ];
  const settings = listConfigKeys().map((key) => [key, findSetting(key, layers)]);
  // Safety: every layer holds, under each key, what the key's own type has read.
  return Object.fromEntries(settings) as Settings;
}

function readFlags(flags: ReadonlyMap<ConfigKey, FlagValue>): Layer {
  const layer = new Map<ConfigKey, Setting<unknown>>();
  for (const [key, { flag, text }] of flags) {
    layer.set(key, settingOfText(key, text, { kind: "flag", name: flag }));
  }
  return layer;
}

function chooseFile({ configPath, environment, folder }: SettingsSources): FileChoice {
  // An empty variable counts as not set, as every other does.
  const named = configPath ?? (environment[CONFIG_FILE_VARIABLE] || undefined);
  return { path: named ?? DEFAULT_CONFIG_PATH, folder, isRequired: named !== undefined };
}

function findSetting(key: ConfigKey, layers: readonly Layer[]): Setting<unknown> {
  for (const layer of layers) {
    const setting = layer.get(key);
    if (setting !== undefined) return setting;
  }
  return { value: CONFIG_KEYS[key].default, source: { kind: "default", name: "" } };
}
