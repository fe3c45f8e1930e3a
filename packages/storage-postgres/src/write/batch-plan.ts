import type { Change } from "@snaprag/processors";
import type { QuarantinedMessage } from "@snaprag/storage";
import type { QueryConfig } from "pg";
import type { Statement } from "../connection/statements.ts";
import { writeQuarantine } from "./quarantine/write-quarantine.ts";

/**
 * The statements of a batch's transaction by what they do, so that what the database refuses can
 * be told from the rest. Functions take the changes that are written: all of them, or those that
 * are not refused.
 */
export interface BatchPlan {
  readonly shardId: number;
  /** Time of the batch's last block. */
  readonly at: Date;
  /** What it changes. Nobody keeps it: it may be made again each time it is asked for. */
  readonly listChanges: () => readonly Change[];
  /** Moves the progress, or ends the transaction. First, so that nothing is in vain. */
  readonly fence: QueryConfig;
  /** Rows, then the sweeps that look at them. */
  readonly writeRows: (changes: readonly Change[]) => readonly QueryConfig[];
  /**
   * As `writeRows`, where no row is expected to be there: refused as a whole if one is.
   *
   * @default writeRows
   */
  readonly loadRows?: ((changes: readonly Change[]) => readonly Statement[]) | undefined;
  /** What else a batch does to rows and accounts. */
  readonly settle: (changes: readonly Change[]) => readonly QueryConfig[];
  /** What follows from the rows. */
  readonly derive: (changes: readonly Change[]) => readonly QueryConfig[];
  /** The accounts that {@link derive} is about, as one column. */
  readonly derivedFids: (changes: readonly Change[]) => QueryConfig;
  readonly quarantined: readonly QuarantinedMessage[];
}

/** All statements of a batch with these changes, in order. */
export function statementsOf(plan: BatchPlan, changes: readonly Change[]): readonly Statement[] {
  return [
    plan.fence,
    ...(plan.loadRows ?? plan.writeRows)(changes),
    ...plan.settle(changes),
    ...plan.derive(changes),
    ...writeQuarantine(plan.quarantined),
  ];
}
