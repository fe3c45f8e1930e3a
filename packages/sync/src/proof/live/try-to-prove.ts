import { isUnanswered } from "../../errors.ts";
import type { SyncRun } from "../../run/sync-run.ts";

/**
 * Tries to prove something of a shard. A node that does not answer what only a proof asks for, or is
 * behind what the store has of another node, keeps nobody from mirroring it: that goes on record, and
 * the proof is left for another time. A node that lies is another matter: that is thrown.
 *
 * Returns whether the node answered.
 */
export async function tryToProve(
  { store, logger }: SyncRun,
  shardId: number,
  prove: () => Promise<void>,
): Promise<boolean> {
  try {
    await prove();
    return true;
  } catch (error) {
    if (!isUnanswered(error)) throw error;
    logger.warn({ shardId, err: error }, "not proved, the node did not answer");
    const code = `proof_${error.code}`;
    await store.recordFault({
      ...{ shardId, code },
      virtualShard: null,
      message: error.message,
      isRetried: true,
    });
    return false;
  }
}
