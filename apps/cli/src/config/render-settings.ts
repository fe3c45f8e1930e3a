import { stringify } from "smol-toml";
import type { ConfigKey } from "./keys/config-keys.ts";
import { CONFIG_KEYS, listConfigKeys } from "./keys/config-keys.ts";
import type { Setting, Source } from "./layer.ts";
import type { Settings } from "./load-settings.ts";

/** The effective configuration as TOML, each value with where it was set. Passwords are masked. */
export function settingsToToml(settings: Settings): string {
  const lines: string[] = [];
  let section = "";
  for (const key of listConfigKeys()) {
    const [nextSection = "", name = ""] = key.split(".");
    if (nextSection !== section) lines.push(...(section === "" ? [] : [""]), `[${nextSection}]`);
    section = nextSection;
    lines.push(
      `${toAssignment(key, name, settings[key])} # ${describeSource(settings[key].source)}`,
    );
  }
  return lines.join("\n");
}

/** The same as an object: section, key, value and source. Absent values are null. */
export function settingsToObject(settings: Settings): object {
  const sections: Record<string, Record<string, object>> = {};
  for (const key of listConfigKeys()) {
    const [section = "", name = ""] = key.split(".");
    const { value, source } = settings[key];
    sections[section] = {
      ...sections[section],
      [name]: { value: maskValue(key, value) ?? null, source: describeSource(source) },
    };
  }
  return sections;
}

/** A value that is not set is shown as a comment: TOML has no word for it. */
function toAssignment(key: ConfigKey, name: string, { value }: Setting<unknown>): string {
  if (value === undefined) return `# ${name} is not set:`;
  return stringify({ [name]: maskValue(key, value) }).trimEnd();
}

function maskValue(key: ConfigKey, value: unknown): unknown {
  const { mask } = CONFIG_KEYS[key];
  if (mask === undefined) return value;
  if (typeof value === "string") return mask(value);
  return Array.isArray(value) ? value.map((item) => mask(String(item))) : value;
}

function describeSource({ kind, name }: Source): string {
  switch (kind) {
    case "flag":
      return `flag ${name}`;
    case "variable":
      return `environment ${name}`;
    case "file":
      return `file ${name}`;
    case "default":
      return "default";
  }
}
