import type { Environment } from "../env.ts";
import { CliError } from "../errors/cli-error.ts";
import { adviseOnVariable } from "./keys/advise-on-key.ts";
import type { ConfigKey } from "./keys/config-keys.ts";
import { listConfigKeys, variableOf } from "./keys/config-keys.ts";
import { isKubernetesVariable } from "./kubernetes-variables.ts";
import type { Layer, Setting } from "./layer.ts";
import { settingOfText } from "./layer.ts";

/** Variable that names the configuration file. */
export const CONFIG_FILE_VARIABLE = "SNAPRAG_CONFIG";

/**
 * Reads the `SNAPRAG_*` variables. An empty one counts as not set, as compose files write it, and those
 * of Kubernetes are left alone.
 *
 * Throws a {@link CliError} for one that no key has, naming the nearest, and for a wrong value.
 */
export function readVariables(environment: Environment): Layer {
  const keyOf = new Map(listConfigKeys().map((key) => [variableOf(key), key]));
  const layer = new Map<ConfigKey, Setting<unknown>>();
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith("SNAPRAG_") || name === CONFIG_FILE_VARIABLE) continue;
    if (text === undefined || text === "") continue;
    const key = keyOf.get(name);
    if (key !== undefined) layer.set(key, settingOfText(key, text, { kind: "variable", name }));
    else if (!isKubernetesVariable(name, text)) throw unknownVariable(name);
  }
  return layer;
}

function unknownVariable(name: string): CliError {
  return new CliError("configuration", `The environment variable ${name} sets nothing known.`, {
    advice: adviseOnVariable(name, [CONFIG_FILE_VARIABLE]),
  });
}
