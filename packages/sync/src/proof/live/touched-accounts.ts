// The accounts that blocks touched since they were proved, and which of them are due.
import type { Change } from "@snaprag/processors";
import type { BlockBatch, LeafChange } from "@snaprag/storage";

const LOW_32_BITS = 0xffffffffn;

/** An account that is not proved since blocks touched it. */
interface Touch {
  /** The first of those blocks; undefined when what it did was proved but for the account itself. */
  readonly first: bigint | undefined;
  /** How often it could not be told whether the account is right. */
  readonly undecided: number;
}

/** Accounts by the low 32 bits of their fids. */
export type Touches = ReadonlyMap<bigint, Touch>;

/** What is to be proved. */
export interface Due {
  readonly touches: Touches;
  /**
   * The first of the blocks that are to be proved whole, with accounts that no event of theirs told of;
   * undefined where only some accounts are due.
   */
  readonly wholeFrom: bigint | undefined;
}

/** What blocks touched that is not proved. */
export interface TouchedAccounts {
  /** Adds what a batch touched. */
  add(batch: BlockBatch): void;
  /** Takes what is due after a block: all that was touched, or what cannot wait for it. */
  takeDue(blockNumber: bigint): Due;
  /** Puts back what was taken and could not be proved: then everything is due. */
  putBack(due: Due): void;
  /** Puts back accounts that it could not be told of whether they are right. */
  putBackUndecided(fids: readonly bigint[], taken: Touches): void;
  /** Puts back that blocks are to be proved whole, of which the node did not have all. */
  putBackWhole(due: Due): void;
  /** Has everything be due. */
  hurry(): void;
  /** All accounts that are not proved, due or not. */
  list(): readonly bigint[];
}

/** Accounts that changes are of, by the low 32 bits of their fids; each as often as it has changes. */
export function accountsOf(changes: readonly (Change | LeafChange)[]): readonly bigint[] {
  return changes.map((change) => ("row" in change ? change.row.fid : change.fid) & LOW_32_BITS);
}

function isCompaction({ kind }: Change): boolean {
  return kind === "sweepLinks";
}

/** The first block that touched any of the accounts. */
export function firstBlockOf(touches: Touches): bigint | undefined {
  const blocks = [...touches.values()].flatMap(({ first }) => first ?? []);
  return blocks.reduce<bigint | undefined>(
    (least, block) => (least === undefined || block < least ? block : least),
    undefined,
  );
}

/** Begins with nothing touched. What comes first is due at once, then all after so many blocks. */
export function createTouchedAccounts(intervalBlocks: bigint): TouchedAccounts {
  const touched = new Map<bigint, Touch>();
  const urgent = new Set<bigint>();
  let isAllUrgent = true;
  let wholeFrom: bigint | undefined;

  /** The first block of which something is not proved. */
  function firstUnproved(): bigint | undefined {
    const first = firstBlockOf(touched);
    if (first === undefined || wholeFrom === undefined) return first ?? wholeFrom;
    return first < wholeFrom ? first : wholeFrom;
  }

  function touch(fid: bigint, next: Touch): void {
    const known = touched.get(fid);
    const undecided = Math.max(known?.undecided ?? 0, next.undecided);
    touched.set(fid, { first: known?.first ?? next.first, undecided });
  }

  return {
    add({ changes, leaves = [], previousBlock }) {
      const place = { first: previousBlock + 1n, undecided: 0 };
      wholeFrom ??= place.first;
      for (const fid of accountsOf([...changes, ...leaves])) touch(fid, place);
      // What a compaction ends is computed here, and told by no event.
      for (const fid of accountsOf(changes.filter(isCompaction))) urgent.add(fid);
    },
    takeDue(blockNumber) {
      const first = firstUnproved() ?? blockNumber + 1n;
      const isAllDue = isAllUrgent || blockNumber - first + 1n >= intervalBlocks;
      const due = [...touched].filter(([fid]) => isAllDue || urgent.has(fid));
      for (const [fid] of due) touched.delete(fid);
      urgent.clear();
      isAllUrgent = false;
      const taken = { touches: new Map(due), wholeFrom: isAllDue ? wholeFrom : undefined };
      if (isAllDue) wholeFrom = undefined;
      return taken;
    },
    putBack({ touches, wholeFrom: takenFrom }) {
      wholeFrom = takenFrom ?? wholeFrom;
      for (const [fid, known] of touches) {
        const since = touched.get(fid);
        touched.delete(fid);
        touch(fid, known);
        if (since) touch(fid, since);
      }
      isAllUrgent = true;
    },
    putBackUndecided(fids, taken) {
      for (const fid of fids) {
        touch(fid, { first: undefined, undecided: (taken.get(fid)?.undecided ?? 0) + 1 });
      }
    },
    putBackWhole({ wholeFrom: takenFrom }) {
      wholeFrom = takenFrom ?? wholeFrom;
    },
    hurry() {
      isAllUrgent = true;
    },
    list: () => [...touched.keys()],
  };
}
