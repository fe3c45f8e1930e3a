import { settingsToObject, settingsToToml } from "../../config/render-settings.ts";
import { createOutput, toJson } from "../../output.ts";
import type { Invocation } from "../program/cli-context.ts";

/** Flags of `snaprag config show`. */
export interface ConfigShowFlags {
  readonly json?: true;
}

/** `snaprag config show`: the effective configuration and where each value comes from. */
export function runConfigShow({ context, settings }: Invocation, flags: ConfigShowFlags): void {
  const output = createOutput(context.stdout, context.stderr);
  output.line(flags.json ? toJson(settingsToObject(settings)) : settingsToToml(settings));
}
