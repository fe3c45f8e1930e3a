import type { Store } from "@snaprag/storage";
import type { Logger, Syncer, SyncerOptions, SyncMode } from "@snaprag/sync";
import { createSyncer } from "@snaprag/sync";
import type { Settings } from "../../../config/load-settings.ts";
import { withConfigured } from "../../../errors/cli-error.ts";
import { shareOfLanes } from "../threads/thread-count.ts";
import type { ConnectedNodes } from "./connect-nodes.ts";
import { nameOfProcess } from "./name-of-process.ts";
import { proofSettingsOf } from "./proof-settings.ts";

/** Which of the threads of a sync one is. */
export interface ThreadPlace {
  /** From 0 on; `leaders` for one that leads no shard, and only helps to download. */
  readonly number: number;
  /** Threads that divide the shards among them. */
  readonly leaders: number;
  /** Threads in all, at most: one may help those. */
  readonly atMost: number;
  /** Whether the cores have enough to do with them: others would only take turns with them. */
  readonly areCoresBusy: boolean;
}

/** What a syncer is made of, besides the settings. */
export interface SyncerSurroundings {
  readonly settings: Settings;
  readonly mode: SyncMode;
  readonly store: Store;
  readonly nodes: ConnectedNodes;
  readonly logger: Logger;
  /** Those that are known of the network; any that are configured count instead. */
  readonly validatorSets: SyncerOptions["validatorSets"];
  readonly thread: ThreadPlace;
  /** In place of those that the settings name. */
  readonly shardIds?: readonly number[] | undefined;
}

/** Creates the syncer of one thread, as the settings say. */
export function createConfiguredSyncer(surroundings: SyncerSurroundings): Syncer {
  const { settings, mode, store, nodes, logger, thread } = surroundings;
  const proof = proofSettingsOf(settings);
  return withConfigured(() =>
    createSyncer({
      client: nodes.client,
      standbys: nodes.standbys,
      store,
      mode,
      holder: nameOfThread(thread),
      logger,
      ...tuningOf(settings),
      shardIds: surroundings.shardIds ?? settings["sync.shard_ids"].value,
      ...sharesOf(settings, thread),
      ...proof,
      validatorSets: proof.validatorSets ?? surroundings.validatorSets,
    }),
  );
}

function nameOfThread({ number, leaders }: ThreadPlace): string {
  if (number === leaders) return `${nameOfProcess()}, helping thread`;
  return leaders === 1 ? nameOfProcess() : `${nameOfProcess()}, thread ${number + 1} of ${leaders}`;
}

type Tuning = Pick<SyncerOptions, "fromEventId" | "batchSize" | "syncIntervalMs" | "proofInterval">;

function tuningOf(settings: Settings): Tuning {
  return {
    fromEventId: settings["sync.historical_sync_from_event_id"].value,
    batchSize: settings["sync.batch_size"].value,
    syncIntervalMs: settings["sync.sync_interval_ms"].value,
    proofInterval: settings["sync.proof_interval_blocks"].value,
  };
}

type Shares = Pick<SyncerOptions, "leads" | "lanes" | "signatureThreads">;

/** A thread's part of the work. */
function sharesOf(settings: Settings, thread: ThreadPlace): Shares {
  const lanes = settings["sync.lanes"].value;
  return {
    leads: (shardId) => shardId % thread.leaders === thread.number,
    lanes: lanes === undefined ? undefined : shareOfLanes(lanes, thread),
    signatureThreads: thread.areCoresBusy ? 0 : undefined,
  };
}
