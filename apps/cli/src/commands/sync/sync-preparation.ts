import type { Logger } from "@snaprag/sync";
import type { ThreadJob } from "./threads/thread-messages.ts";

/** What a sync is prepared with. */
export interface SyncPreparation {
  readonly job: Omit<ThreadJob, "thread">;
  readonly logger: Logger;
  /** Stops it. */
  readonly signal: AbortSignal;
}
