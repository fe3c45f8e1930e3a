import type { NodeClientOptions } from "@snaprag/client";
import type { ShardActivity, SyncerOptions } from "@snaprag/sync";
import type { OpenDatabase } from "../../database/open-database.ts";

/** What is mirrored. */
export interface MirroredNodes {
  readonly endpoints: readonly [string, ...string[]];
  /** Headers that they want with every call. */
  readonly metadata?: NodeClientOptions["metadata"];
  /** Those that are known of the network; any that are configured count instead. */
  readonly validatorSets?: SyncerOptions["validatorSets"];
}

/** A sync that is ready to begin. Disposing ends it, whether it has begun or not. */
export interface PreparedSync extends AsyncDisposable {
  begin(database: OpenDatabase, nodes: MirroredNodes): Promise<RunningSync>;
}

/** How far a sync has come, as each of its threads knows. */
export interface ThreadsProgress {
  /** Of those that lead shards, by their numbers. */
  readonly led: readonly (readonly ShardActivity[])[];
  /** Of the one that helps them; empty while none does. */
  readonly helped: readonly ShardActivity[];
}

/** A sync that has begun. Disposing stops it and waits for that. */
export interface RunningSync extends AsyncDisposable {
  /** Resolves when it has ended; rejects as soon as it cannot go on. */
  readonly ended: Promise<void>;
  /** How far it has come. */
  progress(): ThreadsProgress;
  /** Milliseconds since the most silent of the threads that lead was heard of. */
  silentMs(): number;
}
