import type { MessageRow } from "./message-row.ts";
import { compareRows, isSameMessage } from "./message-row.ts";

/** The live messages of a few kinds that share limits and conflict keys. */
export interface MessageStore {
  /** The row in a slot. Where slots belong to the shard, the fid that holds it may be another. */
  find(fid: bigint, slot: string): MessageRow | undefined;
  /** Puts a row in its slot; a row that is still there counts as removed. */
  put(row: MessageRow): void;
  /** Removes the row that holds this message. False when it is no longer there. */
  remove(row: MessageRow): boolean;
  /** Live rows of a fid. */
  count(fid: bigint): number;
  /** Live rows of a fid, by timestamp and hash. */
  list(fid: bigint): readonly MessageRow[];
  /** Every live row, fid by fid. */
  rows(): Iterable<MessageRow>;
  /** Marks the start of a block, for {@link listCommitted}. */
  beginBlock(blockNumber: bigint): void;
  /**
   * Rows of a fid as they were when the block began, by timestamp and hash. Prunes and compactions
   * read these, so they may name a message that the block has already deleted (docs/protocol.md
   * 6.2).
   */
  listCommitted(fid: bigint): readonly MessageRow[];
}

/** Who a slot belongs to: one row for each fid, or one for the whole shard. */
export type SlotScope = "fid" | "shard";

interface Account {
  readonly bySlot: Map<string, MessageRow>;
  /** Sorted rows, until one changes. */
  sorted: readonly MessageRow[] | undefined;
}

/** Creates an empty store. */
export function createMessageStore(scope: SlotScope): MessageStore {
  const accounts = new Map<bigint, Account>();
  const holders = new Map<string, bigint>();
  let currentBlock = 0n;
  let removedInBlock: MessageRow[] = [];

  function find(fid: bigint, slot: string): MessageRow | undefined {
    const holder = scope === "fid" ? fid : holders.get(slot);
    return holder === undefined ? undefined : accounts.get(holder)?.bySlot.get(slot);
  }

  function remove(row: MessageRow): boolean {
    const account = accounts.get(row.fid);
    const current = account?.bySlot.get(row.slot);
    if (account === undefined || current === undefined || !isSameMessage(current, row)) {
      return false;
    }
    account.bySlot.delete(row.slot);
    account.sorted = undefined;
    if (scope === "shard") holders.delete(row.slot);
    if (current.mergedBlock < currentBlock) removedInBlock.push(current);
    return true;
  }

  function list(fid: bigint): readonly MessageRow[] {
    const account = accounts.get(fid);
    if (account === undefined) return [];
    account.sorted ??= [...account.bySlot.values()].sort(compareRows);
    return account.sorted;
  }

  return {
    find,
    put(row) {
      const present = find(row.fid, row.slot);
      if (present !== undefined) remove(present);
      let account = accounts.get(row.fid);
      if (account === undefined) {
        account = { bySlot: new Map(), sorted: undefined };
        accounts.set(row.fid, account);
      }
      account.bySlot.set(row.slot, row);
      account.sorted = undefined;
      if (scope === "shard") holders.set(row.slot, row.fid);
    },
    remove,
    count: (fid) => accounts.get(fid)?.bySlot.size ?? 0,
    list,
    *rows() {
      for (const account of accounts.values()) yield* account.bySlot.values();
    },
    beginBlock(blockNumber) {
      currentBlock = blockNumber;
      removedInBlock = [];
    },
    listCommitted(fid) {
      const live = list(fid).filter((row) => row.mergedBlock < currentBlock);
      const removed = removedInBlock.filter((row) => row.fid === fid);
      return removed.length === 0 ? live : [...live, ...removed].sort(compareRows);
    },
  };
}
