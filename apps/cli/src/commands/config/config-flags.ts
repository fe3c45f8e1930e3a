// Flags that set configuration keys, made from the table of keys.
import type { Command } from "commander";
import { Option } from "commander";
import type { ConfigKey } from "../../config/keys/config-keys.ts";
import { CONFIG_KEYS, listConfigKeys } from "../../config/keys/config-keys.ts";
import type { FlagValue, Settings } from "../../config/load-settings.ts";
import { loadSettings } from "../../config/load-settings.ts";
import type { CliContext } from "../program/cli-context.ts";

/** Adds `--config` and the flags of these keys to a command. */
export function addConfigFlags(command: Command, keys: readonly ConfigKey[]): void {
  for (const key of keys) {
    const option = optionOf(key);
    if (option !== undefined) command.addOption(option);
  }
  if (keys.includes("log.level")) {
    const verbose = new Option("-v, --verbose", "log everything, as --log-level debug");
    command.addOption(verbose.conflicts("logLevel"));
  }
  command.option("--config <file>", "configuration file (default: ./snaprag.toml if it is there)");
}

/** The effective settings of a command that has been parsed. */
export function loadCommandSettings(
  command: Command,
  { environment, folder }: Pick<CliContext, "environment" | "folder">,
): Promise<Settings> {
  const values: Readonly<Record<string, unknown>> = command.opts();
  const { config, verbose, historicalOnly, realtimeOnly } = values;
  const flags = new Map<ConfigKey, FlagValue>();
  for (const key of listConfigKeys()) {
    const option = optionOf(key);
    const value = option && values[option.attributeName()];
    if (typeof value === "string") flags.set(key, { flag: option?.long ?? key, text: value });
  }
  if (verbose === true) flags.set("log.level", { flag: "--verbose", text: "debug" });
  if (historicalOnly === true) setPhases(flags, "--historical-only", "sync.enable_historical_sync");
  if (realtimeOnly === true) setPhases(flags, "--realtime-only", "sync.enable_realtime_sync");
  return loadSettings({
    flags,
    configPath: typeof config === "string" ? config : undefined,
    environment,
    folder,
  });
}

function optionOf(key: ConfigKey): Option | undefined {
  const { flag, description, type, default: fallback } = CONFIG_KEYS[key];
  if (flag === undefined) return undefined;
  const shownDefault = fallback === undefined ? "" : ` (default: ${String(fallback)})`;
  const option = new Option(flag, `${description}${shownDefault}`);
  // A flag given again adds to a list; where one value is expected, the last one counts.
  return option.argParser((text: string, before: unknown) =>
    type.isList && typeof before === "string" ? `${before},${text}` : text,
  );
}

function setPhases(flags: Map<ConfigKey, FlagValue>, flag: string, only: ConfigKey): void {
  for (const key of ["sync.enable_historical_sync", "sync.enable_realtime_sync"] as const) {
    flags.set(key, { flag, text: String(key === only) });
  }
}
