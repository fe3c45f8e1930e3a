import type { ShardActivity } from "@snaprag/sync";

/** A sync that has been started. Disposing stops it and waits for that. */
export interface RunningSync extends AsyncDisposable {
  /** Resolves when it has ended; rejects as soon as it cannot go on. */
  readonly ended: Promise<void>;
  /** How far it has come, as each of its threads knows, by their numbers. */
  progress(): readonly (readonly ShardActivity[])[];
}
