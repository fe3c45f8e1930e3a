import type { SyncMode } from "@snaprag/sync";
import type { Settings } from "../../config/load-settings.ts";
import { CliError } from "../../errors/cli-error.ts";

/** The phases that the settings ask for. */
export function syncModeOf(settings: Settings): SyncMode {
  const isHistorical = settings["sync.enable_historical_sync"].value;
  const isRealtime = settings["sync.enable_realtime_sync"].value;
  if (isHistorical && isRealtime) return "full";
  if (isHistorical) return "historical";
  if (isRealtime) return "realtime";
  throw new CliError(
    "configuration",
    "Neither `sync.enable_historical_sync` nor `sync.enable_realtime_sync` is true, so there is nothing to do.",
    { advice: "Set one of them; `snaprag config show` says where they are set." },
  );
}
