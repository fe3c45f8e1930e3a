// Writes that take so long that somebody should know.
import type { Clock } from "@snaprag/client";
import { systemClock } from "@snaprag/client";
import type { Logger } from "../options.ts";

/** What is written. */
interface Write {
  readonly shardId: number;
  /** Of a page. */
  readonly virtualShard?: number | undefined;
  /** Of the last block of a batch. */
  readonly blockNumber?: bigint | undefined;
  readonly messageCount: number;
}

/** Tells of a write that takes long, while it does and when it is done. */
export interface SlowWrites {
  watch(write: Write, run: () => Promise<void>): Promise<void>;
}

/** How writes are watched. */
export interface SlowWritesOptions {
  readonly logger: Logger;
  /** From how many milliseconds on a write is slow. */
  readonly slowWriteMs: number;
  /** @default the system's clock */
  readonly clock?: Clock | undefined;
}

/** A database that is slow is so for all who write: one warning in this time, in milliseconds, says it. */
const PAUSE_MS = 10_000;

/** Creates a watch for all writes of a run. */
export function createSlowWrites({
  logger,
  slowWriteMs,
  clock = systemClock,
}: SlowWritesOptions): SlowWrites {
  let toldAt = Number.NEGATIVE_INFINITY;

  function tell(write: Write, durationMs: number, message: string): void {
    logger.warn({ ...write, durationMs: Math.round(durationMs) }, message);
    toldAt = clock.elapsed();
  }

  return {
    async watch(write, run) {
      const startedAt = clock.elapsed();
      let isTold = false;
      const cancel = clock.schedule(slowWriteMs, () => {
        if (clock.elapsed() - toldAt < PAUSE_MS) return;
        isTold = true;
        tell(write, clock.elapsed() - startedAt, "a write is slow, waiting for the database");
      });
      try {
        await run();
      } finally {
        cancel();
        if (isTold) tell(write, clock.elapsed() - startedAt, "the slow write has ended");
      }
    },
  };
}
