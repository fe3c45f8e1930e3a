import type { SyncerOptions } from "@snaprag/sync";
import type { Settings } from "../../../config/load-settings.ts";

/** How much is proved, and by whom blocks must be committed. */
export type ProofSettings = Pick<SyncerOptions, "verification" | "validatorSets">;

/** What the settings say of proofs. */
export function proofSettingsOf(settings: Settings): ProofSettings {
  const keys = settings["sync.validator_keys"].value;
  const publicKeys = keys.map((key) => new Uint8Array(Buffer.from(key, "hex")));
  return {
    verification: settings["sync.verify"].value,
    // The first set is that of every shard that none names.
    validatorSets: keys.length === 0 ? undefined : [{ effectiveAt: 0n, shardIds: [], publicKeys }],
  };
}
