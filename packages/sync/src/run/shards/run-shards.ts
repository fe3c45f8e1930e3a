import { untilDone } from "../survive.ts";
import type { SyncRun } from "../sync-run.ts";
import { together } from "../together.ts";
import type { ShardSurroundings } from "./shard-surroundings.ts";
import { syncBlockShard, syncDataShard } from "./sync-shard.ts";

/** Opens when every data shard has left its historical phase, or when the run ends. */
function createGate(shardIds: readonly number[], signal: AbortSignal) {
  const awaited = new Set(shardIds);
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  signal.addEventListener("abort", open, { once: true });
  if (awaited.size === 0 || signal.aborted) open();
  return {
    opened,
    arrive(shardId: number) {
      awaited.delete(shardId);
      if (awaited.size === 0) open();
    },
  };
}

/**
 * Runs all shards side by side, each surviving its own failures, and builds the store's indexes once
 * the data shards have their history.
 */
export async function runShards(
  run: SyncRun,
  surroundings: Omit<ShardSurroundings, "onHistoryDone">,
  shardIds: readonly number[],
): Promise<void> {
  const { logger, signal } = run;
  const { clock } = run.options;
  const dataShardIds = shardIds.filter((shardId) => shardId !== 0);
  const gate = createGate(dataShardIds, signal);

  async function finishLoading(): Promise<void> {
    await gate.opened;
    signal.throwIfAborted();
    const startedAt = clock.elapsed();
    await untilDone(run, { shardId: dataShardIds[0] ?? 0 }, () => run.store.finishLoading(signal));
    const durationMs = Math.round(clock.elapsed() - startedAt);
    logger.info({ durationMs }, "indexes are in place");
    run.onLoaded();
  }

  /** Ends the run. At once said why: what is waited for may be an index that takes hours to build. */
  function fail(error: unknown): void {
    if (!signal.aborted) logger.error({ err: error }, "cannot go on, ending the sync");
    run.abort(error);
  }

  const works = shardIds.map((shardId) => {
    const own = { ...surroundings, onHistoryDone: () => gate.arrive(shardId) };
    return shardId === 0 ? syncBlockShard(run, own) : syncDataShard(run, shardId, own);
  });
  await together([...works, finishLoading()], fail);
}
