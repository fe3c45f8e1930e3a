import type { QuarantineRecord, Replay, Store } from "@snaprag/storage";
import { StorageError } from "@snaprag/storage";
import { loadBlake3, loadEd25519 } from "@snaprag/verify";
import { processContextOf } from "../sync-run.ts";
import { reprocess } from "./reprocess.ts";

/** Options of {@link retryQuarantined}. */
export interface RetryQuarantinedOptions {
  /** A migrated store that was synced into. */
  readonly store: Store;
  /**
   * Which messages to try: these, and whatever else is open of the same accounts, because one may
   * have ended another. Ids that are unknown or resolved are left out.
   *
   * @default every open one
   */
  readonly ids?: readonly bigint[] | undefined;
  /** Ends the retry after the message in hand. */
  readonly signal?: AbortSignal | undefined;
}

/** Tries to get past a sync that is writing the same rows. */
const MOST_CONFLICTS = 5;

async function applyPatiently(store: Store, replay: Replay) {
  for (let conflicts = 0; ; conflicts += 1) {
    try {
      return await store.applyReplay(replay);
    } catch (error) {
      const isConflict =
        error instanceof StorageError &&
        (error.code === "deadlock" || error.code === "serialization");
      if (!isConflict || conflicts === MOST_CONFLICTS) throw error;
    }
  }
}

/** Open messages of the accounts that ids are of, each account once; all without ids. */
async function* listOpen(
  store: Store,
  ids: readonly bigint[] | undefined,
): AsyncGenerator<QuarantineRecord> {
  if (ids === undefined) {
    yield* store.listQuarantined({ status: "open" });
    return;
  }
  const fids = new Set<bigint>();
  for await (const { fid } of store.listQuarantined({ status: "open", ids })) fids.add(fid ?? 0n);
  for (const fid of fids) yield* store.listQuarantined({ status: "open", fid });
}

/**
 * Processes quarantined messages again with this version of the processors, each in a transaction
 * of its own. Yields each as the store then has it: resolved, or open with the reason of today.
 *
 * Safe beside a running sync, whatever has come since: rows are as if the message had been applied
 * in its place (see `Store.applyReplay`). Yields nothing in a store that no sync has bound to a
 * network.
 *
 * @throws {StorageError}
 */
export async function* retryQuarantined(
  options: RetryQuarantinedOptions,
): AsyncGenerator<QuarantineRecord> {
  const { store, ids, signal } = options;
  const network = await store.findNetwork();
  if (network === undefined) return;
  const checks = { blake3: await loadBlake3(), ed25519: await loadEd25519() };
  for await (const record of listOpen(store, ids)) {
    signal?.throwIfAborted();
    const { shardId, eventId, at } = record;
    const context = { ...processContextOf({ network }, shardId), eventId, at };
    const replayed = await applyPatiently(store, reprocess(record, context, checks));
    if (replayed !== undefined) yield replayed;
  }
}
