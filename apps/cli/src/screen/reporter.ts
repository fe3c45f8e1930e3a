import type { RowCount } from "@snaprag/storage";
import type { Logger, ShardActivity } from "@snaprag/sync";
import type { LogFormat, LogLevel } from "../config/keys/config-keys.ts";
import type { OutputStream } from "../output.ts";

/** Something worth telling, for people and for machines. */
export interface Announcement {
  /** Constant and lower-case, as the message of a JSON line. */
  readonly event: string;
  readonly fields?: object;
  /** The same in a sentence. */
  readonly sentence: string;
}

/** What a database holds. */
export interface DatabaseContents {
  /** Where it is, without passwords. */
  readonly place: string;
  readonly messages: number;
  readonly users: number;
  /** Absent when counting would have taken too long. */
  readonly tables: ReadonlyMap<string, RowCount> | undefined;
}

/** Shows a long-running command to whoever watches. */
export interface Reporter {
  /** For the libraries. Without a log, they would be silent. */
  readonly logger: Logger;
  announce(announcement: Announcement): void;
  /**
   * Shows progress again and again, until the result is disposed: of shards, and of whatever else
   * goes on.
   */
  follow(
    progress: () => readonly ShardActivity[],
    others?: () => readonly Announcement[],
  ): Disposable;
  /** The last word: what is in the database. */
  conclude(contents: DatabaseContents): void;
}

/** What a reporter writes to, and how. */
export interface ReporterOptions {
  readonly stdout: OutputStream;
  readonly format: LogFormat;
  readonly level: LogLevel;
}
