import { availableParallelism } from "node:os";
import type { OpenDatabase } from "../../database/open-database.ts";
import type { SyncPreparation } from "../sync-preparation.ts";
import type { MirroredNodes, RunningSync } from "../threads/running-sync.ts";
import { createConfiguredSyncer } from "./configured-syncer.ts";
import { connectNodes } from "./connect-nodes.ts";

/** What is mirrored, and into what. */
interface Place {
  readonly database: OpenDatabase;
  readonly nodes: MirroredNodes;
}

/** Syncs in this thread. */
export function syncHere(
  { job, logger, signal }: SyncPreparation,
  { database, nodes: { endpoints, metadata, validatorSets } }: Place,
): RunningSync {
  const { settings, mode, untilSynced, until } = job;
  const nodes = connectNodes(endpoints, { settings, metadata, logger });
  const syncer = createConfiguredSyncer({
    ...{ settings, mode, validatorSets, nodes, logger, store: database.store },
    thread: { number: 0, leaders: 1, atMost: 1, areCoresBusy: availableParallelism() === 1 },
  });
  const leaving = new AbortController();
  const stop = AbortSignal.any([signal, leaving.signal]);
  const ended = syncer.run({ signal: stop, untilSynced, until });
  return {
    ended,
    progress: () => ({ led: [syncer.progress()], helped: [] }),
    silentMs: () => 0,
    async [Symbol.asyncDispose]() {
      leaving.abort();
      await Promise.allSettled([ended]);
      await nodes[Symbol.asyncDispose]();
    },
  };
}
