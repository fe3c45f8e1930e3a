import type { Store } from "../store.ts";

/** The store that is tested. */
export interface ConformanceSubject {
  /**
   * A migrated store without rows or progress, for a network of two data shards that most cases do not
   * bind. The case closes it.
   */
  openStore(): Promise<Store>;
  /** How many random scenarios each law is tried on. */
  readonly runs: number;
}

/** One thing a store has to do. */
export interface ConformanceCase {
  /** A sentence. */
  readonly name: string;
  /** Rejects when the store does not. */
  run(subject: ConformanceSubject): Promise<void>;
}
