// Accounts that are to be proved when there is time: touched while a shard was behind its node, or right
// before it was followed, or handed over by whoever followed it before.
import type { BlockBatch } from "@snaprag/storage";
import { accountsOf } from "./touched-accounts.ts";

/** Accounts taken at a time: what is touched meanwhile waits for no more than these. */
const ACCOUNTS_AT_A_TIME = 16;

/** Accounts that are to be proved by and by, by the low 32 bits of their fids. */
export interface Backlog {
  readonly size: number;
  /** Adds the accounts that a batch touched. */
  add(batch: BlockBatch): void;
  /** Takes the next few, those that were added first. */
  take(): readonly bigint[];
  /** Adds accounts, such as those that were taken and could not be proved. */
  addAccounts(fids: Iterable<bigint>): void;
  /** Forgets all, as all rows were proved. */
  clear(): void;
}

/**
 * Begins with nothing to be proved.
 *
 * A day of blocks touches a large part of all accounts, so that proving them takes long, and nothing is to
 * wait for it. Nothing but their fids is kept: they are held against the live trie, not against blocks.
 */
export function createBacklog(): Backlog {
  const waiting = new Set<bigint>();
  return {
    get size() {
      return waiting.size;
    },
    add({ changes, leaves = [] }) {
      for (const fid of accountsOf([...changes, ...leaves])) waiting.add(fid);
    },
    take() {
      const taken: bigint[] = [];
      for (const fid of waiting) {
        if (taken.length === ACCOUNTS_AT_A_TIME) break;
        taken.push(fid);
        waiting.delete(fid);
      }
      return taken;
    },
    addAccounts(fids) {
      for (const fid of fids) waiting.add(fid);
    },
    clear: () => waiting.clear(),
  };
}
