// What the threads of a sync say to each other. All of it is copied on the way.
import type { ShardActivity, SyncMode } from "@snaprag/sync";
import type { LogLevel } from "../../../config/keys/config-keys.ts";
import type { Settings } from "../../../config/load-settings.ts";
import type { PlainError } from "../../../errors/plain-error.ts";
import type { DatabaseTarget } from "../../database/database-target.ts";
import type { ThreadPlace } from "../syncer/configured-syncer.ts";
import type { MirroredNodes } from "./running-sync.ts";

/** What a thread is started with. */
export interface ThreadJob {
  readonly settings: Settings;
  readonly target: DatabaseTarget;
  readonly mode: SyncMode;
  readonly untilSynced: boolean;
  readonly until?: Date | undefined;
  readonly thread: ThreadPlace;
  /** Shards, in place of those that the settings name. */
  readonly shardIds?: readonly number[] | undefined;
}

/** A line for the log. */
export interface LogMessage {
  readonly kind: "log";
  readonly level: LogLevel;
  readonly fields: object;
  readonly text: string;
}

/** How far each shard has come. */
interface ProgressMessage {
  readonly kind: "progress";
  readonly shards: readonly ShardActivity[];
}

/** The last message of a thread that cannot go on. */
interface FailureMessage {
  readonly kind: "failed";
  readonly error: PlainError;
}

/** What a thread is told: once what to mirror, and at any time to end as a signal would have it. */
export type ThreadOrder = MirroredNodes | "stop";

/** What a thread tells. */
export type ThreadMessage = LogMessage | ProgressMessage | FailureMessage;
