import type { SyncMode } from "@snaprag/sync";
import type { Settings } from "../../config/load-settings.ts";
import { CliError } from "../../errors/cli-error.ts";

/** The phases that the settings ask for. One without blocks has no end among them. */
export function syncModeOf(
  settings: Settings,
  { until }: { readonly until?: Date | undefined } = {},
): SyncMode {
  const isHistorical = settings["sync.enable_historical_sync"].value;
  const isRealtime = settings["sync.enable_realtime_sync"].value;
  if (isHistorical && isRealtime) return "full";
  if (isHistorical && until !== undefined) {
    throw new CliError(
      "usage",
      "--until needs the node's blocks, which this sync does not follow.",
      {
        advice: "Leave it out, or set `sync.enable_realtime_sync` to true.",
      },
    );
  }
  if (isHistorical) return "historical";
  if (isRealtime) return "realtime";
  throw new CliError(
    "configuration",
    "Neither `sync.enable_historical_sync` nor `sync.enable_realtime_sync` is true, so there is nothing to do.",
    { advice: "Set one of them; `snaprag config show` says where they are set." },
  );
}
